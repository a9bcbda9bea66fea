//! [`draw`]: a graph of tasks as one SVG element. It needs no font, style or script from elsewhere, and reads on a
//! light and on a dark ground; each status has a mark of its own beside its colour. Each box says in `data-task` whose
//! it is, for pages that make it something to click.

use std::fmt::Write as _;

use crate::model::TaskStatus;
use crate::plan::drawing::{TaskGraph, TaskNode};
use crate::plan::layout::{Layout, Placed};

/// Room around the drawing.
const MARGIN: f64 = 12.0;
/// From the left side of a box to the middle of its mark.
const MARK: f64 = 17.0;
/// From the left side of a box to its label.
const TEXT: f64 = 31.0;
/// From the upper side of a box to the middle of its first line.
const FIRST_LINE: f64 = 17.0;
/// From there to the second.
const SECOND_LINE: f64 = 17.0;

/// How a status looks.
struct Look {
    word: &'static str,
    /// The colour on a light and on a dark ground.
    colors: [&'static str; 2],
    /// The mark around its middle, as path data.
    mark: &'static str,
    /// Whether the mark is filled, not drawn with a pen.
    is_filled: bool,
    /// Whether the frame is dashed.
    is_dashed: bool,
}

const fn look(word: &'static str, colors: [&'static str; 2], mark: &'static str) -> Look {
    Look { word, colors, mark, is_filled: false, is_dashed: false }
}

/// All looks: of each status, and of what has none.
const LOOKS: [Look; 9] = [
    look("plain", ["#6b7280", "#9ca3af"], ""),
    look("pending", ["#6b7280", "#9ca3af"], "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z"),
    Look { is_filled: true, ..look("running", ["#1d4ed8", "#60a5fa"], "M-4-6L6 0L-4 6Z") },
    look("succeeded", ["#15803d", "#4ade80"], "M-5 0L-1.5 4L5-4.5"),
    look("failed", ["#b91c1c", "#f87171"], "M-4.5-4.5L4.5 4.5M4.5-4.5L-4.5 4.5"),
    Look { is_filled: true, ..look("cancelled", ["#b45309", "#fbbf24"], "M-4.5-4.5H4.5V4.5H-4.5Z") },
    Look { is_dashed: true, ..look("skipped", ["#7e22ce", "#c084fc"], "M-5 0H5") },
    look("cached", ["#4d7c0f", "#a3e635"], "M-5-4H5M-5 0H5M-5 4H5"),
    Look { is_dashed: true, ..look("unknown", ["#be123c", "#fb7185"], "M-3-3a3 3 0 1 1 4.5 2.6Q0 .6 0 2M0 5V5.2") },
];

fn look_of(status: Option<TaskStatus>) -> &'static Look {
    let word = status.map_or("plain", TaskStatus::word);
    let [plain, ..] = &LOOKS;
    LOOKS.iter().find(|look| look.word == word).unwrap_or(plain)
}

/// Draws a graph by its layout.
pub(super) fn draw(graph: &TaskGraph, layout: &Layout) -> String {
    let (width, height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flow-graph\" role=\"img\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"-{MARGIN} -{MARGIN} {width} {height}\">\n<title>{}</title>\n{}",
        escape(&graph.name),
        style(graph)
    );
    let mut is_outer = vec![false; graph.nodes.len()];
    for parent in graph.nodes.iter().filter_map(|node| node.parent) {
        if let Some(slot) = is_outer.get_mut(parent) {
            *slot = true;
        }
    }
    // Outer boxes first, then edges, then what stands on them.
    let placed = || graph.nodes.iter().zip(&layout.nodes).zip(&is_outer);
    placed().filter(|(_, is_outer)| **is_outer).for_each(|((node, place), _)| push_box(&mut text, node, place, "call"));
    for route in layout.edges.iter().filter(|route| !route.points.is_empty()) {
        let _ = writeln!(text, "<path class=\"edge\" d=\"{}\"/>", route.path());
        if let Some(end) = route.points.last() {
            let _ = writeln!(text, "<path class=\"tip\" d=\"M{} {}l-7-4v8z\"/>", end.x, end.y);
        }
    }
    placed()
        .filter(|(_, is_outer)| !**is_outer)
        .for_each(|((node, place), _)| push_box(&mut text, node, place, "task"));
    text.push_str("</svg>\n");
    text
}

