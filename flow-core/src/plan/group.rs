//! [`groups`]: the rows of one matrix are shown as one thing.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::model::{FullId, NodeRecord};

/// A task alone, or the rows of one matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The task's id, the group's, or what the rows' ids have in common.
    pub name: FullId,
    /// Places in what was grouped, in its order.
    pub members: Vec<usize>,
    /// Whether it comes from a matrix.
    pub matrix: bool,
}

impl Group {
    /// `train`, `train ×6`.
    pub fn title(&self, times: &str) -> String {
        if self.matrix { format!("{} {times}{}", self.name, self.members.len()) } else { self.name.to_string() }
    }
}

/// Groups nodes by the entry they come from, in their order; each comes with the prefix of its graph.
pub fn groups<'a>(nodes: impl Iterator<Item = (FullId, &'a NodeRecord)>) -> Vec<Group> {
    let mut found: IndexMap<(FullId, u32), Vec<(usize, &NodeRecord)>> = IndexMap::new();
    for (at, (prefix, node)) in nodes.enumerate() {
        found.entry((prefix, node.entry)).or_default().push((at, node));
    }
    let named = found.into_iter().map(|((prefix, _), own)| {
        let (members, records): (Vec<usize>, Vec<&NodeRecord>) = own.into_iter().unzip();
        let matrix = records.iter().any(|node| !node.matrix.is_empty());
        Group { name: prefix.child(&name(&records)), members, matrix }
    });
    named.collect()
}

fn name(records: &[&NodeRecord]) -> String {
    let Some((first, rest)) = records.split_first() else { return String::new() };
    // The node that stands for rows that come late has no group of its own.
    if let Some(group) = records.iter().find_map(|node| node.group.as_ref()) {
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
