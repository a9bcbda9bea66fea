//! [`Description`]: what a flow declares, for those who are about to bake or to run it.

use std::sync::Arc;

use flow_core::ast::{Field, Param};
use flow_core::diag::{Code, Diagnostics};
use flow_core::plan::{Plan, is_multi, params, plan, without_echoes};
use flow_core::port::ConfigSource;
use flow_core::resolve::Workspace;
use flow_core::text::SourceMap;
use indexmap::IndexMap;

use crate::EngineError;
use crate::engine::check::Checker;
use crate::load::{folder_name, load};

/// What a flow declares.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its title (WS-32).
    pub title: String,
    /// The params of a batch in order; none of a live flow.
    pub params: IndexMap<Arc<str>, ParamFacts>,
    /// The graph of a batch with its defaults; `None` where it cannot be drawn, and for a live flow.
    pub plan: Option<Plan>,
    /// The jobs of a live flow in order; none of a batch.
    pub jobs: IndexMap<Arc<str>, JobFacts>,
    /// All problems, sorted by place.
    pub diagnostics: Diagnostics,
    /// The texts that they point into.
    pub sources: SourceMap,
}

/// A declared param.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamFacts {
    /// The default as written; `None`: a value must be given.
    pub default: Option<String>,
    /// A description for people.
    pub descr: Option<String>,
}

/// A job of a live flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFacts {
    /// Its params in order.
    pub params: IndexMap<Arc<str>, ParamFacts>,
    /// Whether it may run several times at once, each with a suffix.
    pub multi: bool,
}

impl Checker {
    /// What a flow declares, as far as its files can be read; `None` of no flow that can be resolved.
    ///
    /// Errors: `Source`, `Config` where the flow is missing or is no flow.
    pub async fn describe(&self, source: &dyn ConfigSource, name: &str) -> Result<Description, EngineError> {
        match self.describe_batch(source, name).await {
            Err(EngineError::Config(problems))
                if problems.diagnostics.iter().any(|one| one.code == Code::WrongKind) =>
            {
                let live = self.describe_live(source, name).await;
                // What is of neither kind is told as a batch would be.
                live.map_err(|_| EngineError::Config(problems))
            }
            other => other,
        }
    }

    async fn describe_batch(&self, source: &dyn ConfigSource, name: &str) -> Result<Description, EngineError> {
        let workspace = load(source, Workspace::new(name)).await?;
        let (flow, mut diagnostics) = workspace.resolve(&folder_name(source.workspace()));
        let Some(flow) = flow else {
            return Err(EngineError::config(diagnostics, workspace.sources().clone()));
        };
        let (values, problems) = params(&flow, &IndexMap::new());
        // That a value is still to be given is said by the param itself.
        diagnostics.append(problems.into_iter().filter(|one| one.code != Code::MissingParam).collect());
        let inputs = self.inputs(source, values).await;
        let (plan, problems) = plan(&flow, &inputs);
        diagnostics.append(without_echoes(&flow, &diagnostics, problems));
        Ok(Description {
            title: flow.shared.title.clone(),
            params: facts_of(&flow.params),
            plan,
            jobs: IndexMap::new(),
            diagnostics: diagnostics.sorted(),
            sources: workspace.sources().clone(),
        })
    }

    async fn describe_live(&self, source: &dyn ConfigSource, name: &str) -> Result<Description, EngineError> {
        let ready = self.ready_live(source, name).await?;
        let job = |name: &Arc<str>| {
            let definition = ready.flow.jobs.get(name);
            let params = definition.map(|job| facts_of(&job.params)).unwrap_or_default();
            JobFacts { params, multi: is_multi(&ready.flow, name).unwrap_or_default() }
        };
        Ok(Description {
            title: ready.flow.shared.title.clone(),
            params: IndexMap::new(),
            plan: None,
            jobs: ready.flow.jobs.keys().map(|name| (name.clone(), job(name))).collect(),
            diagnostics: ready.diagnostics.sorted(),
            sources: ready.flow.shared.sources.as_ref().clone(),
        })
    }
}

fn facts_of(declared: &IndexMap<Arc<str>, Param>) -> IndexMap<Arc<str>, ParamFacts> {
    declared.iter().map(|(name, param)| (name.clone(), facts(param))).collect()
}

fn facts(param: &Param) -> ParamFacts {
    let default = match &param.default {
        Field::Absent | Field::Null(_) => None,
        Field::Literal(literal) => Some(literal.value.clone()),
        Field::Expr(template) => Some(template.text().content.to_string()),
    };
    ParamFacts { default, descr: param.descr.clone() }
}
