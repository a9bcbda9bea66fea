//! [`plan_job`]: a live job to what is started. Source: CTX-10, CTX-41, CTX-64…66, CTX-78…81, LIV-13…24.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{CallKind, Declared, Items, Param};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::expr::{Answers, HostCall, Target, Type};
use crate::model::{UnitSpec, words};
use crate::plan::args::{args, check_names, check_types};
use crate::plan::check::Checked;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::level::{Base, Inputs, flow_facts};
use crate::plan::mount::check_volumes;
use crate::plan::param::settle_params;
use crate::plan::prepare::{Prepared, stopped};
use crate::plan::types::{self, Known, Types};
use crate::plan::unit::{UnitGround, missing_image, unit_spec};
use crate::plan::volume::full_path;
use crate::plan::walk;
use crate::resolve::{
    ActionDefinition, CallDefinition, CalledBody, JobDefinition, JobUnitDefinition, JobWork, LiveFlow,
};
use crate::scope::{self, Context, Contexts, FlowMore, Place, Scope, tag_form};
use crate::text::Span;

/// A live job, evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// Its id in the flow.
    pub id: Arc<str>,
    /// What it runs; `name` as written, null if it is to be made (CTX-80).
    pub unit: UnitSpec,
    /// The name that it is started with.
    pub name: String,
    /// Its evaluated params: name to text.
    pub params: IndexMap<String, String>,
    /// Whether it runs on without the terminal.
    pub detach: bool,
    /// Whether its port is opened in a browser.
    pub browse: bool,
    /// `LOCAL:REMOTE` ports to forward.
    pub port_forward: Vec<String>,
    /// The suffix of a multi job.
    pub suffix: Option<String>,
}

/// What came of planning a live job.
#[derive(Clone, Debug, PartialEq)]
pub enum PreparedJob {
    /// It can be started.
    Run(Box<JobSpec>),
    /// Questions come first.
    Ask(Vec<HostCall>),
    /// It cannot be started.
    Fault(Diagnostics),
}

/// Which job is asked for, and how.
#[derive(Clone, Debug, Default)]
pub struct JobRequest<'a> {
    /// Its id.
    pub job: &'a str,
    /// Params by name.
    pub params: IndexMap<String, String>,
    /// The suffix of a multi job; whoever starts one makes a fresh one if none is given.
    pub suffix: Option<String>,
    /// The words of `multi.args`; only for a multi job.
    pub args: Vec<String>,
}

/// Whether a job may run many times at once. `None` for no job, or one that cannot be bound (LIV-13).
pub fn is_multi(flow: &LiveFlow, job: &str) -> Option<bool> {
    unit_of(flow, flow.jobs.get(job)?).map(|(unit, _)| unit.is_multi())
}

/// Evaluates a job with everything that it is given.
///
/// A pure function: asked again with more answers it says the same, or more. Errors: `F0005`, `F0006`, `F0009`,
/// `F0010`, `F0504`, `F0511`, those of the job's own definition and of its expressions.
pub fn plan_job(flow: &LiveFlow, inputs: &Inputs, request: &JobRequest<'_>, answers: &Answers) -> PreparedJob {
    let Some((id, job)) = flow.jobs.get_key_value(request.job) else {
        return PreparedJob::Fault(Diagnostics::from_iter([unknown_job(flow, request.job)]));
    };
    if job.problems.has_errors() {
        return PreparedJob::Fault(job.problems.clone());
    }
    let mut problems = Problems::default();
    let base = base_of(flow, inputs, answers, &mut problems);
    let params_scope = Scope::new(Place::LiveParam, &base.contexts);
    let params = {
        let mut evaluator = Evaluator { names: &params_scope, answers, problems: &mut problems };
        settle_params(("job", &job.params), &request.params, &mut evaluator)
    };
    let planner = JobPlanner { flow, inputs, request, answers, id, base: &base, params: &params };
    let spec = unit_of(flow, job).and_then(|(unit, call)| planner.spec(unit, call, job.span, &mut problems));
    match (stopped(&mut problems), spec) {
        (Some(Prepared::Ask(calls)), _) => PreparedJob::Ask(calls),
        (Some(Prepared::Fault(fault)), _) => PreparedJob::Fault(Diagnostics::from_iter([*fault])),
        (_, Some(spec)) => PreparedJob::Run(Box::new(spec)),
        (_, None) => PreparedJob::Fault(job.problems.clone()),
    }
}

/// A call with what it calls, of a job.
type JobCall<'a> = Option<(&'a CallDefinition, &'a ActionDefinition, Span)>;

/// The unit that a job runs in the end: its own, or that of the action.
fn unit_of<'a>(flow: &'a LiveFlow, job: &'a JobDefinition) -> Option<(&'a JobUnitDefinition, JobCall<'a>)> {
    match job.work.as_ref()? {
        JobWork::Unit(unit) => Some((unit, None)),
        JobWork::Call(call) => {
            let action = flow.shared.actions.get(call.target)?;
            let CalledBody::Live(unit) = &action.body else { return None };
            Some((&unit.value, Some((call, action, unit.span))))
        }
    }
}

