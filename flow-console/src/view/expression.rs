//! Expressions on the wire: by the lines they stand in.

use flow_engine::Expression;
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::task::is_secret;

/// The longest text of a value, in letters.
const MAX_VALUE: usize = 4000;

/// The expressions of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExpressionPage {
    pub version: u32,
    /// In the order of the texts.
    pub lines: Vec<LineView>,
}

/// A line with expressions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineView {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// Null where it names what is likely to be secret: then the value may be written beside the name.
    pub text: Option<String>,
    pub values: Vec<ValueView>,
}

/// An expression and its value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueView {
    /// From 1, in code points.
    pub column: u32,
    /// As it is written.
    pub expression: String,
    /// The variable of the environment whose value it is in.
    pub name: Option<String>,
    /// As text; null where it is secret.
    pub value: Option<String>,
    /// `text`, `integer`, `list` …
    pub r#type: String,
}

impl LineView {
    /// Expressions in the order of the texts, gathered by line.
    pub(crate) fn all(expressions: Vec<Expression>) -> Vec<LineView> {
        let mut lines: Vec<LineView> = Vec::new();
        for one in expressions {
            if let Some(last) = lines.last_mut().filter(|last| last.file == one.file && last.line == one.line) {
                last.values.push(ValueView::from(one));
            } else {
                let text = Some(one.line_text.clone()).filter(|text| !is_secret(text));
                let (file, line) = (one.file.clone(), one.line);
                lines.push(LineView { file, line, text, values: vec![ValueView::from(one)] });
            }
        }
        lines
    }
}

impl From<Expression> for ValueView {
    fn from(one: Expression) -> Self {
        let is_hidden = one.name.as_deref().is_some_and(is_secret) || is_secret(&one.text);
        let text = one.value.text();
        let cut =
            text.char_indices().nth(MAX_VALUE).map(|(end, _)| format!("{}…", text.get(..end).unwrap_or_default()));
        let text = cut.unwrap_or_else(|| text.to_string());
        ValueView {
            column: one.column,
            expression: one.text,
            name: one.name,
            value: (!is_hidden).then_some(text),
            r#type: one.value.type_name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use flow_core::value::Value;

    use super::*;

    fn expression(line: u32, name: Option<&str>, text: &str, value: &str) -> Expression {
        Expression {
            file: "train.yml".into(),
            line,
            column: 5,
            line_text: format!("  x: ${{{{ {text} }}}}"),
            text: text.into(),
            name: name.map(str::to_owned),
            value: Value::from(value),
        }
    }

    #[test]
    fn expressions_of_a_line_stand_together_and_secrets_are_hidden() {
        let lines = LineView::all(vec![
            expression(3, None, "params.rate", "0.1"),
            expression(3, Some("API_TOKEN"), "params.t", "hush"),
            expression(7, None, "params.password", "hush"),
        ]);
        assert_eq!(lines.iter().map(|line| line.text.is_some()).collect::<Vec<_>>(), [true, false]);
        let seen: Vec<(u32, Vec<Option<&str>>)> = lines
            .iter()
            .map(|line| (line.line, line.values.iter().map(|one| one.value.as_deref()).collect()))
            .collect();
        assert_eq!(seen, [(3, vec![Some("0.1"), None]), (7, vec![None])]);
    }

    #[test]
    fn a_long_value_is_cut() {
        let lines = LineView::all(vec![expression(1, None, "params.text", &"ä".repeat(MAX_VALUE + 1))]);
        let value = lines[0].values[0].value.as_deref().unwrap_or_default();
        assert_eq!((value.chars().count(), value.ends_with('…')), (MAX_VALUE + 1, true));
    }
}
