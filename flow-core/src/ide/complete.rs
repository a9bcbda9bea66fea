//! [`completion`]: what may come where somebody types.
//!
//! A file is broken while it is written. So the word that is being typed is replaced by one that mends the file, in
//! several ways, until the file can be read and the word is found in it; where it stands then says what may come.

use std::sync::Arc;

use crate::expr::FUNCTIONS;
use crate::ide::Document;
use crate::ide::mention::{Mention, Sort, entries, mentions, name};
use crate::ide::names::Page;
use crate::ide::shape::{Shapes, Step, keys, takes_flag, words};
use crate::scope::Context;
use crate::text::{FileId, Span};
use crate::yaml::{self, Node, NodeKind};

/// The word that stands for the one that is typed.
const PLACE: &str = "flow-completion-place";

/// What is put in its place, in the order in which it is tried; `@` is the word.
const REPAIRS: [&str; 8] = ["@: ", "@", "@]", "@: }", "@}", "@: }]", "@]}", "@: }}"];

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateSort {
    /// A key of a mapping.
    Key,
    /// One of a few fixed words.
    Word,
    /// A name that is declared.
    Name(Sort),
    /// A function of expressions.
    Function,
    /// A context of expressions.
    Context,
}

/// What may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is shown, and written but for what a key needs behind it.
    pub label: String,
    /// What it is.
    pub sort: CandidateSort,
    /// What it means, in a sentence or by an example; may be empty.
    pub about: String,
    /// What it takes the place of: the word as far as it is typed.
    pub replaces: Span,
}

/// All that may come at a place, sorted by what it is and by name.
///
/// Units: `offset` in bytes. Shape: only what begins as the word before `offset` does.
pub fn completion(pages: &[Page], file: FileId, offset: u32) -> Vec<Candidate> {
    let Some(page) = pages.iter().find(|one| one.file == file) else { return Vec::new() };
    let Some(before) = page.text.get(..offset as usize) else { return Vec::new() };
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let start = before.trim_end_matches(is_part).len();
    let typed = before.get(start..).unwrap_or_default();
    let place = Place { pages, page, start, offset: offset as usize };
    let found = match open_expression(before) {
        Some(expression) => place.in_expression(expression.get(..expression.len() - typed.len()).unwrap_or_default()),
        None => place.in_yaml(),
    };
    let replaces = Span::new(file, start as u32..offset);
    let fits = |(label, ..): &Found| label.starts_with(typed);
    let candidate = |(label, sort, about): Found| Candidate { label, sort, about, replaces };
    found.into_iter().filter(fits).map(candidate).collect()
}

type Found = (String, CandidateSort, String);

struct Place<'a> {
    pages: &'a [Page],
    page: &'a Page,
    start: usize,
    offset: usize,
}

