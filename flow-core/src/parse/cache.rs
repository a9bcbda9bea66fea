//! [`cache`]: how long, and whether, results are taken over. Source: spec 02 §5.2.

use crate::ast::{Cache, CacheStrategy};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::parse::field::{Expressions, ITEM, Kind, SECONDS, field, plain};
use crate::parse::shape::{self, Entry, Rule, Table, used_at};
use crate::text::Spanned;

const TABLE: Table = Table { what: "`cache`", keys: &[("strategy", Rule::Optional), ("life_span", Rule::Optional)] };

const WORD: Kind<String> = Kind { what: "one of `none`, `default`, `inherit`", expr: Expressions::Refused, ..ITEM };

/// Reads `cache`; null counts as absent.
pub(super) fn cache(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Option<Cache> {
    let fields = shape::fields(entry?, &TABLE, diagnostics)?;
    Some(Cache {
        strategy: strategy(fields.get("strategy"), diagnostics),
        life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
    })
}

fn strategy(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Option<Spanned<CacheStrategy>> {
    let word = plain(entry, &WORD, diagnostics)?;
    let strategy = match word.value.as_str() {
        "none" => CacheStrategy::None,
        "default" => CacheStrategy::Default,
        "inherit" => CacheStrategy::Inherit,
        other => {
            let help = suggest::help(other, "strategies", ["none", "default", "inherit"]).unwrap_or_default();
            let found = Diagnostic::error(Code::WrongValue, format!("`{other}` is no cache strategy"));
            diagnostics.push(used_at(found.at(word.span, "").help(help), entry?.value));
            return None;
        }
    };
    Some(Spanned::new(strategy, word.span))
}
