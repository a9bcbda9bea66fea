//! [`Builder`]: puts nodes together and keeps what a tree must keep.
//!
//! It bounds depth, nodes and the expansion of aliases, finds duplicate keys, applies merge keys,
//! and gives collections their true spans. What an event is does not belong here: `reader` knows it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::text::{FileId, Span, Text};
use crate::value::Value;
use crate::yaml::{Node, NodeKind, Scalar, Style, align, merge, scalar, syntax};

/// How deep lists and mappings may nest, aliases followed.
pub const MAX_DEPTH: usize = 128;
/// How many nodes a text may hold.
pub const MAX_NODES: usize = 1_000_000;
/// How many nodes aliases may add.
pub const MAX_EXPANDED: usize = 100_000;

/// How many anchors may be meant by an alias that names none.
const SUGGESTED_ANCHORS: usize = 20;

/// Where a collection begins.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    /// At its first key or dash.
    Block(usize),
    /// At its bracket.
    Flow(usize),
}

/// What may stand before a node.
#[derive(Default)]
pub(super) struct Origin {
    /// The number of its anchor.
    pub(super) anchor: Option<usize>,
    /// The name and the place of its tag.
    pub(super) tag: Option<(String, Range<usize>)>,
}

/// A finished node that aliases may name.
struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// A collection that is still open.
struct Frame {
    mark: Mark,
    /// The end of the last thing in it.
    end: usize,
    origin: Origin,
    /// Nodes in it, itself included, and levels of collections below it.
    size: usize,
    depth: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Mapping { entries: Vec<(Node, Node)>, key: Option<Node> },
}