impl Place<'_> {
    /// What may come in an expression, of which `before` stands before the word.
    fn in_expression(&self, before: &str) -> Vec<Found> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        if let Some(left) = before.strip_suffix('.') {
            let root = left.get(left.trim_end_matches(is_part).len()..).unwrap_or_default();
            let deeper = left.trim_end_matches(is_part).ends_with('.');
            let sort = Sort::of_context(root).filter(|_| !deeper);
            return sort.map(|sort| self.names(sort)).unwrap_or_default();
        }
        let contexts = Context::ALL.iter().map(|one| (one.name().to_owned(), CandidateSort::Context, String::new()));
        let functions = FUNCTIONS.iter().map(|one| {
            let about = format!("{}: {}", one.signature, one.about);
            (one.name.to_owned(), CandidateSort::Function, about)
        });
        contexts.chain(functions).collect()
    }

    /// What may come as a key or a value.
    fn in_yaml(&self) -> Vec<Found> {
        let (before, after) = (self.page.text.get(..self.start), self.page.text.get(self.offset..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        // What is wrong further below is out of the way in the second round.
        for after in [after, ""] {
            for repair in REPAIRS {
                let text = format!("{before}{}{after}", repair.replace('@', PLACE));
                let (document, _) = yaml::read(self.page.file, &text);
                let Some(root) = document.root.filter(|_| document.complete) else { continue };
                let found = self.around(&root);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    /// What may stand where the word stands in a file that can be read.
    fn around(&self, root: &Node) -> Vec<Found> {
        let mut way = Way { path: Vec::new(), nodes: vec![root], is_key: false };
        if !way.find(root) {
            return Vec::new();
        }
        let shapes = Shapes::new(self.page.document);
        let here = shapes.at(&way.path, &way.nodes);
        if way.is_key {
            let there: Vec<&str> =
                way.nodes.last().into_iter().flat_map(|node| entries(node)).filter_map(|(key, _)| name(key)).collect();
            let open = keys(&here).into_iter().filter(|(key, _)| !there.contains(key));
            let mut found: Vec<Found> =
                open.map(|(key, about)| (key.to_owned(), CandidateSort::Key, about.to_owned())).collect();
            if found.is_empty() && way.path.last() == Some(&Step::Key("needs".to_owned())) {
                found = self.names(Sort::Task);
            }
            return found;
        }
        let under = way.path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item => None,
        });
        match (under, way.path.last()) {
            (Some("needs"), Some(Step::Item)) => self.names(Sort::Task),
            (Some("mixins"), Some(Step::Item)) => self.names(Sort::Mixin),
            _ => {
                let mut all = words(&here);
                if takes_flag(&here) {
                    all.extend(["false", "true"]);
                }
                all.into_iter().map(|word| (word.to_owned(), CandidateSort::Word, String::new())).collect()
            }
        }
    }

    /// The names of a sort that are seen from here: those of the page, and of the project where it shares them.
    fn names(&self, sort: Sort) -> Vec<Found> {
        let of = |page: &Page| mentions(page.file, page.document, &page.text);
        let own = of(self.page);
        let job = own.iter().filter(|one| one.sort == Sort::Job);
        let here = |one: &&Mention| {
            one.declared.is_some_and(|whole| whole.start <= self.offset as u32 && self.offset as u32 <= whole.end)
        };
        let owner = job.filter(here).map(|one| Arc::clone(&one.name)).next_back();
        let shared = matches!(sort, Sort::Image | Sort::Volume | Sort::Mixin);
        let others = self
            .pages
            .iter()
            .filter(|page| shared && page.document == Document::Project && page.file != self.page.file);
        let all = own.iter().cloned().chain(others.flat_map(of));
        let mut names: Vec<Arc<str>> = all
            .filter(|one| one.sort == sort && one.declared.is_some() && (one.owner.is_none() || one.owner == owner))
            .map(|one| one.name)
            .collect();
        names.sort();
        names.dedup();
        names.into_iter().map(|name| (name.to_string(), CandidateSort::Name(sort), sort.word().to_owned())).collect()
    }
}

/// The way from the root to the word.
struct Way<'a> {
    path: Vec<Step>,
    nodes: Vec<&'a Node>,
    is_key: bool,
}

impl<'a> Way<'a> {
    /// Whether the word stands below a node; then the way ends at the mapping whose key it is, or at it.
    fn find(&mut self, node: &'a Node) -> bool {
        match &node.kind {
            NodeKind::Scalar(scalar) => scalar.text.content.contains(PLACE),
            NodeKind::Seq(items) => items.iter().any(|item| self.enter(Step::Item, item)),
            NodeKind::Map(pairs) => {
                if pairs.iter().any(|(key, _)| name(key).is_some_and(|key| key.contains(PLACE))) {
                    self.is_key = true;
                    return true;
                }
                pairs.iter().any(|(key, value)| self.enter(Step::Key(name(key).unwrap_or_default().to_owned()), value))
            }
        }
    }

    fn enter(&mut self, step: Step, node: &'a Node) -> bool {
        self.path.push(step);
        self.nodes.push(node);
        let found = self.find(node);
        if !found {
            self.path.pop();
            self.nodes.pop();
        }
        found
    }
}

/// What stands in the expression that is open at the end of a text.
fn open_expression(before: &str) -> Option<&str> {
    let (at, end) = [("${{", "}}"), ("$[[", "]]")]
        .into_iter()
        .filter_map(|(open, close)| Some((before.rfind(open)? + open.len(), close)))
        .max()?;
    let inside = before.get(at..)?;
    (!inside.contains(end)).then_some(inside)
}
