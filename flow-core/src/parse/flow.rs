//! [`parse_flow`]: the text of a flow of either kind to its syntax.

use std::sync::Arc;

use crate::ast::{Batch, Flow, Live, Name};
use crate::diag::Diagnostics;
use crate::parse::batch::batch;
use crate::parse::document::{self, Kind, Wanted, read_root};
use crate::parse::field::{PLAIN_ID, plain};
use crate::parse::live::live;
use crate::parse::shape::{self, Entry};
use crate::text::{FileId, Spanned};
use crate::yaml::Node;

const FLOW: Wanted =
    Wanted { what: "a flow", kinds: &["batch", "live"], first: "the line `kind: batch` or `kind: live`" };

const BATCH: Wanted = Wanted { what: "a batch flow", kinds: &["batch"], first: "the line `kind: batch`" };

const LIVE: Wanted = Wanted { what: "a live flow", kinds: &["live"], first: "the line `kind: live`" };

/// Parses the text of a flow, whose `kind` says of which one.
///
/// Shape: `None` if the text is not well-formed or no flow at all; otherwise a flow in which what is
/// wrong is absent. Without `kind`, reported, a flow with `jobs` is read as a live one. All
/// diagnostics of the file come at once.
/// Errors: the families F01 and F02, `WrongKind`, and F03 of its expressions.
pub fn parse_flow(file: FileId, text: &str) -> (Option<Flow>, Diagnostics) {
    parse(file, text, &FLOW, |root, kind, diagnostics| {
        let is_live = match kind {
            Some(word) => word == "live",
            None => shape::has(root, "jobs") && !shape::has(root, "tasks"),
        };
        if is_live {
            live(root, diagnostics).map(|live| Flow::Live(Box::new(live)))
        } else {
            batch(root, diagnostics).map(|batch| Flow::Batch(Box::new(batch)))
        }
    })
}

/// Parses the text of a batch flow, as [`parse_flow`].
pub fn parse_batch(file: FileId, text: &str) -> (Option<Batch>, Diagnostics) {
    parse(file, text, &BATCH, |root, _, diagnostics| batch(root, diagnostics))
}

/// Parses the text of a live flow, as [`parse_flow`].
pub fn parse_live(file: FileId, text: &str) -> (Option<Live>, Diagnostics) {
    parse(file, text, &LIVE, |root, _, diagnostics| live(root, diagnostics))
}

/// Reads a file whose `kind` is one of those wanted; `read` gets the word, if there is one.
pub(super) fn parse<T>(
    file: FileId,
    text: &str,
    wanted: &Wanted,
    read: impl FnOnce(&Node, Option<&str>, &mut Diagnostics) -> Option<T>,
) -> (Option<T>, Diagnostics) {
    let (root, mut diagnostics) = read_root(file, text, wanted);
    let found = root.and_then(|root| match document::kind(&root, wanted, &mut diagnostics) {
        Kind::Word(word) => read(&root, Some(word), &mut diagnostics),
        Kind::Absent => read(&root, None, &mut diagnostics),
        Kind::Wrong => None,
    });
    (found, diagnostics.sorted())
}

/// Reads `id` of a flow or a project.
pub(super) fn id(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Option<Name> {
    plain(entry, &PLAIN_ID, diagnostics).map(|id| Spanned::new(Arc::from(id.value), id.span))
}
