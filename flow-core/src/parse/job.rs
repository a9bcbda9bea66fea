//! [`jobs`]: the entries of `jobs`, in their three forms. Source: spec 02 §4.2.

use crate::ast::{CallKind, Declared, Field, Items, Job, JobBody, JobUnit};
use crate::diag::Diagnostics;
use crate::parse::call::{self, ARGS, UNIT_OF_CALL, call, params};
use crate::parse::field::{FLAG, PLAIN_FLAG, PORTS, field};
use crate::parse::list::{declared, items};
use crate::parse::shape::{self, Entry, Fields, Keys, Rule, Table};
use crate::parse::task;
use crate::parse::unit::{self, unit};

/// The keys of a job beside its unit, which a mixin may give.
pub(super) const OPTIONS: Keys = &[
    ("detach", Rule::Optional),
    ("browse", Rule::Optional),
    ("port_forward", Rule::Optional),
    ("multi", Rule::Optional),
];

/// The key of all forms of jobs.
pub(super) const PARAMS: Keys = &[("params", Rule::Optional)];

const BATCH: &str = "it belongs to tasks of batch flows; a job is started by itself. Remove it here";

const ID: (Keys, &str) = (&[("id", Rule::Optional)], "the name of a job is the key it stands under; remove it here");

pub(super) const UNIT: Table = Table {
    what: "a job",
    keys: &[unit::KEYS, OPTIONS, PARAMS, unit::MIXINS],
    foreign: &[ARGS, (task::OPTIONS, BATCH), (task::RETRY, BATCH), ID],
};

pub(super) const ACTION: Table = Table {
    what: "a call of an action",
    keys: &[call::ACTION, PARAMS],
    foreign: &[
        (unit::KEYS, UNIT_OF_CALL),
        (OPTIONS, UNIT_OF_CALL),
        (unit::MIXINS, UNIT_OF_CALL),
        (task::OPTIONS, BATCH),
        (task::RETRY, BATCH),
        ID,
    ],
};

pub(super) const MODULE: Table = Table { what: "a call of a module", keys: &[call::MODULE, PARAMS], ..ACTION };

/// The `job` of an action; calls and params are refused there.
pub(super) const OF_ACTION: Table = Table {
    what: "the job of an action",
    keys: &[unit::KEYS, OPTIONS, unit::MIXINS],
    foreign: &[
        (PARAMS, "declare `inputs` at the top of the action instead"),
        (call::MODULE, "the job of an action is a unit of its own; call the other file from the flow"),
        (call::ACTION, "the job of an action is a unit of its own; call the other file from the flow"),
        (task::OPTIONS, BATCH),
        (task::RETRY, BATCH),
        ID,
    ],
};

/// Reads `jobs`.
pub(super) fn jobs(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Declared<Job> {
    if let Some(entry) = entry.filter(|entry| entry.value.is_null()) {
        let found = shape::wrong_shape(entry, "a mapping of jobs");
        diagnostics
            .push(found.help("write `jobs: {}` for a flow without jobs, else the name of each with its keys below"));
        return Declared::new();
    }
    declared(entry, diagnostics, job).into_value()
}

/// Reads one entry; `None`, reported, if it is no mapping, or a call of nothing.
fn job(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Job> {
    let called = call::kind_of(entry.value);
    let table = match called {
        Some(CallKind::Module) => &MODULE,
        Some(CallKind::Action) => &ACTION,
        None => &UNIT,
    };
    let fields = shape::fields(entry, table, diagnostics)?;
    let params = params(fields.get("params"), diagnostics);
    let body = match called {
        Some(kind) => JobBody::Call(Box::new(call(kind, &fields, diagnostics)?)),
        None => JobBody::Unit(Box::new(job_unit(&fields, diagnostics))),
    };
    Some(Job { name: entry.key, span: fields.span, params, body })
}

/// Reads the `job` of a live action; `None`, reported, if it is no mapping.
pub(super) fn job_of_action(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<JobUnit> {
    let fields = shape::fields(entry, &OF_ACTION, diagnostics)?;
    Some(job_unit(&fields, diagnostics))
}

fn job_unit(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> JobUnit {
    let Options { detach, browse, port_forward, multi } = options(fields, diagnostics);
    JobUnit { unit: unit(fields, diagnostics), detach, browse, port_forward, multi }
}

/// What jobs and the mixins of live flows say beside their unit.
pub(super) struct Options {
    pub(super) detach: Field<bool>,
    pub(super) browse: Field<bool>,
    pub(super) port_forward: Items<String>,
    pub(super) multi: Field<bool>,
}

/// Reads them from those keys that are there.
pub(super) fn options(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Options {
    Options {
        detach: field(fields.get("detach"), &FLAG, diagnostics),
        browse: field(fields.get("browse"), &FLAG, diagnostics),
        port_forward: items(fields.get("port_forward"), &PORTS, diagnostics),
        multi: field(fields.get("multi"), &PLAIN_FLAG, diagnostics),
    }
}
