//! [`groups`]: the rows of one matrix are shown as one thing.

use std::sync::Arc;

use flow_core::model::{FullId, NodeRecord};
use indexmap::IndexMap;

/// A task alone, or the rows of one matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The task's id, the group's, or what the rows' ids have in common.
    pub name: String,
    /// Places in what was grouped, in its order.
    pub members: Vec<usize>,
    /// Whether it comes from a matrix.
    pub matrix: bool,
}

impl Group {
    /// `train`, `train ×6`.
    pub(crate) fn title(&self, times: &str) -> String {
        if self.matrix { format!("{} {times}{}", self.name, self.members.len()) } else { self.name.clone() }
    }
}

/// Groups nodes by the entry they come from, in their order.
pub(crate) fn groups<'a>(nodes: impl Iterator<Item = (FullId, &'a NodeRecord)>) -> Vec<Group> {
    let mut found: IndexMap<(FullId, u32), Vec<(usize, &NodeRecord)>> = IndexMap::new();
    for (at, (prefix, node)) in nodes.enumerate() {
        found.entry((prefix, node.entry)).or_default().push((at, node));
    }
    let named = found.into_iter().map(|((prefix, _), own)| {
        let (members, records): (Vec<usize>, Vec<&NodeRecord>) = own.into_iter().unzip();
        let matrix = records.iter().any(|node| !node.matrix.is_empty());
        Group { name: prefix.child(&name(&records)).to_string(), members, matrix }
    });
    named.collect()
}

fn name(records: &[&NodeRecord]) -> String {
    let Some((first, rest)) = records.split_first() else { return String::new() };
    if let Some(group) = &first.group {
        return group.to_string();
    }
    if rest.is_empty() {
        return first.id.to_string();
    }
    let common = rest.iter().fold(&*first.id, |common, node| common_start(common, &node.id));
    format!("{common}*")
}

fn common_start<'a>(one: &'a str, other: &Arc<str>) -> &'a str {
    let same = one.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b);
    let end = same.last().map_or(0, |((at, character), _)| at + character.len_utf8());
    one.get(..end).unwrap_or_default()
}
