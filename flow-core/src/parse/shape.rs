//! [`Fields`]: a mapping read by a table of its keys.
//!
//! All unknown, missing and misplaced keys of a mapping are reported at once (YML-8, YML-9), duplicate
//! ones the YAML reader has reported. What the values mean does not belong here.

use indexmap::IndexMap;

use crate::ast::Section;
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::text::Span;
use crate::yaml::{Node, NodeKind};

/// How the language stands to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// May be there.
    Optional,
    /// Must be there; what to write, for the help.
    Required(&'static str),
    /// Known, but of another place; where and what to do instead.
    Elsewhere(&'static str),
    /// Known and without effect; what to do.
    Ignored(&'static str),
}

/// Keys with their rules.
pub(super) type Keys = &'static [(&'static str, Rule)];

/// The keys of one kind of mapping.
pub(super) struct Table {
    /// What the mapping is, with its article: `a task`.
    pub(super) what: &'static str,
    /// Its keys in groups, in the order in which they are listed for people.
    pub(super) keys: &'static [Keys],
    /// Keys of other places, and what to do instead.
    pub(super) foreign: &'static [(Keys, &'static str)],
}

impl Table {
    pub(super) fn known(&self) -> impl Iterator<Item = &'static (&'static str, Rule)> {
        self.keys.iter().copied().flatten()
    }

    /// The rule of a key; the first group that has it decides.
    fn rule(&self, name: &str) -> Option<(&'static str, Rule)> {
        let named = |keys: Keys| keys.iter().find(|(known, _)| *known == name);
        let known = self.known().find(|(known, _)| *known == name).copied();
        let elsewhere = |(keys, help): &(Keys, &'static str)| Some((named(keys)?.0, Rule::Elsewhere(help)));
        known.or_else(|| self.foreign.iter().find_map(elsewhere))
    }
}

/// One key with its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    /// The name of the key, or of the list that an item stands in.
    pub(super) name: &'a str,
    /// Where the name stands.
    pub(super) key: Span,
    /// The value.
    pub(super) value: &'a Node,
    /// Whether the value is one item of the list of that name.
    pub(super) is_item: bool,
}

impl<'a> Entry<'a> {
    /// A key with its value.
    pub(super) fn new(name: &'a str, key: Span, value: &'a Node) -> Entry<'a> {
        Entry { name, key, value, is_item: false }
    }

    /// One item of this entry's list.
    pub(super) fn item(self, value: &'a Node) -> Entry<'a> {
        Entry { value, is_item: true, ..self }
    }

    /// What messages are about: the key takes something, an item of it must be something.
    pub(super) fn demand(&self) -> String {
        format!("{} {}", self.subject(), if self.is_item { "must be" } else { "takes" })
    }

    /// The key, or an item of it.
    pub(super) fn subject(&self) -> String {
        if self.is_item { format!("an item of `{}`", self.name) } else { format!("`{}`", self.name) }
    }

    /// Where the value stands; where its key stands, if it is left out.
    pub(super) fn place(&self) -> Span {
        let span = self.value.span;
        if span.start == span.end && !self.is_item { self.key } else { span }
    }
}

/// The known keys that are there.
pub(super) struct Fields<'a> {
    /// The whole mapping.
    pub(super) span: Span,
    /// Its first key, or the mapping, if it has none.
    pub(super) head: Span,
    found: IndexMap<&'a str, Entry<'a>>,
}

impl<'a> Fields<'a> {
    /// A key that is there.
    pub(super) fn get(&self, name: &str) -> Option<Entry<'a>> {
        self.found.get(name).copied()
    }
}

/// Whether a mapping holds a key.
pub(super) fn has(node: &Node, name: &str) -> bool {
    let NodeKind::Map(entries) = &node.kind else { return false };
    entries.iter().filter_map(|(key, _)| key.scalar()).any(|scalar| scalar.text.content.as_ref() == name)
}

/// Reads a section, whose null counts as absent; absent, too, if it is wrong.
pub(super) fn section<'a, T>(entry: Option<Entry<'a>>, read: impl FnOnce(Entry<'a>) -> Option<T>) -> Section<T> {
    match entry {
        None => Section::Absent,
        Some(entry) if entry.value.is_null() => Section::Null(entry.place()),
        Some(entry) => read(entry).map_or(Section::Absent, Section::Written),
    }
}

