//! **The table**: which contexts exist at which place. Source: CTX-13, for the keys of this version.
//!
//! Read wherever a [`Scope`](crate::scope::Scope) is built and by the static check; nothing else
//! decides what an expression may name.

/// A name that expressions may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Settings shared by flows.
    Project,
    /// The flow itself.
    Flow,
    /// The workspace's repository.
    Git,
    /// Evaluated params.
    Params,
    /// Default environment.
    Env,
    /// Default tags.
    Tags,
    /// `fail_fast` and `max_parallel` in force.
    Strategy,
    /// The row of a matrix.
    Matrix,
    /// Results of needed tasks; also what `success()`, `failure()` and `always()` look at.
    Needs,
}

impl Context {
    /// All contexts in the order of the table.
    pub const ALL: &'static [Context] = &[
        Context::Project,
        Context::Flow,
        Context::Git,
        Context::Params,
        Context::Env,
        Context::Tags,
        Context::Strategy,
        Context::Matrix,
        Context::Needs,
    ];

    /// The name as written in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Context::Project => "project",
            Context::Flow => "flow",
            Context::Git => "git",
            Context::Params => "params",
            Context::Env => "env",
            Context::Tags => "tags",
            Context::Strategy => "strategy",
            Context::Matrix => "matrix",
            Context::Needs => "needs",
        }
    }

    /// The context of a name.
    pub fn of(name: &str) -> Option<Context> {
        Context::ALL.iter().copied().find(|one| one.name() == name)
    }
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `params.*.default`, and `life_span` of a batch.
    Param,
    /// `defaults`: `env`, `tags`, `volumes`, `workdir`, `life_span`, `preset`, `schedule_timeout`.
    Defaults,
    /// `defaults`: `cache`, `fail_fast`, `max_parallel`.
    LateDefaults,
    /// `strategy` of a task, its matrix included.
    Strategy,
    /// `id` and `needs` of a task.
    Id,
    /// `cache` of a task.
    Cache,
    /// `enable` and what a task runs.
    Task,
}

impl Place {
    /// The contexts that exist here.
    pub fn contexts(self) -> &'static [Context] {
        use Context::{Env, Flow, Git, Matrix, Needs, Params, Project, Strategy, Tags};
        match self {
            Place::Param => &[],
            Place::Defaults => &[Project, Flow, Git, Params],
            Place::LateDefaults => &[Project, Flow, Git, Params, Env, Tags],
            Place::Strategy => &[Project, Flow, Git, Params, Env, Tags, Strategy],
            Place::Id => &[Matrix],
            Place::Cache => &[Project, Flow, Git, Params, Env, Tags, Strategy, Matrix],
            Place::Task => &[Project, Flow, Git, Params, Env, Tags, Strategy, Matrix, Needs],
        }
    }

    /// Whether `context` exists here.
    pub fn has(self, context: Context) -> bool {
        self.contexts().contains(&context)
    }
}