fn push_box(text: &mut String, node: &TaskNode, place: &Placed, class: &str) {
    let look = look_of(node.status);
    let word = node.status.map(|status| format!(": {status}")).unwrap_or_default();
    let (rows, id) = (node.rows_text(), escape(&node.id));
    let _ = write!(
        text,
        "<g class=\"{class} {}\" data-task=\"{id}\" transform=\"translate({} {})\"><title>{id}{word}</title>\
         <rect width=\"{}\" height=\"{}\" rx=\"7\"/>",
        look.word, place.x, place.y, place.width, place.height
    );
    if !look.mark.is_empty() {
        let kind = if look.is_filled { "full" } else { "pen" };
        let _ =
            write!(text, "<path class=\"{kind}\" transform=\"translate({MARK} {FIRST_LINE})\" d=\"{}\"/>", look.mark);
    }
    let x = if look.mark.is_empty() { MARK } else { TEXT };
    let _ = write!(text, "<text x=\"{x}\" y=\"{FIRST_LINE}\">{}</text>", escape(&node.label()));
    if !rows.is_empty() {
        let y = FIRST_LINE + SECOND_LINE;
        let _ = write!(text, "<text class=\"rows\" x=\"{x}\" y=\"{y}\">{}</text>", escape(&rows));
    }
    text.push_str("</g>\n");
}

/// The rules, only those of looks that the graph has.
fn style(graph: &TaskGraph) -> String {
    let used = |look: &&Look| graph.nodes.iter().any(|node| look_of(node.status).word == look.word);
    let mut text = String::from(
        "<style>\n.flow-graph{font:13px system-ui,sans-serif}\n\
         .flow-graph text{dominant-baseline:central;fill:#111827}.flow-graph .rows{font-size:11px;fill:#4b5563}\n\
         .flow-graph rect{fill:#fff;stroke-width:1.5}.flow-graph .call>rect{fill:#f3f4f6;fill-opacity:.6}\n\
         .flow-graph .edge{fill:none;stroke:#9ca3af;stroke-width:1.2}.flow-graph .tip{fill:#9ca3af}\n\
         .flow-graph .pen{fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}\n",
    );
    for look in LOOKS.iter().filter(used) {
        rules(&mut text, look, 0);
        if look.is_dashed {
            let _ = writeln!(text, ".flow-graph .{}>rect{{stroke-dasharray:5 4}}", look.word);
        }
    }
    text.push_str(
        "@media(prefers-color-scheme:dark){\n.flow-graph text{fill:#f3f4f6}.flow-graph .rows{fill:#d1d5db}\n\
         .flow-graph rect{fill:#1f2937}.flow-graph .call>rect{fill:#111827}\n\
         .flow-graph .edge{stroke:#6b7280}.flow-graph .tip{fill:#6b7280}\n",
    );
    LOOKS.iter().filter(used).for_each(|look| rules(&mut text, look, 1));
    text.push_str("}\n</style>\n");
    text
}

fn rules(text: &mut String, look: &Look, ground: usize) {
    let (word, color) = (look.word, look.colors.get(ground).copied().unwrap_or_default());
    let _ = writeln!(
        text,
        ".flow-graph .{word}>rect,.flow-graph .{word}>.pen{{stroke:{color}}}.flow-graph .{word}>.full{{fill:{color}}}"
    );
}

/// A text between tags. What no XML may hold, or what turns the reading order around, is replaced.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                safe.push('\u{fffd}');
            }
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
