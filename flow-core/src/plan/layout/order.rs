//! [`order`]: the order of each column, so that few edges cross.
//!
//! By turns from left to right and back, each item goes to the mean place of those that it is linked with; the best
//! order seen is kept.

use std::collections::BTreeMap;

use super::lanes::Lanes;

/// The most turns.
const TURNS: usize = 12;
/// With more items than this a turn is dear, and a few do.
const MANY_ITEMS: usize = 8_000;
/// Turns without a better order before we stop.
const PATIENCE: usize = 3;

/// Which neighbours an item is put by.
#[derive(Clone, Copy, Debug)]
enum Side {
    Before,
    After,
}

/// Puts each column in order.
pub(super) fn order(lanes: &mut Lanes) {
    let mut places = vec![0_usize; lanes.items.len()];
    lanes.layers.iter().for_each(|layer| note(layer, &mut places));
    let mut best = (crossings(lanes, &places), lanes.layers.clone());
    let turns = if lanes.items.len() > MANY_ITEMS { TURNS / 3 } else { TURNS };
    let mut waited = 0;
    for turn in 0..turns {
        if best.0 == 0 || waited == PATIENCE {
            break;
        }
        sweep(lanes, &mut places, if turn % 2 == 0 { Side::Before } else { Side::After });
        let count = crossings(lanes, &places);
        waited += 1;
        if count < best.0 {
            best = (count, lanes.layers.clone());
            waited = 0;
        }
    }
    lanes.layers = best.1;
}

/// Notes the place of each item of a column.
fn note(layer: &[usize], places: &mut [usize]) {
    for (place, at) in layer.iter().enumerate() {
        if let Some(slot) = places.get_mut(*at) {
            *slot = place;
        }
    }
}

/// One turn over all columns.
fn sweep(lanes: &mut Lanes, places: &mut [usize], side: Side) {
    let count = lanes.layers.len();
    for step in 0..count {
        let number = match side {
            Side::Before => step,
            Side::After => count - 1 - step,
        };
        let Some(mut layer) = lanes.layers.get_mut(number).map(std::mem::take) else { continue };
        sort(lanes, &mut layer, places, side);
        note(&layer, places);
        if let Some(slot) = lanes.layers.get_mut(number) {
            *slot = layer;
        }
    }
}

/// Where the items of one group in a column want to be.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    sum: f64,
    count: f64,
    /// The place of the first of them, which decides between equal wishes.
    first: usize,
}

/// Sorts a column by the mean places of its items; groups stay together at the mean of theirs.
fn sort(lanes: &Lanes, layer: &mut [usize], places: &[usize], side: Side) {
    let mut keys: Vec<(f64, usize)> = Vec::with_capacity(layer.len());
    let mut groups: BTreeMap<usize, Wish> = BTreeMap::new();
    // What has no link on this side stays behind the item above it.
    let mut last = 0.0;
    for (place, at) in layer.iter().enumerate() {
        let Some(item) = lanes.items.get(*at) else { continue };
        let own = match side {
            Side::Before => &item.before,
            Side::After => &item.after,
        };
        let sum: usize = own.iter().filter_map(|at| places.get(*at)).sum();
        let key = if own.is_empty() { last } else { sum as f64 / own.len() as f64 };
        last = key;
        keys.push((key, *at));
        if let Some(group) = item.group {
            let wish = groups.entry(group).or_insert(Wish { first: place, ..Wish::default() });
            (wish.sum, wish.count) = (wish.sum + key, wish.count + 1.0);
        }
    }
    let group = |at: usize| lanes.items.get(at).and_then(|item| item.group).and_then(|group| groups.get(&group));
    let ranked = keys.into_iter().enumerate().map(|(place, (key, at))| {
        let (shared, first) = group(at).map_or((key, place), |wish| (wish.sum / wish.count, wish.first));
        (shared, first, key, at)
    });
    let mut sorted: Vec<(f64, usize, f64, usize)> = ranked.collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)));
    for (slot, (_, _, _, at)) in layer.iter_mut().zip(sorted) {
        *slot = at;
    }
}

/// How many pairs of links cross, over all pairs of columns.
fn crossings(lanes: &Lanes, places: &[usize]) -> u64 {
    lanes.layers.iter().zip(lanes.layers.iter().skip(1)).map(|(layer, next)| between(lanes, layer, next, places)).sum()
}

/// Counts inversions: links in the order of their left ends, by how many before them end lower.
fn between(lanes: &Lanes, layer: &[usize], next: &[usize], places: &[usize]) -> u64 {
    let mut tree = vec![0_u64; next.len() + 1];
    let (mut count, mut seen) = (0, 0);
    let mut ends: Vec<usize> = Vec::new();
    for item in layer.iter().filter_map(|at| lanes.items.get(*at)) {
        ends.clear();
        ends.extend(item.after.iter().filter_map(|to| places.get(*to)));
        ends.sort_unstable();
        // Links from one item do not cross each other: count all first.
        count += ends.iter().map(|end| seen - up_to(&tree, *end)).sum::<u64>();
        for end in &ends {
            add(&mut tree, *end);
        }
        seen += ends.len() as u64;
    }
    count
}

/// How many ends lie at this place or above: a prefix sum of a Fenwick tree.
fn up_to(tree: &[u64], place: usize) -> u64 {
    let (mut at, mut sum) = (place + 1, 0);
    while at > 0 {
        sum += tree.get(at).copied().unwrap_or_default();
        at &= at - 1;
    }
    sum
}

fn add(tree: &mut [u64], place: usize) {
    let mut at = place + 1;
    while let Some(slot) = tree.get_mut(at) {
        *slot += 1;
        at += at & at.wrapping_neg();
    }
}
