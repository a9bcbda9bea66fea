//! [`Lanes`]: boxes and the places where long edges pass a column, with links between neighbouring columns only.

use super::Size;

/// More bends than this are too many to look at and to compute; edges beyond are drawn straight.
const MAX_BENDS: usize = 50_000;

/// A box, or an edge that passes a column.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub layer: usize,
    pub width: f64,
    pub height: f64,
    /// What it is kept together with.
    pub group: Option<usize>,
    /// Whether it is a box.
    pub is_box: bool,
    /// Items of the column before that it is linked with.
    pub before: Vec<usize>,
    /// Items of the column behind that it is linked with.
    pub after: Vec<usize>,
}

/// The columns of a family.
#[derive(Debug)]
pub(super) struct Lanes {
    /// Boxes first, in the order of the family.
    pub items: Vec<Item>,
    /// The items of each column, from above.
    pub layers: Vec<Vec<usize>>,
    /// The items that each edge goes through, both ends among them.
    pub routes: Vec<Vec<usize>>,
}

impl Lanes {
    pub(super) fn new(ranks: &[usize], edges: &[(usize, usize)], sizes: &[Size], groups: Vec<Option<usize>>) -> Self {
        let own = ranks.iter().zip(sizes).zip(groups);
        let items = own.map(|((layer, size), group)| Item {
            layer: *layer,
            width: size.width,
            height: size.height,
            group,
            is_box: true,
            before: Vec::new(),
            after: Vec::new(),
        });
        let mut lanes = Lanes { items: items.collect(), layers: Vec::new(), routes: vec![Vec::new(); edges.len()] };
        lanes.link_all(edges);
        let columns = ranks.iter().max().map_or(0, |last| last + 1);
        lanes.layers = vec![Vec::new(); columns];
        for (at, item) in lanes.items.iter().enumerate() {
            if let Some(layer) = lanes.layers.get_mut(item.layer) {
                layer.push(at);
            }
        }
        lanes
    }

    /// Links the ends of all edges, short ones first: what is too much is left out of the longest.
    fn link_all(&mut self, edges: &[(usize, usize)]) {
        let boxes = self.items.len();
        // The edges of one box run together as far as they can.
        let mut trunks: Vec<Vec<usize>> = vec![Vec::new(); boxes];
        let mut sorted: Vec<(usize, usize, usize)> = Vec::with_capacity(edges.len());
        for (number, (from, to)) in edges.iter().enumerate() {
            let span = self.layer(*to).saturating_sub(self.layer(*from));
            sorted.push((span, number, *from));
        }
        sorted.sort_unstable();
        for (span, number, from) in sorted {
            let Some((_, to)) = edges.get(number).copied() else { continue };
            let Some(trunk) = trunks.get_mut(from) else { continue };
            let missing = span.saturating_sub(1).saturating_sub(trunk.len());
            let is_straight = span == 0 || self.items.len() - boxes + missing > MAX_BENDS;
            let mut stops = vec![from];
            if !is_straight {
                self.grow(from, trunk, span - 1);
                stops.extend(trunk.iter().take(span - 1));
                let last = stops.last().copied().unwrap_or(from);
                self.link(last, to);
            }
            stops.push(to);
            if let Some(route) = self.routes.get_mut(number) {
                *route = stops;
            }
        }
    }

    fn layer(&self, at: usize) -> usize {
        self.items.get(at).map_or(0, |item| item.layer)
    }

    /// Makes a trunk at least so long.
    fn grow(&mut self, from: usize, trunk: &mut Vec<usize>, length: usize) {
        while trunk.len() < length {
            let (last, at) = (trunk.last().copied().unwrap_or(from), self.items.len());
            let layer = self.layer(last) + 1;
            let (before, after) = (Vec::new(), Vec::new());
            self.items.push(Item { layer, width: 0.0, height: 0.0, group: None, is_box: false, before, after });
            self.link(last, at);
            trunk.push(at);
        }
    }

    fn link(&mut self, from: usize, to: usize) {
        if let Some(item) = self.items.get_mut(from) {
            item.after.push(to);
        }
        if let Some(item) = self.items.get_mut(to) {
            item.before.push(from);
        }
    }
}
