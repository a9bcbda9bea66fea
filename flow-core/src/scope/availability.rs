//! **The table**: which contexts exist at which place. Source: CTX-13.
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
    /// Declared volumes.
    Volumes,
    /// Declared images.
    Images,
    /// The suffix of a multi job.
    Multi,
    /// What a call gives to an action or module.
    Inputs,
    /// `fail_fast` and `max_parallel` in force.
    Strategy,
    /// The row of a matrix.
    Matrix,
    /// Results of needed tasks; also what `success()`, `failure()` and `always()` look at.
    Needs,
    /// What the main task of a stateful action has saved.
    State,
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
        Context::Volumes,
        Context::Images,
        Context::Multi,
        Context::Inputs,
        Context::Strategy,
        Context::Matrix,
        Context::Needs,
        Context::State,
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
            Context::Volumes => "volumes",
            Context::Images => "images",
            Context::Multi => "multi",
            Context::Inputs => "inputs",
            Context::Strategy => "strategy",
            Context::Matrix => "matrix",
            Context::Needs => "needs",
            Context::State => "state",
        }
    }

    /// The context of a name.
    pub fn of(name: &str) -> Option<Context> {
        Context::ALL.iter().copied().find(|one| one.name() == name)
    }
}

/// Whose tasks a graph holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GraphKind {
    /// Those of the flow itself.
    Flow,
    /// Those of an action: it sees nothing of its caller but its inputs and strategy.
    Action,
    /// Those of a module: it sees what its caller sees, too (CTX-62).
    Module,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Names of mixins.
    Mixins,
    /// `params.*.default`, and `life_span` of a batch.
    Param,
    /// `params.*.default` of a live job.
    LiveParam,
    /// `defaults`, `volumes` and `images` of a live flow.
    LiveDefaults,
    /// What a live job runs, and the `args` of its call.
    Job,
    /// What the job of a live action runs.
    ActionJob,
    /// What the job of a live module runs.
    ModuleJob,
    /// `defaults` (but for the late ones), `volumes` and `images` of a batch.
    Defaults,
    /// `defaults`: `cache`, `fail_fast`, `max_parallel`.
    LateDefaults,
    /// `ref`, `context` and `dockerfile` of an image of an action or module (CTX-22).
    EarlyImages(GraphKind),
    /// What else an image of an action or module has, and its `cache`.
    Called(GraphKind),
    /// `fail_fast` and `max_parallel` of a task's strategy.
    Strategy(GraphKind),
    /// The values, `exclude` and `include` of a matrix: with `needs` the rows are made late (EXT-2).
    Matrix(GraphKind),
    /// `id` and `needs` of a task.
    Id,
    /// `cache` of a task.
    Cache(GraphKind),
    /// `enable` of a task, what it runs, and the `args` of its call.
    Task(GraphKind),
    /// `outputs` of an action or module.
    Output(GraphKind),
    /// `main` of a stateful action, and what a local action runs.
    InputsOnly,
}

impl Place {
    /// The contexts that may exist here. A module's are those of its caller and its own.
    pub fn contexts(self) -> &'static [Context] {
        use Context::{
            Env, Flow, Git, Images, Inputs, Matrix, Multi, Needs, Params, Project, State, Strategy, Tags, Volumes,
        };
        use GraphKind::{Action, Module};
        match self {
            Place::Mixins | Place::Param => &[],
            Place::LiveParam => &[Project, Flow, Git, Env, Tags, Volumes, Images],
            Place::LiveDefaults => &[Project, Flow, Git],
            Place::Job => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Multi],
            Place::ActionJob => &[Flow, Inputs],
            Place::ModuleJob => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Multi, Inputs],
            Place::Defaults => &[Project, Flow, Git, Params],
            Place::LateDefaults => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images],
            Place::EarlyImages(Module) => &[Project, Flow, Git, Params, Env, Tags, Volumes],
            Place::EarlyImages(_) => &[Flow, Git],
            Place::Called(Module) => &[Project, Flow, Git, Params, Env, Tags, Volumes, Inputs, Strategy],
            Place::Called(_) => &[Flow, Git, Inputs, Strategy],
            Place::Strategy(GraphKind::Flow) => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Strategy],
            Place::Strategy(Action) => &[Flow, Git, Images, Inputs, Strategy],
            Place::Strategy(Module) => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Inputs, Strategy],
            Place::Matrix(kind) => matrix(kind),
            Place::Id => &[Matrix],
            Place::Cache(GraphKind::Flow) => {
                &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Strategy, Matrix]
            }
            Place::Cache(Action) => &[Flow, Git, Images, Inputs, Strategy, Matrix],
            Place::Cache(Module) => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Inputs, Strategy, Matrix],
            Place::Task(GraphKind::Flow) => {
                &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Strategy, Matrix, Needs, State]
            }
            Place::Task(Action) => &[Flow, Git, Images, Inputs, Strategy, Matrix, Needs, State],
            Place::Task(Module) => {
                &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Inputs, Strategy, Matrix, Needs, State]
            }
            Place::Output(Module) => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Inputs, Strategy, Needs],
            Place::Output(_) => &[Flow, Git, Images, Inputs, Strategy, Needs],
            Place::InputsOnly => &[Inputs],
        }
    }

    /// Whether `context` may exist here.
    pub fn has(self, context: Context) -> bool {
        self.contexts().contains(&context)
    }

    /// Whether a function may be called here: `inspect_job` only where a live job says what it runs.
    pub fn allows(self, function: &str) -> bool {
        function != "inspect_job" || self == Place::Job
    }
}

/// What a matrix may use: what its strategy may, and results.
fn matrix(kind: GraphKind) -> &'static [Context] {
    use Context::{Env, Flow, Git, Images, Inputs, Needs, Params, Project, Strategy, Tags, Volumes};
    match kind {
        GraphKind::Flow => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Strategy, Needs],
        GraphKind::Action => &[Flow, Git, Images, Inputs, Strategy, Needs],
        GraphKind::Module => &[Project, Flow, Git, Params, Env, Tags, Volumes, Images, Inputs, Strategy, Needs],
    }
}
