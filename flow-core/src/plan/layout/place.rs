//! [`centers`]: the height of each item, so that edges run level and nothing overlaps.
//!
//! Each item wants to stand at the mean height of those that it is linked with. In a column that is given its order,
//! the heights closest to what all want (least squares) are found by pooling: neighbours that would overlap become a
//! block that stands at the mean of its wishes.

use super::lanes::{Item, Lanes};
use super::{LANE_GAP, ROW_GAP};

/// Rounds over all columns; each goes to the right and back.
const ROUNDS: usize = 4;
/// Edges that pass several columns are to be straight there: their bends pull each other.
const STRAIGHT: f64 = 4.0;
/// What an item without links weighs.
const LOOSE: f64 = 0.01;

/// The height of the middle of each item; the upper side of the highest is at 0.
pub(super) fn centers(lanes: &Lanes) -> Vec<f64> {
    let mut centers = vec![0.0; lanes.items.len()];
    for layer in &lanes.layers {
        stack(lanes, layer, &mut centers);
    }
    for _ in 0..ROUNDS {
        lanes.layers.iter().for_each(|layer| settle(lanes, layer, &mut centers, |item| [&item.before, &[]]));
        lanes.layers.iter().rev().for_each(|layer| settle(lanes, layer, &mut centers, |item| [&item.after, &[]]));
    }
    for _ in 0..2 {
        lanes.layers.iter().for_each(|layer| settle(lanes, layer, &mut centers, |item| [&item.before, &item.after]));
    }
    let upper = lanes.items.iter().zip(&centers).map(|(item, center)| center - item.height / 2.0);
    let highest = upper.fold(f64::INFINITY, f64::min);
    centers.iter().map(|center| center - highest).collect()
}

/// The least distance of the middles of two neighbours.
fn distance(above: &Item, below: &Item) -> f64 {
    let gap = if above.is_box && below.is_box { ROW_GAP } else { LANE_GAP };
    f64::midpoint(above.height, below.height) + gap
}

/// Distances from the first item of a column, as close as may be.
fn offsets(lanes: &Lanes, layer: &[usize]) -> Vec<f64> {
    let mut offsets: Vec<f64> = Vec::with_capacity(layer.len());
    let mut before: Option<&Item> = None;
    for item in layer.iter().filter_map(|at| lanes.items.get(*at)) {
        let step = before.map_or(0.0, |before| distance(before, item));
        offsets.push(offsets.last().map_or(0.0, |last| last + step));
        before = Some(item);
    }
    offsets
}

/// Stands a column close, around height 0.
fn stack(lanes: &Lanes, layer: &[usize], centers: &mut [f64]) {
    let offsets = offsets(lanes, layer);
    let middle = offsets.last().map_or(0.0, |last| last / 2.0);
    for (at, offset) in layer.iter().zip(offsets) {
        if let Some(slot) = centers.get_mut(*at) {
            *slot = offset - middle;
        }
    }
}

/// Items that stand close to each other.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// Sum of wishes times weights.
    sum: f64,
    weight: f64,
    items: usize,
}

impl Block {
    fn height(&self) -> f64 {
        self.sum / self.weight
    }
}

/// Moves a column to where its links want it.
fn settle<'a>(lanes: &'a Lanes, layer: &[usize], centers: &mut [f64], links: impl Fn(&'a Item) -> [&'a [usize]; 2]) {
    let offsets = offsets(lanes, layer);
    let mut blocks: Vec<Block> = Vec::with_capacity(layer.len());
    for (at, offset) in layer.iter().zip(&offsets) {
        let Some(item) = lanes.items.get(*at) else { continue };
        let (wish, weight) = wish(lanes, item, links(item), centers).unwrap_or_else(|| (own(centers, *at), LOOSE));
        let mut block = Block { sum: (wish - offset) * weight, weight, items: 1 };
        while let Some(before) = blocks.pop_if(|before| before.height() >= block.height()) {
            block.sum += before.sum;
            block.weight += before.weight;
            block.items += before.items;
        }
        blocks.push(block);
    }
    let heights = blocks.iter().flat_map(|block| std::iter::repeat_n(block.height(), block.items));
    for ((at, offset), height) in layer.iter().zip(&offsets).zip(heights) {
        if let Some(slot) = centers.get_mut(*at) {
            *slot = height + offset;
        }
    }
}

fn own(centers: &[f64], at: usize) -> f64 {
    centers.get(at).copied().unwrap_or_default()
}

/// Where the links want an item, and how much; `None` without links.
fn wish(lanes: &Lanes, item: &Item, links: [&[usize]; 2], centers: &[f64]) -> Option<(f64, f64)> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for at in links.into_iter().flatten() {
        let other = lanes.items.get(*at)?;
        let pull = if item.is_box || other.is_box { 1.0 } else { STRAIGHT };
        sum += own(centers, *at) * pull;
        weight += pull;
    }
    (weight > 0.0).then(|| (sum / weight, weight))
}
