//! [`value_of`], [`starts`] and [`recorded`]: what the runner asks of a document's tree.

use flow_core::text::{FileId, Position, SourceMap, Span};
use flow_core::yaml::{Node, NodeKind, Style};

/// The value of a key of the mapping that stands at `span`.
pub(super) fn value_of<'a>(root: &'a Node, span: Span, name: &str) -> Option<&'a Node> {
    let mapping = all(root).into_iter().find(|node| node.span == span && matches!(node.kind, NodeKind::Map(_)))?;
    let NodeKind::Map(entries) = &mapping.kind else { return None };
    let named = |key: &Node| key.scalar().is_some_and(|scalar| &*scalar.text.content == name);
    entries.iter().find(|(key, _)| named(key)).map(|(_, value)| value)
}

/// Where the lists and mappings around a place begin, from the innermost out.
pub(crate) fn starts(root: &Node, place: Span, sources: &SourceMap) -> Vec<Position> {
    let around = |node: &&Node| node.span.start <= place.start && place.end <= node.span.end;
    let mut found: Vec<&Node> = all(root).into_iter().filter(|node| node.scalar().is_none()).filter(around).collect();
    found.sort_by_key(|node| node.span.end - node.span.start);
    found.into_iter().filter_map(|node| sources.position(node.span)).collect()
}

/// Where the reference records a true place: as if the value of its scalar stood at the mark of the
/// scalar, line by line (EXP-71); behind the colon, where the value of a key is left out.
pub(crate) fn recorded(root: &Node, place: Span, sources: &SourceMap) -> Option<Position> {
    let nodes = all(root);
    if let Some(behind) = nodes.iter().find_map(|node| left_out(node, place)) {
        return sources.position(behind);
    }
    let inside = |node: &&&Node| node.span.start <= place.start && place.end <= node.span.end;
    let scalar = nodes.iter().filter(inside).find_map(|node| node.scalar().filter(|one| one.style != Style::Plain));
    let true_place = sources.position(place)?;
    let Some(scalar) = scalar.filter(|scalar| scalar.text.span.start < place.start) else { return Some(true_place) };
    let mark = sources.position(scalar.text.span)?;
    let content = &*scalar.text.content;
    let offset = content.char_indices().map(|(at, _)| at).find(|at| scalar.text.place(*at as u32) >= place.start);
    let before = &content[..offset.unwrap_or(content.len())];
    let lines = before.matches('\n').count() as u32;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) as u32;
    let first = if lines == 0 { mark.column } else { 1 };
    Some(Position { line: mark.line + lines, column: first + column })
}

/// Behind the colon of a key at `place` that has no value.
fn left_out(node: &Node, place: Span) -> Option<Span> {
    let NodeKind::Map(entries) = &node.kind else { return None };
    let is_left_out = |(key, value): &&(Node, Node)| key.span == place && value.span.start == value.span.end;
    entries.iter().find(is_left_out).map(|(key, _)| Span::new(key.span.file, key.span.end + 1..key.span.end + 1))
}

/// The node and all below it.
fn all(node: &Node) -> Vec<&Node> {
    let mut found = vec![node];
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Seq(items) => found.extend(items.iter().flat_map(all)),
        NodeKind::Map(entries) => found.extend(entries.iter().flat_map(|(key, value)| [all(key), all(value)].concat())),
    }
    found
}

/// The tree of a text, as far as it is well-formed.
pub(crate) fn read(file: FileId, text: &str) -> Option<Node> {
    flow_core::yaml::read(file, text).0.root
}
