//! [`defaults`]: what tasks have where they say nothing. Source: spec 02 §4.1, §5.

use crate::ast::Defaults;
use crate::diag::Diagnostics;
use crate::parse::cache::cache;
use crate::parse::field::{COUNT, FLAG, ITEM, PATH, SECONDS, field};
use crate::parse::list::items;
use crate::parse::shape::{self, Entry, Fields, Rule, Table};
use crate::parse::unit::env;

const TABLE: Table = Table {
    what: "`defaults`",
    keys: &[
        ("env", Rule::Optional),
        ("tags", Rule::Optional),
        ("workdir", Rule::Optional),
        ("life_span", Rule::Optional),
        ("fail_fast", Rule::Optional),
        ("max_parallel", Rule::Optional),
        ("cache", Rule::Optional),
        ("volumes", Rule::Later("remove it; tasks of this version see the folders of this machine")),
        ("preset", Rule::Later("remove it; tasks of this version take what this machine has")),
        ("schedule_timeout", Rule::Later("remove it; `life_span` bounds how long a task runs")),
    ],
};

/// Reads `defaults` of a batch flow or a project.
pub(super) fn defaults(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Defaults {
    let fields = entry.and_then(|entry| shape::fields(entry, &TABLE, diagnostics));
    fields.map_or_else(Defaults::default, |fields| written(&fields, diagnostics))
}

fn written(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Defaults {
    Defaults {
        env: env(fields.get("env"), diagnostics),
        tags: items(fields.get("tags"), &ITEM, diagnostics),
        workdir: field(fields.get("workdir"), &PATH, diagnostics),
        life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
        fail_fast: field(fields.get("fail_fast"), &FLAG, diagnostics),
        max_parallel: field(fields.get("max_parallel"), &COUNT, diagnostics),
        cache: cache(fields.section("cache"), diagnostics),
        ..Defaults::default()
    }
}
