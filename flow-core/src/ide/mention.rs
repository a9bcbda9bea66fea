//! [`mentions`]: where a file declares names and where it uses them. What a name leads to is for `names`.

use std::sync::Arc;

use crate::expr::Template;
use crate::ide::Document;
use crate::text::{FileId, Span, Text};
use crate::yaml::{self, Node, NodeKind};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A task of a batch or an action.
    Task,
    /// A job of a live flow.
    Job,
    /// A param of a batch or of a job.
    Param,
    /// An input of an action or module.
    Input,
    /// An image.
    Image,
    /// A volume.
    Volume,
    /// A mixin.
    Mixin,
}

impl Sort {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Task => "task",
            Sort::Job => "job",
            Sort::Param => "param",
            Sort::Input => "input",
            Sort::Image => "image",
            Sort::Volume => "volume",
            Sort::Mixin => "mixin",
        }
    }

    /// The sort of what a context of expressions holds.
    pub(super) fn of_context(context: &str) -> Option<Sort> {
        Some(match context {
            "needs" => Sort::Task,
            "params" => Sort::Param,
            "inputs" => Sort::Input,
            "images" => Sort::Image,
            "volumes" => Sort::Volume,
            _ => return None,
        })
    }
}

/// One place where a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// What the name stands for.
    pub sort: Sort,
    /// The name.
    pub name: Arc<str>,
    /// The job whose param it is; params of batches have no owner, nor have other sorts.
    pub owner: Option<Arc<str>>,
    /// The name's own place, without quotes.
    pub span: Span,
    /// Where the whole declaration stands; `None` for a use.
    pub declared: Option<Span>,
}

/// All places of names in a file, in the order of writing.
///
/// Shape: also of a file that is wrong, as far as it can be read. Names that expressions compute are left out.
pub fn mentions(file: FileId, document: Document, text: &str) -> Vec<Mention> {
    let Some(root) = yaml::read(file, text).0.root else { return Vec::new() };
    let mut walk = Walk { found: Vec::new(), owner: None };
    walk.root(document, &root);
    walk.found.sort_by_key(|one| (one.span.start, one.span.end));
    walk.found.dedup();
    walk.found
}

struct Walk {
    found: Vec<Mention>,
    /// The job that the walk is in.
    owner: Option<Arc<str>>,
}

impl Walk {
    fn root(&mut self, document: Document, root: &Node) {
        for (key, value) in entries(root) {
            match (name(key), document) {
                (Some("tasks"), _) => items(value).for_each(|task| self.unit(task)),
                (Some("jobs"), _) => self.jobs(value),
                (Some("params"), Document::Flow) => self.section(Sort::Param, value),
                (Some("inputs"), Document::Action) => self.section(Sort::Input, value),
                (Some("images"), _) => self.section(Sort::Image, value),
                (Some("volumes"), _) => self.section(Sort::Volume, value),
                (Some("mixins"), _) => {
                    self.section(Sort::Mixin, value);
                    entries(value).for_each(|(_, mixin)| self.unit(mixin));
                }
                _ => self.expressions(value),
            }
        }
    }

    /// Things under names of their own.
    fn section(&mut self, sort: Sort, section: &Node) {
        for (key, value) in entries(section) {
            if let Some(scalar) = key.scalar() {
                self.declare(sort, &scalar.text, key.span.to(value.span));
            }
            self.expressions(value);
        }
    }

    fn jobs(&mut self, jobs: &Node) {
        self.section(Sort::Job, jobs);
        for (key, job) in entries(jobs) {
            self.owner = name(key).map(Arc::from);
            for (_, params) in entries(job).filter(|(key, _)| name(key) == Some("params")) {
                self.section(Sort::Param, params);
            }
            self.unit(job);
        }
        self.owner = None;
    }

    /// A task, a job or a mixin.
    fn unit(&mut self, unit: &Node) {
        for (key, value) in entries(unit) {
            match (name(key), &value.kind) {
                (Some("id"), NodeKind::Scalar(id)) => self.declare(Sort::Task, &id.text, unit.span),
                (Some("mixins"), NodeKind::Seq(names)) => self.uses(Sort::Mixin, names.iter()),
                (Some("needs"), NodeKind::Seq(names)) => self.uses(Sort::Task, names.iter()),
                (Some("needs"), NodeKind::Map(needs)) => self.uses(Sort::Task, needs.iter().map(|(key, _)| key)),
                _ => {}
            }
        }
        self.expressions(unit);
    }

    fn declare(&mut self, sort: Sort, text: &Text, whole: Span) {
        if !Template::is_expression(&text.content) {
            self.mention(sort, &text.content, inside(text), Some(whole));
        }
    }

    fn uses<'a>(&mut self, sort: Sort, names: impl Iterator<Item = &'a Node>) {
        for scalar in names.filter_map(Node::scalar) {
            if !Template::is_expression(&scalar.text.content) {
                self.mention(sort, &scalar.text.content, inside(&scalar.text), None);
            }
        }
    }

    fn mention(&mut self, sort: Sort, name: &str, span: Span, declared: Option<Span>) {
        let owner = self.owner.clone().filter(|_| sort == Sort::Param);
        self.found.push(Mention { sort, name: name.into(), owner, span, declared });
    }

    /// What the expressions of all texts below name.
    fn expressions(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Scalar(scalar) => self.template(&scalar.text),
            NodeKind::Seq(items) => items.iter().for_each(|item| self.expressions(item)),
            NodeKind::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.expressions(key);
                self.expressions(value);
            }),
        }
    }

    fn template(&mut self, text: &Text) {
        if !Template::is_expression(&text.content) {
            return;
        }
        let Some(template) = Template::parse(text).0 else { return };
        for lookup in template.lookups() {
            if let (Some(sort), Some((name, span))) = (Sort::of_context(&lookup.root), lookup.member) {
                self.mention(sort, &name, unquoted(span, &name), None);
            }
        }
        for call in template.calls().iter().filter(|call| ["success", "failure"].contains(&call.function)) {
            for (name, span) in &call.texts {
                self.mention(Sort::Task, name, unquoted(*span, name), None);
            }
        }
    }
}

/// The place of a name in a text that may be written with quotes around it.
fn unquoted(span: Span, name: &str) -> Span {
    let (long, short) = (span.end - span.start, name.len() as u32);
    if long == short + 2 { Span::new(span.file, span.start + 1..span.end - 1) } else { span }
}

/// A scalar without its quotes.
fn inside(text: &Text) -> Span {
    text.span_of(0..text.content.len() as u32)
}

pub(super) fn entries(node: &Node) -> impl Iterator<Item = (&Node, &Node)> {
    let entries: &[(Node, Node)] = if let NodeKind::Map(entries) = &node.kind { entries } else { &[] };
    entries.iter().map(|(key, value)| (key, value))
}

fn items(node: &Node) -> impl Iterator<Item = &Node> {
    let items: &[Node] = if let NodeKind::Seq(items) = &node.kind { items } else { &[] };
    items.iter()
}

/// The text of a key.
pub(super) fn name(key: &Node) -> Option<&str> {
    key.scalar().map(|scalar| scalar.text.content.as_ref())
}
