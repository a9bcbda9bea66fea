//! [`word`]: an attribute that takes one of a few fixed words, without expressions.

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::parse::field::{Expressions, ITEM, Kind, plain};
use crate::parse::shape::{Entry, used_at};
use crate::text::Spanned;

/// The words that an attribute takes, and what they mean.
pub(super) struct Words<T: 'static> {
    /// What one of them is, for messages: `cache strategy`.
    pub(super) one: &'static str,
    /// All of them, for messages: ``one of `none`, `default```.
    pub(super) list: &'static str,
    /// The words with their meanings.
    pub(super) meanings: &'static [(&'static str, T)],
}

/// Reads one of the words; `None`, reported, if it is none of them.
pub(super) fn word<T: Copy>(entry: Entry<'_>, words: &Words<T>, diagnostics: &mut Diagnostics) -> Option<Spanned<T>> {
    let kind = Kind { what: words.list, expr: Expressions::Refused, ..ITEM };
    let found = plain(Some(entry), &kind, diagnostics)?;
    if let Some((_, meant)) = words.meanings.iter().find(|(word, _)| *word == found.value) {
        return Some(Spanned::new(*meant, found.span));
    }
    let near = suggest::nearest(&found.value, words.meanings.iter().map(|(word, _)| *word));
    let help = near.map_or_else(|| format!("write {}", words.list), |near| format!("did you mean `{near}`?"));
    let wrong = Diagnostic::error(Code::WrongValue, format!("`{}` is no {}", found.value.escape_debug(), words.one));
    diagnostics.push(used_at(wrong.at(found.span, "").help(help), entry.value));
    None
}
