//! [`draw`]: the graph of a batch as text, before it starts.
//!
//! One row for each task or matrix, needs above; lines lead from a task down to those that need
//! it. Graphs with too many rows or lines are listed by level instead.

use std::collections::BTreeSet;

use flow_core::model::{FullId, NeedsLevel, NodeRecord};
use flow_core::plan::{Group, groups, levels as levels_of};
use indexmap::IndexMap;

use crate::report::clean;
use crate::report::look::Look;
use crate::report::table::Strip;

/// More rows than this are listed by level.
const MAX_ROWS: usize = 32;
/// More lines side by side than this are listed by level.
const MAX_LANES: usize = 10;
/// More levels than this are cut.
const MAX_LEVELS: usize = 16;

/// Groups as rows, and the edges between them.
struct Rows {
    groups: Vec<Group>,
    /// For each row: the rows it needs, without those that follow from others.
    needs: Vec<BTreeSet<usize>>,
    /// For each row: how far it is from the beginning.
    levels: Vec<u32>,
    /// For each row: what need only run.
    running: Vec<Vec<String>>,
}

/// The graph as lines of at most `width` columns.
pub(crate) fn draw(nodes: &[NodeRecord], look: Look, width: usize) -> Vec<String> {
    let rows = Rows::of(nodes);
    let mut order: Vec<usize> = (0..rows.groups.len()).collect();
    order.sort_by_key(|row| rows.levels.get(*row).copied());
    let lanes = if order.len() > MAX_ROWS { None } else { with_lanes(&rows, &order, look, width) };
    lanes.unwrap_or_else(|| by_level(&rows, &order, look, width))
}

impl Rows {
    fn of(nodes: &[NodeRecord]) -> Self {
        let groups = groups(nodes.iter().map(|node| (FullId::root(), node)));
        let mut row_of = vec![0; nodes.len()];
        for (row, group) in groups.iter().enumerate() {
            for member in &group.members {
                row_of.splice(*member..=*member, [row]);
            }
        }
        let places: IndexMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (&*node.id, at)).collect();
        let place = |id: &str| places.get(id).copied();
        let mut needs = vec![BTreeSet::new(); groups.len()];
        let mut levels = vec![0; groups.len()];
        let mut running = vec![Vec::new(); groups.len()];
        for ((node, row), level) in nodes.iter().zip(&row_of).zip(levels_of(nodes)) {
            let (Some(own), Some(own_level), Some(own_running)) =
                (needs.get_mut(*row), levels.get_mut(*row), running.get_mut(*row))
            else {
                continue;
            };
            *own_level = (*own_level).max(level);
            for need in &node.needs {
                let needed = place(&need.id).and_then(|at| row_of.get(at)).filter(|needed| *needed != row);
                own.extend(needed);
                let name = needed.and_then(|needed| groups.get(*needed)).map(|group| group.name.to_string());
                if need.level == NeedsLevel::Running && !name.iter().any(|name| own_running.contains(name)) {
                    own_running.extend(name);
                }
            }
        }
        let needs = reduced(&needs);
        Rows { groups, needs, levels, running }
    }

    fn title(&self, row: usize, look: Look) -> String {
        self.groups.get(row).map(|group| clean::line(&group.title(look.pick("×", "x")))).unwrap_or_default()
    }

    fn needs(&self, row: usize) -> impl Iterator<Item = usize> {
        self.needs.get(row).into_iter().flatten().copied()
    }
}

/// Leaves out a need that another need has already.
fn reduced(needs: &[BTreeSet<usize>]) -> Vec<BTreeSet<usize>> {
    if needs.len() > MAX_ROWS {
        return needs.to_vec();
    }
    let behind = |start: usize| {
        let mut seen = BTreeSet::new();
        let mut stack: Vec<usize> = needs.get(start).into_iter().flatten().copied().collect();
        while let Some(row) = stack.pop() {
            if seen.insert(row) {
                stack.extend(needs.get(row).into_iter().flatten());
            }
        }
        seen
    };
    let keep = |own: &BTreeSet<usize>| {
        let implied: BTreeSet<usize> = own.iter().flat_map(|row| behind(*row)).collect();
        own.difference(&implied).copied().collect()
    };
    needs.iter().map(keep).collect()
}

/// The four directions in which a line leaves a place.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each direction is there or not, in every combination")]
struct Joint {
    up: bool,
    down: bool,
    left: bool,
    right: bool,
}

impl Joint {
    fn draw(self, look: Look) -> &'static str {
        let Joint { up, down, left, right } = self;
        match (up, down, left, right) {
            (false, false, false, false) => " ",
            (_, _, false, false) => look.pick("│", "|"),
            (false, false, _, _) => look.pick("─", "-"),
            (true, true, true, true) => look.pick("┼", "+"),
            (true, true, false, true) => look.pick("├", "+"),
            (true, true, true, false) => look.pick("┤", "+"),
            (true, false, true, true) => look.pick("┴", "+"),
            (false, true, true, true) => look.pick("┬", "+"),
            (true, false, false, true) => look.pick("╰", "+"),
            (true, false, true, false) => look.pick("╯", "+"),
            (false, true, false, true) => look.pick("╭", "+"),
            (false, true, true, false) => look.pick("╮", "+"),
        }
    }
}

