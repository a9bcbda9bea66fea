//! [`definition`], [`references`] and [`rename`]: where names lead, over the pages of a workspace.

use std::sync::Arc;

use crate::expr::check_identifier;
use crate::ide::Document;
use crate::ide::mention::{Mention, Sort, mentions};
use crate::text::{FileId, Span};

/// One text of a workspace, as it is now.
#[derive(Clone, Debug)]
pub struct Page {
    /// Names it in spans.
    pub file: FileId,
    /// The sort of file.
    pub document: Document,
    /// The whole text.
    pub text: Arc<str>,
}

/// A page with its names.
struct Read {
    page: Page,
    mentions: Vec<Mention>,
}

impl Read {
    fn declares(&self, wanted: &Mention) -> Option<&Mention> {
        self.mentions.iter().find(|one| one.declared.is_some() && is_same(one, wanted))
    }
}

/// Where the name at a place is declared: its own place, and that of the whole declaration.
///
/// Units: `offset` in bytes. `None` where no name stands, or nothing declares it.
pub fn definition(pages: &[Page], file: FileId, offset: u32) -> Option<(Span, Span)> {
    let pages = read(pages);
    let found = at(&pages, file, offset)?;
    let home = home(&pages, file, &found)?;
    let declared = home.declares(&found)?;
    Some((declared.span, declared.declared?))
}

/// All places of the name at a place, its declaration too, by page and in the order of writing; empty where no name
/// stands.
pub fn references(pages: &[Page], file: FileId, offset: u32) -> Vec<Span> {
    let pages = read(pages);
    let Some(found) = at(&pages, file, offset) else { return Vec::new() };
    let home = home(&pages, file, &found).map_or(file, |home| home.page.file);
    let reaches = |page: &&Read| {
        // What the project declares is seen in each flow that declares no other thing of the name.
        page.page.file == home || (is_shared(&pages, home, &found) && page.declares(&found).is_none())
    };
    let of =
        |page: &Read| page.mentions.iter().filter(|one| is_same(one, &found)).map(|one| one.span).collect::<Vec<_>>();
    pages.iter().filter(reaches).flat_map(of).collect()
}

/// All places to write `to` at, so that the name at a place is called so everywhere.
///
/// Errors, for people: no name stands there, nothing declares it, or `to` cannot be a name.
pub fn rename(pages: &[Page], file: FileId, offset: u32, to: &str) -> Result<Vec<Span>, String> {
    if definition(pages, file, offset).is_none() {
        return Err("nothing is declared by a name here".to_owned());
    }
    check_identifier(to).map_err(|misfit| misfit.message)?;
    Ok(references(pages, file, offset))
}

fn read(pages: &[Page]) -> Vec<Read> {
    let read = |page: &Page| Read { page: page.clone(), mentions: mentions(page.file, page.document, &page.text) };
    pages.iter().map(read).collect()
}

fn at(pages: &[Read], file: FileId, offset: u32) -> Option<Mention> {
    let page = pages.iter().find(|one| one.page.file == file)?;
    page.mentions.iter().find(|one| one.span.start <= offset && offset <= one.span.end).cloned()
}

/// The page that declares a name which stands in `file`: that page itself, else the project's.
fn home<'a>(pages: &'a [Read], file: FileId, wanted: &Mention) -> Option<&'a Read> {
    let own = pages.iter().find(|one| one.page.file == file && one.declares(wanted).is_some());
    own.or_else(|| pages.iter().find(|one| one.page.document == Document::Project && one.declares(wanted).is_some()))
}

/// Whether a name is declared by the project for its flows.
fn is_shared(pages: &[Read], home: FileId, wanted: &Mention) -> bool {
    let in_project = pages.iter().any(|one| one.page.file == home && one.page.document == Document::Project);
    in_project && matches!(wanted.sort, Sort::Image | Sort::Volume | Sort::Mixin)
}

/// Whether two places are of one name. Params of a job are its own.
fn is_same(one: &Mention, other: &Mention) -> bool {
    (one.sort, &one.name, &one.owner) == (other.sort, &other.name, &other.owner)
}