/// The flow's own part: stage 1 of CTX-10.
pub(crate) fn base_of(flow: &LiveFlow, inputs: &Inputs, answers: &Answers, problems: &mut Problems) -> Base {
    let facts = flow_facts(&flow.shared, inputs, FlowMore::Nothing);
    let contexts = Contexts::new().with(Context::Flow, facts.context());
    Base::new(&flow.shared, inputs, (Place::LiveDefaults, contexts), answers, problems)
}

/// Evaluates one job.
struct JobPlanner<'a> {
    flow: &'a LiveFlow,
    inputs: &'a Inputs,
    request: &'a JobRequest<'a>,
    answers: &'a Answers,
    id: &'a Arc<str>,
    base: &'a Base,
    params: &'a IndexMap<String, String>,
}

impl JobPlanner<'_> {
    fn spec(
        &self,
        unit: &JobUnitDefinition,
        call: JobCall<'_>,
        span: Span,
        problems: &mut Problems,
    ) -> Option<JobSpec> {
        let suffix = self.suffix(unit, problems);
        let mut contexts = self.base.contexts.clone().with(Context::Params, scope::params(self.params));
        if let Some(suffix) = &suffix {
            contexts = contexts.with(Context::Multi, scope::multi(suffix, &words::join(&self.request.args)));
        }
        let (place, contexts, start) = match call {
            None => (Place::Job, contexts, span),
            Some((call, action, start)) => {
                let (place, contexts) = self.enter(call, action, contexts, problems)?;
                (place, contexts, start)
            }
        };
        let is_closed = place == Place::ActionJob;
        let defaults = if is_closed { &self.base.unit.tags_only() } else { &self.base.unit };
        let home = self.base.home.as_ref().filter(|_| !is_closed);
        let scope = Scope::new(place, &contexts);
        let mut evaluator = Evaluator { names: &scope, answers: self.answers, problems };
        let (tags, storage) = (self.tags(suffix.as_deref()), self.inputs.host_storage());
        let spec = unit_spec(&unit.unit, UnitGround { defaults, tags, home, storage }, &mut evaluator);
        let detach = evaluator.field(&unit.detach, Target::Bool).unwrap_or(false);
        let browse = evaluator.field(&unit.browse, Target::Bool).unwrap_or(false);
        let port_forward = unit.port_forward.iter().flat_map(|layer| ports(layer, &mut evaluator)).collect();
        let Some(mut spec) = spec else {
            problems.faults.push(missing_image(&unit.unit, start.head()));
            return None;
        };
        let title = format!("{}.{}", self.flow.shared.id, self.id);
        spec.title = Some(spec.title.unwrap_or(title));
        let made = made_name(&self.flow.shared.project.id, self.id, suffix.as_deref());
        let name = spec.name.clone().unwrap_or(made);
        let (id, params) = (self.id.clone(), self.params.clone());
        Some(JobSpec { id, unit: spec, name, params, detach, browse, port_forward, suffix })
    }

    /// The system tags of the job (CTX-78).
    fn tags(&self, suffix: Option<&str>) -> Vec<String> {
        let own = format!("job:{}", tag_form(self.id));
        std::iter::once(own).chain(suffix.map(|suffix| format!("multi:{suffix}"))).collect()
    }

    /// The suffix that counts. Errors: `F0010`.
    fn suffix(&self, unit: &JobUnitDefinition, problems: &mut Problems) -> Option<String> {
        let suffix = self.request.suffix.clone();
        if unit.is_multi() {
            return Some(suffix.unwrap_or_default());
        }
        if suffix.is_some() {
            let message = format!("`{}` is no multi job, so it takes no suffix", self.id);
            problems.faults.push(Diagnostic::error(Code::WrongSuffix, message).help("leave the suffix out"));
        }
        if !self.request.args.is_empty() {
            let message = format!("`{}` is no multi job, so it takes no arguments", self.id);
            let help = "leave them out, or make it `multi` and use `multi.args`";
            problems.faults.push(Diagnostic::error(Code::WrongSuffix, message).help(help));
        }
        None
    }

    /// What the job of a live action or module sees (CTX-62).
    fn enter(
        &self,
        call: &CallDefinition,
        action: &ActionDefinition,
        contexts: Contexts,
        problems: &mut Problems,
    ) -> Option<(Place, Contexts)> {
        let scope = Scope::new(Place::Job, &contexts);
        let inputs = args(call, action, &mut Evaluator { names: &scope, answers: self.answers, problems })?;
        let inputs = scope::inputs(&inputs);
        if call.kind == CallKind::Module {
            return Some((Place::ModuleJob, contexts.with(Context::Inputs, inputs)));
        }
        let folder = full_path(&self.inputs.workspace, &action.folder);
        let facts = flow_facts(&self.flow.shared, self.inputs, FlowMore::ActionPath(&folder));
        let own = Contexts::new().with(Context::Flow, facts.context()).with(Context::Inputs, inputs);
        Some((Place::ActionJob, own))
    }
}