/// Rows with lines between them; `None` if there are too many lines.
fn with_lanes(rows: &Rows, order: &[usize], look: Look, width: usize) -> Option<Vec<String>> {
    let mut waiting: IndexMap<usize, usize> = IndexMap::new();
    for needed in order.iter().flat_map(|row| rows.needs(*row)) {
        *waiting.entry(needed).or_default() += 1;
    }
    let mut lanes: Vec<Option<usize>> = Vec::new();
    let mut drawn = Vec::new();
    for row in order {
        let before = lanes.clone();
        let joined: Vec<usize> = rows.needs(*row).filter_map(|need| at(&before, need)).collect();
        for need in rows.needs(*row) {
            if let Some(left) = waiting.get_mut(&need) {
                *left -= 1;
                if *left == 0 {
                    lanes.iter_mut().filter(|lane| **lane == Some(need)).for_each(|lane| *lane = None);
                }
            }
        }
        let own = take_lane(&mut lanes, &joined, *row);
        if lanes.len() > MAX_LANES {
            return None;
        }
        if joined.iter().any(|lane| *lane != own) {
            drawn.push(connector(&before, &lanes, &joined, own, look));
        }
        trim(&mut lanes);
        drawn.push(row_line(rows, &lanes, (*row, own), look, width));
        if !waiting.contains_key(row) {
            lanes.iter_mut().filter(|lane| **lane == Some(*row)).for_each(|lane| *lane = None);
        }
        trim(&mut lanes);
    }
    Some(drawn)
}

/// Takes free lanes away from the right.
fn trim(lanes: &mut Vec<Option<usize>>) {
    let used = lanes.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    lanes.truncate(used);
}

fn at(lanes: &[Option<usize>], row: usize) -> Option<usize> {
    lanes.iter().position(|lane| *lane == Some(row))
}

/// The lane of a new row: one that ended in it, else the first free one (right of its needs, so
/// that no line runs backwards), else a new one.
fn take_lane(lanes: &mut Vec<Option<usize>>, joined: &[usize], row: usize) -> usize {
    let is_free = |lane: &usize| lanes.get(*lane).is_some_and(Option::is_none);
    let ended = joined.iter().copied().filter(is_free).min();
    let own = ended.or_else(|| (0..lanes.len()).find(is_free)).unwrap_or(lanes.len());
    if own == lanes.len() {
        lanes.push(None);
    }
    lanes.iter_mut().skip(own).take(1).for_each(|lane| *lane = Some(row));
    own
}

/// The line between two rows, where lines part and join.
fn connector(before: &[Option<usize>], after: &[Option<usize>], joined: &[usize], own: usize, look: Look) -> String {
    let ends = || joined.iter().copied().chain([own]);
    let (first, last) = (ends().min().unwrap_or(own), ends().max().unwrap_or(own));
    let is_some = |lanes: &[Option<usize>], lane: usize| lanes.get(lane).is_some_and(Option::is_some);
    let mut text = String::new();
    for lane in 0..before.len().max(after.len()) {
        let meets = joined.contains(&lane) || lane == own;
        let joint = Joint {
            up: is_some(before, lane),
            down: is_some(after, lane),
            // A line that only passes behind another is not drawn into it.
            left: (meets || !is_some(before, lane)) && first < lane && lane <= last,
            right: (meets || !is_some(before, lane)) && first <= lane && lane < last,
        };
        text.push_str(joint.draw(look));
        let goes_on = first <= lane && lane < last;
        text.push_str(if goes_on { look.pick("─", "-") } else { " " });
    }
    look.faint(text.trim_end())
}

fn row_line(rows: &Rows, lanes: &[Option<usize>], (row, own): (usize, usize), look: Look, width: usize) -> String {
    let mut strip = Strip::new(width);
    for (at, lane) in lanes.iter().enumerate() {
        match lane {
            _ if at == own => strip.push(look.pick("●", "o"), |text| look.accent(text)),
            Some(_) => strip.push(look.pick("│", "|"), |text| look.faint(text)),
            None => strip.push(" ", str::to_owned),
        }
        strip.push(" ", str::to_owned);
    }
    strip.push(&rows.title(row, look), str::to_owned);
    if let Some(names) = rows.running.get(row).filter(|names| !names.is_empty()) {
        strip.push(&format!("  once {} runs", clean::line(&names.join(", "))), |text| look.faint(text));
    }
    strip.finish()
}

/// One line for each level.
fn by_level(rows: &Rows, order: &[usize], look: Look, width: usize) -> Vec<String> {
    let mut levels: IndexMap<u32, Vec<String>> = IndexMap::new();
    for row in order {
        let level = rows.levels.get(*row).copied().unwrap_or_default();
        levels.entry(level).or_default().push(rows.title(*row, look));
    }
    let count = levels.len();
    let mut lines: Vec<String> = levels
        .into_iter()
        .take(MAX_LEVELS)
        .map(|(level, titles)| {
            let mut strip = Strip::new(width);
            strip.push(&format!("{:>3}  ", level + 1), |text| look.faint(text));
            strip.push(&titles.join(", "), str::to_owned);
            strip.finish()
        })
        .collect();
    if count > MAX_LEVELS {
        lines.push(look.faint(&format!("     and {} more levels", count - MAX_LEVELS)));
    }
    lines
}

#[cfg(test)]
mod tests;
