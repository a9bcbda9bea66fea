//! [`JobDefinition`]: an entry of `jobs`, its mixins merged and its call bound. Source: DEC-12, CTX-66.

use crate::ast::{Declared, Field, Items, Job, JobBody, JobUnit, Mixin, Param, Section};
use crate::diag::Diagnostics;
use crate::resolve::call::{Binder, CallDefinition, Caller};
use crate::resolve::unit::{UnitDefinition, nearest};
use crate::text::Span;

/// An entry of `jobs`.
///
/// What is wrong with one job keeps no other from running (DEC-28), so each has its own problems.
#[derive(Clone, Debug)]
pub struct JobDefinition {
    /// The entry's mapping.
    pub span: Span,
    /// Declared params in order.
    pub params: Declared<Param>,
    /// What it runs; `None` if it calls what cannot be called.
    pub work: Option<JobWork>,
    /// What is wrong with it.
    pub problems: Diagnostics,
}

/// What a job runs.
#[derive(Clone, Debug, PartialEq)]
pub enum JobWork {
    /// A unit of its own.
    Unit(Box<JobUnitDefinition>),
    /// The job of a live action or module.
    Call(Box<CallDefinition>),
}

/// The unit of a job, mixins applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobUnitDefinition {
    /// What it runs.
    pub unit: UnitDefinition,
    /// Whether it runs on without the terminal.
    pub detach: Field<bool>,
    /// Whether its port is opened in a browser.
    pub browse: Field<bool>,
    /// Layers of ports to forward, its own first.
    pub port_forward: Vec<Items<String>>,
    /// Whether it may run many times at once.
    pub multi: Field<bool>,
}

impl JobUnitDefinition {
    /// Merges a job with its mixins, the nearest first (CTX-35).
    pub(crate) fn merge(own: &JobUnit, mixins: &[&Mixin]) -> Self {
        let pick = |own: &Field<bool>, of: fn(&Mixin) -> &Field<bool>| {
            nearest(std::iter::once(own).chain(mixins.iter().map(|mixin| of(mixin))))
        };
        let ports = std::iter::once(&own.port_forward).chain(mixins.iter().map(|mixin| &mixin.port_forward));
        JobUnitDefinition {
            unit: UnitDefinition::merge(&own.unit, mixins),
            detach: pick(&own.detach, |mixin| &mixin.detach),
            browse: pick(&own.browse, |mixin| &mixin.browse),
            port_forward: ports.cloned().collect(),
            multi: pick(&own.multi, |mixin| &mixin.multi),
        }
    }

    /// Whether it may run many times at once: a literal, so known before anything is evaluated (LIV-13).
    pub fn is_multi(&self) -> bool {
        matches!(&self.multi, Field::Literal(literal) if literal.value)
    }
}

/// Defines one job.
pub(crate) fn define_job(job: &Job, binder: &mut Binder<'_>) -> JobDefinition {
    let mut problems = Diagnostics::new();
    binder.tell_again();
    let mut params = job.params.written().cloned();
    let work = match &job.body {
        JobBody::Unit(own) => {
            let mixins = binder.mixins.line(&own.unit.mixins, &mut problems);
            if !job.params.is_present() {
                let inherited = mixins.iter().map(|mixin| &mixin.params).find(|params| params.is_present());
                params = inherited.and_then(Section::written).cloned();
            }
            Some(JobWork::Unit(Box::new(JobUnitDefinition::merge(own, &mixins))))
        }
        JobBody::Call(call) => {
            let caller = Caller { span: job.span, live: true, open: true };
            binder.call(call, caller, &mut problems).map(|(call, _)| JobWork::Call(Box::new(call)))
        }
    };
    JobDefinition { span: job.span, params: params.unwrap_or_default(), work, problems }
}