fn ports(items: &Items<String>, evaluator: &mut Evaluator<'_>) -> Vec<String> {
    evaluator.texts_as(items, Target::PortPair, Target::PortPairList)
}

fn unknown_job(flow: &LiveFlow, job: &str) -> Diagnostic {
    let help = suggest::help(job, "jobs", flow.jobs.keys().map(AsRef::as_ref));
    let fault = Diagnostic::error(Code::UnknownJob, format!("the flow has no job `{job}`"));
    fault.help(help.unwrap_or_else(|| "the flow has no jobs".to_owned()))
}

/// The name of a job that has none: project and job, 40 characters at most. Source: CTX-80, LIV-24.
///
/// Deliberate difference: where the job alone is longer, its name is cut, so that neither the length is
/// passed nor the name begins with a dash (ODD-6.1).
fn made_name(project: &str, job: &str, suffix: Option<&str>) -> String {
    let second = match suffix {
        Some(suffix) => dashed(&format!("{job}-{suffix}")),
        None => dashed(job),
    };
    let room = MAX_NAME.saturating_sub(second.chars().count() + 1);
    let first: String = dashed(project).chars().take(room).collect();
    let joined: String = dashed(&format!("{first}-{second}")).chars().take(MAX_NAME).collect();
    joined.trim_end_matches('-').to_owned()
}

/// The longest name that the platform takes.
const MAX_NAME: usize = 40;

/// `_` to `-`, no dashes outside, no two beside each other.
fn dashed(text: &str) -> String {
    let replaced = text.replace('_', "-");
    let parts: Vec<&str> = replaced.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

/// Checks a live flow: its settings, and each job for itself (DEC-28).
///
/// Gives the problems of the flow, which keep all jobs from running, and those of each job.
pub fn check_live(flow: &LiveFlow, inputs: &Inputs) -> (Diagnostics, IndexMap<Arc<str>, Diagnostics>) {
    let mut problems = Problems::default();
    let base = base_of(flow, inputs, &Answers::new(), &mut problems);
    let known = types::of_shared(&flow.shared, &base.contexts);
    let git = inputs.git.is_some();
    let mut checked = Checked::default();
    checked.templates(walk::of_live(&flow.shared), |_| Known::new(), &known, git);
    checked.evaluated = problems.into_diagnostics();
    let jobs = flow.jobs.iter().map(|(id, job)| (id.clone(), check_job(flow, inputs, job, &known)));
    (checked.into_diagnostics(), jobs.collect())
}

fn check_job(flow: &LiveFlow, inputs: &Inputs, job: &JobDefinition, known: &Known) -> Diagnostics {
    let git = inputs.git.is_some();
    let mut checked = Checked::default();
    checked.add(job.problems.clone());
    let Some((unit, call)) = unit_of(flow, job) else { return checked.into_diagnostics() };
    let mut own = known.clone();
    own.insert(Context::Params, types::params(Declared::<Param>::keys(&job.params)));
    if unit.is_multi() {
        own.insert(Context::Multi, Type::object("multi", [("suffix", Type::Str), ("args", Type::Str)]));
    }
    checked.templates(walk::of_job(job), |_| Known::new(), &own, git);
    let (place, start) = match call {
        None => (Place::Job, job.span),
        Some((call, action, start)) => {
            let nothing = Known::new();
            let names = Types { place: Place::Job, own: &nothing, shared: &own };
            checked.add(check_names(call, action));
            checked.add(check_types(call, action, |template| crate::expr::check_type(template, &names).0));
            own.insert(Context::Inputs, types::inputs(&action.inputs));
            let is_module = call.kind == CallKind::Module;
            if !is_module {
                let folder = full_path(&inputs.workspace, &action.folder);
                let facts = flow_facts(&flow.shared, inputs, FlowMore::ActionPath(&folder));
                own.insert(Context::Flow, Type::of(&facts.context()));
            }
            (if is_module { Place::ModuleJob } else { Place::ActionJob }, start)
        }
    };
    checked.templates(walk::of_job_unit(unit, place), |_| Known::new(), &own, git);
    checked.add(check_volumes(&unit.unit, inputs.host_storage()));
    if !matches!(unit.unit.image, crate::ast::Field::Literal(_) | crate::ast::Field::Expr(_)) {
        checked.add(Diagnostics::from_iter([missing_image(&unit.unit, start.head())]));
    }
    checked.into_diagnostics()
}

#[cfg(test)]
mod tests;
