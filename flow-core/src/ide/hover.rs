//! [`hover`] and [`outline`]: what stands at a place, and what a file holds.

use crate::expr::{FUNCTIONS, Template};
use crate::ide::Document;
use crate::ide::mention::{Sort, entries, mentions, name};
use crate::ide::names::{Page, definition};
use crate::ide::shape::{Shapes, Step, keys};
use crate::text::{FileId, Span};
use crate::yaml::{self, Node, NodeKind};

/// How many lines of a declaration are shown.
const LINES: usize = 12;

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// Of what it is said.
    pub span: Span,
    /// Markdown.
    pub text: String,
}

/// One thing that a file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub sort: Sort,
    /// Its name.
    pub name: String,
    /// The place of its name.
    pub name_span: Span,
    /// The whole declaration.
    pub span: Span,
}

/// All that a file declares, in the order of writing.
pub fn outline(file: FileId, document: Document, text: &str) -> Vec<Entry> {
    let entry = |one: crate::ide::mention::Mention| {
        Some(Entry { sort: one.sort, name: one.name.to_string(), name_span: one.span, span: one.declared? })
    };
    mentions(file, document, text).into_iter().filter_map(entry).collect()
}

/// What is known of the name, the function or the key at a place.
///
/// Units: `offset` in bytes.
pub fn hover(pages: &[Page], file: FileId, offset: u32) -> Option<Hover> {
    let page = pages.iter().find(|one| one.file == file)?;
    let root = yaml::read(file, &page.text).0.root;
    let in_yaml = || root.as_ref().and_then(|root| function(root, offset).or_else(|| key(page, root, offset)));
    declaration(pages, page, offset).or_else(in_yaml)
}

/// The declaration of a name, as it is written.
fn declaration(pages: &[Page], page: &Page, offset: u32) -> Option<Hover> {
    let used = mentions(page.file, page.document, &page.text);
    let used = used.iter().find(|one| one.span.start <= offset && offset <= one.span.end && one.declared.is_none())?;
    let (_, whole) = definition(pages, page.file, offset)?;
    let text = &pages.iter().find(|one| one.file == whole.file)?.text;
    let line = text.get(..whole.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let written = text.get(line..whole.end as usize)?.trim_end();
    let shown: Vec<&str> = written.lines().take(LINES).collect();
    let more = if written.lines().count() > LINES { "\n…" } else { "" };
    let text = format!("{} `{}`\n\n```yaml\n{}{more}\n```", used.sort.word(), used.name, shown.join("\n"));
    Some(Hover { span: used.span, text })
}

/// A function that an expression calls.
fn function(node: &Node, offset: u32) -> Option<Hover> {
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            let inside = scalar.text.span.start <= offset && offset <= scalar.text.span.end;
            if !inside || !Template::is_expression(&scalar.text.content) {
                return None;
            }
            let calls = Template::parse(&scalar.text).0?.calls();
            let call = calls.iter().find(|call| call.span.start <= offset && offset <= call.span.end)?;
            let known = FUNCTIONS.iter().find(|one| one.name == call.function)?;
            Some(Hover { span: call.span, text: format!("`{}`\n\n{}", known.signature, known.about) })
        }
        NodeKind::Seq(items) => items.iter().find_map(|item| function(item, offset)),
        NodeKind::Map(pairs) => {
            pairs.iter().find_map(|(key, value)| function(key, offset).or_else(|| function(value, offset)))
        }
    }
}

/// What a key means.
fn key(page: &Page, root: &Node, offset: u32) -> Option<Hover> {
    let (mut path, mut nodes) = (Vec::new(), vec![root]);
    let span = find(root, offset, &mut path, &mut nodes)?;
    let Some(Step::Key(wanted)) = path.pop() else { return None };
    let shapes = Shapes::new(page.document);
    let here = shapes.at(&path, &nodes);
    let about = *keys(&here).get(wanted.as_str())?;
    Some(Hover { span, text: format!("`{wanted}`: {about}") })
}

/// The place of the key at an offset, and the way to it.
fn find<'a>(node: &'a Node, offset: u32, path: &mut Vec<Step>, nodes: &mut Vec<&'a Node>) -> Option<Span> {
    let steps: Vec<(Step, Option<Span>, &Node)> = match &node.kind {
        NodeKind::Scalar(_) => return None,
        NodeKind::Seq(items) => items.iter().map(|item| (Step::Item, None, item)).collect(),
        NodeKind::Map(_) => entries(node)
            .map(|(key, value)| (Step::Key(name(key).unwrap_or_default().to_owned()), Some(key.span), value))
            .collect(),
    };
    for (step, key, value) in steps {
        path.push(step);
        if let Some(span) = key.filter(|span| span.start <= offset && offset <= span.end) {
            return Some(span);
        }
        nodes.push(value);
        if let Some(found) = find(value, offset, path, nodes) {
            return Some(found);
        }
        nodes.pop();
        path.pop();
    }
    None
}
