//! [`defaults`]: what jobs and tasks have where they say nothing. Source: spec 02 §4.1, §5.

use crate::ast::{Defaults, Section};
use crate::diag::Diagnostics;
use crate::parse::cache::{cache, retry};
use crate::parse::field::{COUNT, FLAG, ITEM, PATH, SECONDS, TEXT, field};
use crate::parse::list::items;
use crate::parse::shape::{self, Entry, Keys, Rule, Table};
use crate::parse::shared::Owner;
use crate::parse::unit::env;

const KEYS: Keys = &[
    ("env", Rule::Optional),
    ("tags", Rule::Optional),
    ("volumes", Rule::Optional),
    ("workdir", Rule::Optional),
    ("life_span", Rule::Optional),
    ("preset", Rule::Optional),
    ("schedule_timeout", Rule::Optional),
];

const OF_TASKS: Keys = &[
    ("fail_fast", Rule::Optional),
    ("max_parallel", Rule::Optional),
    ("cache", Rule::Optional),
    ("retry", Rule::Optional),
];

pub(super) const LIVE: Table = Table {
    what: "`defaults` of a live flow",
    keys: &[KEYS],
    foreign: &[(OF_TASKS, "only batch flows and projects have it, for their tasks; remove it")],
};

pub(super) const BATCH: Table = Table { what: "`defaults`", keys: &[KEYS, OF_TASKS], foreign: &[] };

/// Reads `defaults` of a flow or a project.
pub(super) fn defaults(entry: Option<Entry<'_>>, owner: Owner, diagnostics: &mut Diagnostics) -> Section<Defaults> {
    let table = match owner {
        Owner::Live => &LIVE,
        Owner::Batch | Owner::Project => &BATCH,
    };
    shape::section(entry, |entry| {
        let fields = shape::fields(entry, table, diagnostics)?;
        Some(Defaults {
            env: env(fields.get("env"), diagnostics),
            tags: items(fields.get("tags"), &ITEM, diagnostics),
            volumes: items(fields.get("volumes"), &TEXT, diagnostics),
            workdir: field(fields.get("workdir"), &PATH, diagnostics),
            life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
            preset: field(fields.get("preset"), &TEXT, diagnostics),
            schedule_timeout: field(fields.get("schedule_timeout"), &SECONDS, diagnostics),
            fail_fast: field(fields.get("fail_fast"), &FLAG, diagnostics),
            max_parallel: field(fields.get("max_parallel"), &COUNT, diagnostics),
            cache: cache(fields.get("cache"), diagnostics),
            retry: retry(fields.get("retry"), diagnostics),
        })
    })
}