/// Reads a mapping; `None`, reported, if it is none.
pub(super) fn fields<'a>(entry: Entry<'a>, table: &Table, diagnostics: &mut Diagnostics) -> Option<Fields<'a>> {
    let entries = mapping(entry, diagnostics)?;
    let mut found: IndexMap<&str, Entry<'_>> = IndexMap::new();
    let mut slips: Vec<&str> = Vec::new();
    for (key, value) in entries {
        // The reader has reported keys that are lists or mappings.
        let Some(name) = key.scalar().map(|scalar| scalar.text.content.as_ref()) else { continue };
        if let Some((known, rule)) = table.rule(name) {
            let entry = Entry::new(known, key.span, value);
            if accept(entry, rule, table, diagnostics) {
                found.entry(known).or_insert(entry);
            }
        } else {
            let near = nearest(name, table);
            slips.extend(near);
            diagnostics.push(used_at(unknown(name, near, key.span, table), key));
        }
    }
    let head = entries.first().map_or(entry.place(), |(key, _)| key.span);
    for (name, rule) in table.known() {
        // A slip in its name is reported as an unknown key.
        if let (Rule::Required(help), None, false) = (rule, found.get(name), slips.contains(name)) {
            let message = format!("{} needs the key `{name}`", table.what);
            let missing =
                Diagnostic::error(Code::MissingKey, message).at(head, format!("{} without `{name}`", table.what));
            diagnostics.push(used_at(missing.help(*help), entry.value));
        }
    }
    Some(Fields { span: entry.value.span, head, found })
}

/// The entries of a mapping; reported if it is none.
pub(super) fn mapping<'a>(entry: Entry<'a>, diagnostics: &mut Diagnostics) -> Option<&'a [(Node, Node)]> {
    match &entry.value.kind {
        NodeKind::Map(entries) => Some(entries),
        NodeKind::Scalar(_) | NodeKind::Seq(_) => {
            let found = wrong_shape(entry, "a mapping");
            let help = found.help.clone().unwrap_or_else(|| "write `name: value`, a line for each".to_owned());
            diagnostics.push(found.help(help));
            None
        }
    }
}

/// A value of the wrong kind: `expected` with its article. Source: YML-16.
pub(super) fn wrong_shape(entry: Entry<'_>, expected: &str) -> Diagnostic {
    if entry.value.is_null() {
        return null(entry, expected);
    }
    let message = format!("{} {expected}, this is {}", entry.demand(), entry.value.describe());
    let found = Diagnostic::error(Code::WrongShape, message).at(head(entry.value), format!("expected {expected}"));
    used_at(found, entry.value)
}

/// Null where a value is needed.
pub(super) fn null(entry: Entry<'_>, expected: &str) -> Diagnostic {
    let found = Diagnostic::error(Code::NullValue, format!("{} needs {expected}, not null", entry.subject()))
        .at(entry.place(), "no value here")
        .help(format!("write {expected}, or remove the {}", if entry.is_item { "item" } else { "key" }));
    used_at(found, entry.value)
}

/// Says where a value is used that an alias brought.
pub(super) fn used_at(found: Diagnostic, node: &Node) -> Diagnostic {
    match node.alias {
        Some(alias) => found.at(alias, "used here"),
        None => found,
    }
}

/// What to show of a node: of a collection, which may fill pages, its first key or item.
pub(super) fn head(node: &Node) -> Span {
    match &node.kind {
        NodeKind::Map(entries) => entries.first().map_or(node.span, |(key, _)| key.span),
        NodeKind::Seq(items) => items.first().map_or(node.span, head),
        NodeKind::Scalar(_) => node.span,
    }
}

/// Whether the value of a known key is to be read.
fn accept(entry: Entry<'_>, rule: Rule, table: &Table, diagnostics: &mut Diagnostics) -> bool {
    let name = entry.name;
    let found = match rule {
        Rule::Optional | Rule::Required(_) => return true,
        Rule::Elsewhere(help) => Diagnostic::error(Code::UnknownKey, format!("{} has no key `{name}`", table.what))
            .at(entry.key, "")
            .help(help),
        Rule::Ignored(help) => {
            Diagnostic::warning(Code::IgnoredKey, format!("`{name}` has no effect")).at(entry.key, "").help(help)
        }
    };
    diagnostics.push(used_at(found, entry.value));
    false
}

/// The key of the table that a slip of the finger turns into `name`.
fn nearest(name: &str, table: &Table) -> Option<&'static str> {
    let names = table.known().filter(|(_, rule)| !matches!(rule, Rule::Elsewhere(_) | Rule::Ignored(_)));
    suggest::nearest(name, names.map(|(known, _)| *known))
}

/// An unknown key: the nearest one that is known, else all that there are.
fn unknown(name: &str, near: Option<&str>, span: Span, table: &Table) -> Diagnostic {
    let found = Diagnostic::error(Code::UnknownKey, format!("{} has no key `{name}`", table.what));
    let help = if let Some(near) = near {
        format!("did you mean `{near}`?")
    } else {
        let usable = table.known().filter(|(_, rule)| matches!(rule, Rule::Optional | Rule::Required(_)));
        let list: Vec<String> = usable.map(|(known, _)| format!("`{known}`")).collect();
        format!("keys here: {}", list.join(", "))
    };
    found.at(span, near.map_or("unknown key", |_| "")).help(help)
}
