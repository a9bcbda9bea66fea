//! [`cache`] and [`retry`]: settings that stand in tasks and in defaults alike. Source: spec 02 §5.2, EXT-3.

use crate::ast::{Cache, CacheStrategy, Retry, RetryOn, Section};
use crate::diag::Diagnostics;
use crate::parse::field::{COUNT, FACTOR, SECONDS, field};
use crate::parse::shape::{self, Entry, Rule, Table};
use crate::parse::word::{Words, word};
use crate::text::Spanned;
use crate::yaml::NodeKind;

pub(super) const CACHE: Table =
    Table { what: "`cache`", keys: &[&[("strategy", Rule::Optional), ("life_span", Rule::Optional)]], foreign: &[] };

pub(super) const RETRY: Table = Table {
    what: "`retry`",
    keys: &[&[
        ("attempts", Rule::Optional),
        ("delay", Rule::Optional),
        ("backoff", Rule::Optional),
        ("on", Rule::Optional),
    ]],
    foreign: &[],
};

const STRATEGY: Words<CacheStrategy> = Words {
    one: "cache strategy",
    list: "one of `none`, `default`, `inherit`",
    meanings: &[
        ("none", CacheStrategy::None),
        ("default", CacheStrategy::Default),
        ("inherit", CacheStrategy::Inherit),
    ],
};

const END: Words<RetryOn> = Words {
    one: "end of a task that is tried again",
    list: "`failed` or `lost`",
    meanings: &[("failed", RetryOn::Failed), ("lost", RetryOn::Lost)],
};

/// Reads `cache`.
pub(super) fn cache(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Cache> {
    shape::section(entry, |entry| {
        let fields = shape::fields(entry, &CACHE, diagnostics)?;
        let strategy = fields.get("strategy");
        Some(Cache {
            strategy: strategy.and_then(|entry| word(entry, &STRATEGY, diagnostics)),
            life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
        })
    })
}

/// Reads `retry`.
pub(super) fn retry(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Section<Retry> {
    shape::section(entry, |entry| {
        let fields = shape::fields(entry, &RETRY, diagnostics)?;
        Some(Retry {
            span: fields.span,
            attempts: field(fields.get("attempts"), &COUNT, diagnostics),
            delay: field(fields.get("delay"), &SECONDS, diagnostics),
            backoff: field(fields.get("backoff"), &FACTOR, diagnostics),
            on: fields.get("on").and_then(|entry| ends(entry, diagnostics)),
        })
    })
}

/// Reads `on`: a list of ends, or one.
fn ends(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Vec<Spanned<RetryOn>>>> {
    let words = match &entry.value.kind {
        NodeKind::Seq(items) => items.iter().filter_map(|item| word(entry.item(item), &END, diagnostics)).collect(),
        NodeKind::Scalar(_) => vec![word(entry, &END, diagnostics)?],
        NodeKind::Map(_) => {
            diagnostics
                .push(shape::wrong_shape(entry, "a list of `failed` and `lost`").help("write `on: [failed, lost]`"));
            return None;
        }
    };
    Some(Spanned::new(words, entry.value.span))
}
