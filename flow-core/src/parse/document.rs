//! [`read_root`] and [`kind`]: what every file begins with.

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::parse::shape::{self, Entry, used_at};
use crate::text::{FileId, Span};
use crate::yaml::{self, Node, NodeKind};

/// What a file is to be.
pub(super) struct Wanted {
    /// With its article: `a batch flow`.
    pub(super) what: &'static str,
    /// The words of `kind` that it may have; none: it has no such key.
    pub(super) kinds: &'static [&'static str],
    /// What to write first, for the help.
    pub(super) first: &'static str,
}

/// The top mapping of a text; `None`, reported, if there is none.
pub(super) fn read_root(file: FileId, text: &str, wanted: &Wanted) -> (Option<Node>, Diagnostics) {
    let (document, mut diagnostics) = yaml::read(file, text);
    // What is missing from a tree that was cut off says nothing about the user's intent.
    let root = document.root.filter(|_| document.complete);
    if root.is_none() && !diagnostics.has_errors() {
        let found = Diagnostic::error(Code::WrongShape, "the file is empty").at(Span::new(file, 0..0), "");
        diagnostics.push(found.help(format!("{} begins with {}", wanted.what, wanted.first)));
    }
    let root = root.filter(|root| {
        let is_mapping = matches!(root.kind, NodeKind::Map(_));
        if !is_mapping {
            let message = format!("{} is a mapping, this is {}", wanted.what, root.describe());
            let found = Diagnostic::error(Code::WrongShape, message).at(shape::head(root), "");
            diagnostics.push(found.help(format!("write keys, such as {}", wanted.first)));
        }
        is_mapping
    });
    (root, diagnostics)
}

/// What stands at `kind`.
pub(super) enum Kind {
    /// One of the wanted words.
    Word(&'static str),
    /// The key is absent, which the table of keys reports.
    Absent,
    /// Another word, reported: the file has other keys, so nothing else would be worth saying.
    Wrong,
}

/// Reads the key `kind` of a file.
pub(super) fn kind(root: &Node, wanted: &Wanted, diagnostics: &mut Diagnostics) -> Kind {
    let NodeKind::Map(entries) = &root.kind else { return Kind::Absent };
    let named = |key: &Node| key.scalar().is_some_and(|scalar| scalar.text.content.as_ref() == "kind");
    let Some((key, value)) = entries.iter().find(|(key, _)| named(key)) else { return Kind::Absent };
    let word = value.scalar().map_or("", |scalar| scalar.text.content.as_ref());
    if let Some(word) = wanted.kinds.iter().find(|kind| **kind == word) {
        return Kind::Word(word);
    }
    let entry = Entry::new("kind", key.span, value);
    diagnostics.push(if word.is_empty() {
        shape::wrong_shape(entry, &format!("the word {}", list(wanted.kinds)))
    } else {
        wrong_word(entry, word, wanted)
    });
    Kind::Wrong
}

fn wrong_word(entry: Entry<'_>, word: &str, wanted: &Wanted) -> Diagnostic {
    let is = match word {
        "live" => Some("a live flow"),
        "batch" => Some("a batch flow"),
        "stateful" => Some("a stateful action"),
        "local" => Some("a local action"),
        _ => None,
    };
    let (message, help) = if let Some(is) = is {
        (format!("this is {is}, {} is needed", wanted.what), format!("name the file of {}", wanted.what))
    } else {
        let near = suggest::nearest(word, wanted.kinds.iter().copied());
        let help =
            near.map_or_else(|| format!("write {}", list(wanted.kinds)), |near| format!("did you mean `{near}`?"));
        (format!("no kind `{}`", word.escape_debug()), help)
    };
    used_at(Diagnostic::error(Code::WrongKind, message).at(entry.place(), "").help(help), entry.value)
}

/// ```a`, `b` or `c```.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}
