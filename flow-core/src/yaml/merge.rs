//! [`finish`]: duplicate keys and merge keys of one mapping. Source: DEC-2, DEC-15.

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::value::Value;
use crate::yaml::{Node, NodeKind, Scalar, Style};

/// The entries of a mapping as written become its entries as meant, and how many nodes merging added.
///
/// Shape: merged entries come first, those of an earlier mapping win over later ones, those
/// written out over all. At most `budget` nodes are added. Duplicates are reported and kept.
pub(super) fn finish(
    entries: Vec<(Node, Node)>,
    budget: usize,
    diagnostics: &mut Diagnostics,
) -> (Vec<(Node, Node)>, usize) {
    report_keys(&entries, diagnostics);
    if !entries.iter().any(|(key, _)| is_merge(key)) {
        return (entries, 0);
    }
    let (merge_keys, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| is_merge(key));
    let mut taken: IndexMap<String, ()> = own.iter().filter_map(|(key, _)| Some((identity(key)?, ()))).collect();
    let mut merged = Vec::new();
    let mut added = 0;
    for (key, value) in merge_keys {
        for source in sources(&key, value, diagnostics) {
            let alias = source.alias;
            let NodeKind::Map(found) = source.kind else { continue };
            let fresh = found
                .into_iter()
                .filter(|(key, _)| identity(key).is_some_and(|identity| taken.insert(identity, ()).is_none()));
            merged.extend(fresh.map(|(key, value)| (used(key, alias), used(value, alias))));
        }
        added = merged.iter().map(|(_, value)| 1 + size(value)).sum();
    }
    if added > budget {
        diagnostics.push(Diagnostic::error(Code::YamlTooLarge, "merge keys add too many values"));
        return (own, 0);
    }
    merged.extend(own);
    (merged, added)
}

fn used(node: Node, alias: Option<crate::text::Span>) -> Node {
    Node { alias: node.alias.or(alias), ..node }
}

fn size(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Scalar(_) => 1,
        NodeKind::Seq(items) => 1 + items.iter().map(size).sum::<usize>(),
        NodeKind::Map(entries) => 1 + entries.iter().map(|(_, value)| 1 + size(value)).sum::<usize>(),
    }
}

fn is_merge(key: &Node) -> bool {
    key.scalar().is_some_and(|scalar| scalar.style == Style::Plain && scalar.text.content.as_ref() == "<<")
}

/// The mappings that a merge key names: one, or a list of them.
fn sources(key: &Node, value: Node, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let alias = value.alias;
    let candidates = match value.kind {
        NodeKind::Seq(items) => items.into_iter().map(|item| used(item, alias)).collect(),
        NodeKind::Scalar(_) | NodeKind::Map(_) => vec![value],
    };
    let (found, others): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|node| matches!(node.kind, NodeKind::Map(_)));
    for other in others {
        let place = other.alias.unwrap_or(if other.is_null() { key.span } else { other.span });
        let message = format!("`<<` merges mappings, this is {}", other.describe());
        let help = "write an alias of a mapping, such as `<<: *name`, or quote the key if it is meant literally";
        diagnostics.push(Diagnostic::error(Code::YamlAlias, message).at(place, "").help(help));
    }
    found
}

/// Reports keys that stand twice, and keys that are no scalars (YML-7).
fn report_keys(entries: &[(Node, Node)], diagnostics: &mut Diagnostics) {
    let mut first: IndexMap<String, &Node> = IndexMap::new();
    for (key, _) in entries {
        let Some(identity) = identity(key) else {
            let message = format!("{} cannot be a key", key.describe());
            let help = "use a text as the key; quote a value that begins with `{` or `[`";
            diagnostics.push(Diagnostic::error(Code::WrongShape, message).at(key.span, "").help(help));
            continue;
        };
        let Some(earlier) = first.get(&identity) else {
            first.insert(identity, key);
            continue;
        };
        let name = key.scalar().map_or("", |scalar| &scalar.text.content);
        let found = Diagnostic::error(Code::DuplicateKey, format!("the key `{name}` stands here twice"))
            .at(key.alias.unwrap_or(key.span), "again here")
            .at(earlier.alias.unwrap_or(earlier.span), "first here")
            .help("remove one of them, or rename it");
        diagnostics.push(found);
    }
}

/// What makes two keys the same: their value, so that `yes` and `true` are, `1` and `'1'` are not.
fn identity(key: &Node) -> Option<String> {
    let Scalar { value, text, .. } = key.scalar()?;
    Some(match value {
        Value::Str(text) => format!("text {text}"),
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(int) => format!("{int:?}"),
        _ => format!("other {}", text.content),
    })
}