/// Builds one tree.
pub(super) struct Builder<'a> {
    file: FileId,
    text: &'a str,
    open: Vec<Frame>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Anchored>,
    anchor_names: Vec<String>,
    nodes: usize,
    expanded: usize,
    /// Nodes that anchors keep, one within another counted twice.
    anchored: usize,
    /// The end of the last event: a block scalar's mark lies behind it.
    last_end: usize,
    diagnostics: Diagnostics,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        Builder {
            file,
            text,
            open: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            anchor_names: Vec::new(),
            nodes: 0,
            expanded: 0,
            anchored: 0,
            last_end: 0,
            diagnostics: Diagnostics::new(),
        }
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start as u32..range.end as u32)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The innermost bracket that is open.
    pub(super) fn open_bracket(&self) -> Option<usize> {
        match self.open.last()?.mark {
            Mark::Flow(at) => Some(at),
            Mark::Block(_) => None,
        }
    }

    /// Remembers a name for «did you mean».
    pub(super) fn name_anchor(&mut self, name: &str) {
        self.anchor_names.push(name.to_owned());
    }

    /// Adds a scalar; `false` if the text holds too much.
    pub(super) fn scalar(&mut self, content: &str, style: Style, range: &Range<usize>, origin: &Origin) -> bool {
        if !self.count(range.start) {
            return false;
        }
        // The parser says `~` where nothing is written.
        let content = if style == Style::Plain && range.is_empty() { "" } else { content };
        let node = self.scalar_node(content, style, range, origin);
        self.last_end = range.end.max(self.last_end);
        if let Some(anchor) = origin.anchor {
            self.anchors.insert(anchor, Anchored { node: node.clone(), size: 1, depth: 0 });
        }
        self.place(node, (1, 0));
        true
    }

    fn scalar_node(&mut self, content: &str, style: Style, range: &Range<usize>, origin: &Origin) -> Node {
        let block = matches!(style, Style::Literal | Style::Folded);
        let span = self.span(if block { self.block_range(range, style, origin) } else { range.clone() });
        let holds_expression = content.contains("${{") || content.contains("$[[");
        let simple = style == Style::Plain && self.text.get(range.clone()) == Some(content);
        let segments = if holds_expression && !simple {
            align::segments(content, self.text, span.start as usize, range.clone(), style)
        } else {
            Vec::new()
        };
        let value = self.value(content, style, origin);
        let text = Text { content: Arc::from(content), span, segments: Arc::from(segments) };
        Node { kind: NodeKind::Scalar(Scalar { text, value, style }), span, alias: None }
    }

    /// The parser's range begins at the first line of the content and takes blank lines along.
    fn block_range(&self, range: &Range<usize>, style: Style, origin: &Origin) -> Range<usize> {
        let mark = if style == Style::Literal { '|' } else { '>' };
        let from = origin.tag.as_ref().map_or(self.last_end, |(_, tag)| tag.end.max(self.last_end)).min(range.start);
        let between = self.text.get(from..range.start).unwrap_or("");
        let start =
            from + between.match_indices(mark).map(|(at, _)| at).find(|at| stands_alone(between, *at)).unwrap_or(0);
        let visible = self.text.get(start..range.end).unwrap_or("").trim_end().len();
        start..start + visible
    }

    fn value(&mut self, content: &str, style: Style, origin: &Origin) -> Value {
        let text = || Value::Str(Arc::from(content));
        let Some((tag, range)) = &origin.tag else {
            return if style == Style::Plain { scalar::resolve(content) } else { text() };
        };
        let found = match tag.as_str() {
            "!" | "!!str" => Some(text()),
            "!!null" | "!!bool" | "!!timestamp" => Some(scalar::resolve(content)),
            "!!int" => scalar::int(content).map(Value::Int),
            "!!float" => scalar::float(content).or_else(|| content.parse().ok()).map(Value::Float),
            _ => {
                self.unknown_tag(tag, range.clone());
                return text();
            }
        };
        let fits = match (&found, tag.as_str()) {
            (Some(Value::Null), name) => name == "!!null",
            (Some(Value::Bool(_)), name) => name == "!!bool",
            (Some(_), name) => !matches!(name, "!!null" | "!!bool"),
            (None, _) => false,
        };
        if !fits {
            let message = format!("`{content}` is no value of the tag `{tag}`");
            let span = self.span(range.clone());
            self.report(Diagnostic::error(Code::WrongValue, message).at(span, "").help("remove the tag"));
        }
        found.filter(|_| fits).unwrap_or_else(text)
    }

    fn unknown_tag(&mut self, tag: &str, range: Range<usize>) {
        let found = Diagnostic::error(Code::YamlTag, format!("unknown tag `{tag}`"))
            .at(self.span(range), "")
            .help("remove the tag, or put the value into quotes if the `!` belongs to it");
        self.report(found);
    }

    pub(super) fn open_list(&mut self, mark: Mark, origin: Origin) -> bool {
        self.open(mark, origin, "!!seq", Content::List(Vec::new()))
    }

    pub(super) fn open_mapping(&mut self, mark: Mark, origin: Origin) -> bool {
        self.open(mark, origin, "!!map", Content::Mapping { entries: Vec::new(), key: None })
    }

    fn open(&mut self, mark: Mark, origin: Origin, own_tag: &str, content: Content) -> bool {
        let (Mark::Block(start) | Mark::Flow(start)) = mark;
        if let Some((tag, range)) = origin.tag.clone().filter(|(tag, _)| tag != "!" && tag != own_tag) {
            self.unknown_tag(&tag, range);
        }
        if !self.count(start) {
            return false;
        }
        if self.open.len() >= MAX_DEPTH {
            self.refuse(syntax::too_deep(), start..start);
            return false;
        }
        self.last_end = start.max(self.last_end);
        self.open.push(Frame { mark, end: start, origin, size: 1, depth: 0, content });
        true
    }

    /// Closes the innermost collection; `end` is the end of its closing bracket, if it has one. `false`
    /// if anchors keep too much.
    pub(super) fn close(&mut self, end: usize) -> bool {
        let Some(frame) = self.open.pop() else { return true };
        let (start, end) = match frame.mark {
            Mark::Block(start) => (start, frame.end),
            Mark::Flow(start) => (start, end.max(frame.end)),
        };
        self.last_end = end.max(self.last_end);
        let span = self.span(start..end);
        let kind = match frame.content {
            Content::List(items) => NodeKind::Seq(items),
            Content::Mapping { mut entries, key } => {
                if let Some(key) = key {
                    let value = null(key.span);
                    entries.push((key, value));
                }
                let budget = MAX_EXPANDED.saturating_sub(self.expanded);
                let (entries, added) = merge::finish(entries, budget, &mut self.diagnostics);
                self.expanded += added;
                NodeKind::Map(entries)
            }
        };
        let node = Node { kind, span, alias: None };
        if let Some(anchor) = frame.origin.anchor {
            self.anchored += frame.size;
            if self.anchored > MAX_NODES {
                self.refuse(format!("anchors name more than {MAX_NODES} values"), start..start);
                return false;
            }
            self.anchors.insert(anchor, Anchored { node: node.clone(), size: frame.size, depth: frame.depth + 1 });
        }
        self.place(node, (frame.size, frame.depth + 1));
        true
    }

    /// Adds a copy of what an anchor names; `false` if aliases add too much.
    pub(super) fn alias(&mut self, anchor: usize, range: Range<usize>) -> bool {
        let span = self.span(range.clone());
        let Some(found) = self.anchors.get(&anchor) else {
            let found = Diagnostic::error(Code::YamlAlias, "an alias within the node that it names")
                .at(span, "")
                .help("write the value out");
            self.report(found);
            self.skip(range);
            return true;
        };
        let (size, depth) = (found.size, found.depth);
        let node = Node { alias: Some(span), ..found.node.clone() };
        self.expanded += size;
        if self.expanded > MAX_EXPANDED {
            self.refuse(format!("aliases add more than {MAX_EXPANDED} values"), range);
            return false;
        }
        if self.open.len() + depth > MAX_DEPTH {
            self.refuse(syntax::too_deep(), range);
            return false;
        }
        self.place_used(node, range, (size, depth));
        true
    }

    pub(super) fn unknown_alias(&mut self, name: &str, range: Range<usize>) {
        let span = self.span(range.clone());
        // The nearest name is looked for among the last ones, so that many slips take no time.
        let names = self.anchor_names.iter().rev().take(SUGGESTED_ANCHORS).map(String::as_str);
        let help = suggest::help(name, "anchors", names)
            .unwrap_or_else(|| format!("write `&{name}` before the value that is meant, above this line"));
        self.report(Diagnostic::error(Code::YamlAlias, format!("no anchor `{name}`")).at(span, "").help(help));
        self.skip(range);
    }

    /// The tree, also if collections are still open.
    pub(super) fn finish(mut self) -> (Option<Node>, Diagnostics) {
        while let Some(frame) = self.open.last_mut() {
            // Nothing behind can name it.
            frame.origin.anchor = None;
            let end = frame.end;
            self.close(end);
        }
        (self.root, self.diagnostics)
    }

    /// Leaves out an item, or a key with its value, of which nothing is known: it is reported already.
    fn skip(&mut self, range: Range<usize>) {
        let key = self.open.last().is_some_and(|frame| matches!(frame.content, Content::Mapping { key: None, .. }));
        if key {
            let span = self.span(range.clone());
            self.place_used(null(span), range, (1, 0));
            return;
        }
        self.last_end = range.end.max(self.last_end);
        let Some(frame) = self.open.last_mut() else { return };
        frame.end = frame.end.max(range.end);
        if let Content::Mapping { key, .. } = &mut frame.content {
            *key = None;
        }
    }

    fn place(&mut self, node: Node, measure: (usize, usize)) {
        let range = node.span.start as usize..node.span.end as usize;
        self.place_used(node, range, measure);
    }

    /// Puts a node into the innermost collection, where it takes up `range`; `measure` is its size
    /// and its depth.
    fn place_used(&mut self, node: Node, range: Range<usize>, (size, depth): (usize, usize)) {
        self.last_end = range.end.max(self.last_end);
        let Some(frame) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        frame.end = frame.end.max(range.end);
        frame.size += size;
        frame.depth = frame.depth.max(depth);
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Mapping { entries, key } => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(node),
            },
        }
    }

    fn count(&mut self, at: usize) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.refuse(format!("the file holds more than {MAX_NODES} values"), at..at);
        }
        self.nodes <= MAX_NODES
    }

    fn refuse(&mut self, message: String, range: Range<usize>) {
        let found = Diagnostic::error(Code::YamlTooLarge, message)
            .at(self.span(range), "")
            .help("flatten the file, or move data out of it into files of the workspace");
        self.report(found);
    }
}

/// Whether the mark of a block scalar stands by itself, not within a comment or an anchor's name.
fn stands_alone(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let line = text.get(at + 1..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let rest = line.trim_start_matches(|one: char| one.is_ascii_digit() || matches!(one, '+' | '-'));
    before.is_none_or(|one| one.is_ascii_whitespace()) && (rest.trim().is_empty() || rest.starts_with([' ', '\t']))
}

fn null(span: Span) -> Node {
    let span = Span::new(span.file, span.end..span.end);
    let text = Text::plain("", span);
    Node { kind: NodeKind::Scalar(Scalar { text, value: Value::Null, style: Style::Plain }), span, alias: None }
}
