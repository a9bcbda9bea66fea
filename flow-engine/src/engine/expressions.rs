//! [`Expression`]: what the expressions of a task came to, beside the lines that they stand in.
//!
//! Nothing of this is stored: the texts, the results of the needs and the answers of the host are, and an
//! evaluation is a plain function of these.

use flow_core::model::{Attempt, FullId};
use flow_core::sched::evaluated;
use flow_core::text::{SourceMap, Span};
use flow_core::value::Value;

use crate::EngineError;
use crate::driver::load;
use crate::engine::Engine;

/// An expression of a task, its place, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The name of the file, as diagnostics have it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in code points.
    pub column: u32,
    /// The whole line.
    pub line_text: String,
    /// The expression as it is written.
    pub text: String,
    /// The name of the entry whose value it is in, as a variable of `env` has one.
    pub name: Option<String>,
    /// What it came to.
    pub value: Value,
}

impl Engine {
    /// The expressions of a task that have a value, in the order of the texts: the task's own and those of the
    /// defaults and calls around it.
    ///
    /// Errors: as reading the attempt.
    pub async fn expressions(&self, attempt: &Attempt, task: &FullId) -> Result<Vec<Expression>, EngineError> {
        let loaded = load::load(&self.inner, &attempt.id).await?;
        let sources = &loaded.flow.shared.sources;
        let found = evaluated(&loaded.flow, &loaded.state, task);
        let placed = found.into_iter().filter_map(|one| {
            let (file, line, column, line_text, text) = place(sources, one.span)?;
            let name = one.name.map(|name| name.to_string());
            Some(Expression { file, line, column, line_text, text, name, value: one.value })
        });
        Ok(placed.collect())
    }
}

fn place(sources: &SourceMap, span: Span) -> Option<(String, u32, u32, String, String)> {
    let file = sources.get(span.file)?;
    let position = sources.position(span)?;
    let line = file.text.lines().nth(position.line.saturating_sub(1) as usize).unwrap_or_default();
    let text = file.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    Some((file.name.to_string(), position.line, position.column, line.to_owned(), text.to_owned()))
}
