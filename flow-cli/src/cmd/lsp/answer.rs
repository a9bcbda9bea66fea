//! [`answer`]: requests about places, answered by `flow_core::ide`.

use std::collections::HashMap;
use std::path::PathBuf;

use flow_core::ide::{self, Candidate, CandidateSort, Entry, Page, Sort};
use flow_core::text::Span;
use lsp_server::{ErrorCode, Request, Response};
use lsp_types::request::{
    Completion, DocumentSymbolRequest, GotoDefinition, HoverRequest, PrepareRenameRequest, References, Rename,
    Request as _,
};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, DocumentSymbol, DocumentSymbolParams, Hover, HoverContents,
    Location, MarkupContent, MarkupKind, RenameParams, SymbolKind, TextDocumentPositionParams, TextEdit, Uri,
    WorkspaceEdit,
};
use serde_json::Value;

use crate::cmd::lsp::place::{offset, path_of, range, uri_of};
use crate::cmd::lsp::texts::Texts;

/// Answers a request; what is not known is answered by nothing.
pub(super) fn answer(texts: &Texts, request: Request) -> Response {
    let id = request.id;
    let answered = match request.method.as_str() {
        Completion::METHOD => at(texts, request.params, |here| json(here.completion())),
        HoverRequest::METHOD => at(texts, request.params, |here| json(here.hover())),
        GotoDefinition::METHOD => at(texts, request.params, |here| json(here.definition())),
        References::METHOD => at(texts, request.params, |here| json(here.references())),
        PrepareRenameRequest::METHOD => at(texts, request.params, |here| json(here.name())),
        Rename::METHOD => rename(texts, request.params),
        DocumentSymbolRequest::METHOD => outline(texts, request.params),
        other => Err((ErrorCode::MethodNotFound, format!("`{other}` is not known here"))),
    };
    match answered {
        Ok(value) => Response::new_ok(id, value),
        Err((code, message)) => Response::new_err(id, code as i32, message),
    }
}

type Answer = Result<Value, (ErrorCode, String)>;

fn json(value: impl serde::Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

/// The cursor, and what is known around it.
struct Here<'a> {
    texts: &'a Texts,
    paths: Vec<PathBuf>,
    pages: Vec<Page>,
    offset: u32,
}

impl<'a> Here<'a> {
    fn new(texts: &'a Texts, place: &TextDocumentPositionParams) -> Option<Here<'a>> {
        let path = path_of(&place.text_document.uri)?;
        let (paths, pages): (Vec<_>, Vec<_>) = texts.pages(&path).into_iter().unzip();
        let offset = offset(&pages.first()?.text, place.position, texts.columns);
        Some(Here { texts, paths, pages, offset })
    }

    /// The page that the cursor is in.
    fn page(&self) -> &Page {
        self.pages.first().expect("there is none without a page")
    }

    fn location(&self, span: Span) -> Option<Location> {
        let at = self.pages.iter().position(|page| page.file == span.file)?;
        let (page, path) = (self.pages.get(at)?, self.paths.get(at)?);
        Some(Location { uri: uri_of(path)?, range: range(&page.text, span, self.texts.columns) })
    }

    fn completion(&self) -> Vec<CompletionItem> {
        let found = ide::completion(&self.pages, self.page().file, self.offset);
        found.into_iter().map(|one| self.item(one)).collect()
    }

    fn item(&self, one: Candidate) -> CompletionItem {
        let (kind, behind) = match one.sort {
            CandidateSort::Key => (CompletionItemKind::PROPERTY, ": "),
            CandidateSort::Word => (CompletionItemKind::VALUE, ""),
            CandidateSort::Name(_) => (CompletionItemKind::REFERENCE, ""),
            CandidateSort::Function => (CompletionItemKind::FUNCTION, ""),
            CandidateSort::Context => (CompletionItemKind::VARIABLE, ""),
        };
        let range = range(&self.page().text, one.replaces, self.texts.columns);
        CompletionItem {
            kind: Some(kind),
            detail: Some(one.about).filter(|about| !about.is_empty()),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: format!("{}{behind}", one.label) })),
            label: one.label,
            ..CompletionItem::default()
        }
    }

    fn hover(&self) -> Option<Hover> {
        let found = ide::hover(&self.pages, self.page().file, self.offset)?;
        Some(Hover {
            contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: found.text }),
            range: Some(range(&self.page().text, found.span, self.texts.columns)),
        })
    }

    fn definition(&self) -> Option<Location> {
        self.location(ide::definition(&self.pages, self.page().file, self.offset)?.0)
    }

    fn references(&self) -> Vec<Location> {
        let found = ide::references(&self.pages, self.page().file, self.offset);
        found.into_iter().filter_map(|span| self.location(span)).collect()
    }

    /// The place of the name that can be renamed here.
    fn name(&self) -> Option<lsp_types::Range> {
        ide::definition(&self.pages, self.page().file, self.offset)?;
        let all = ide::references(&self.pages, self.page().file, self.offset);
        let here = all
            .iter()
            .find(|span| span.file == self.page().file && span.start <= self.offset && self.offset <= span.end)?;
        Some(range(&self.page().text, *here, self.texts.columns))
    }
}

fn at(texts: &Texts, params: Value, answer: impl FnOnce(&Here<'_>) -> Answer) -> Answer {
    match Here::new(texts, &read(params)?) {
        Some(here) => answer(&here),
        None => Ok(Value::Null),
    }
}

fn read<T: serde::de::DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn rename(texts: &Texts, params: Value) -> Answer {
    let params: RenameParams = read(params)?;
    let Some(here) = Here::new(texts, &params.text_document_position) else { return Ok(Value::Null) };
    let spans = ide::rename(&here.pages, here.page().file, here.offset, &params.new_name);
    let spans = spans.map_err(|message| (ErrorCode::InvalidRequest, message))?;
    // The protocol's own type.
    #[expect(clippy::mutable_key_type, reason = "an address never changes")]
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for location in spans.into_iter().filter_map(|span| here.location(span)) {
        let edit = TextEdit { range: location.range, new_text: params.new_name.clone() };
        changes.entry(location.uri).or_default().push(edit);
    }
    json(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

fn outline(texts: &Texts, params: Value) -> Answer {
    let params: DocumentSymbolParams = read(params)?;
    let page = path_of(&params.text_document.uri).and_then(|path| texts.pages(&path).into_iter().next());
    let Some((_, page)) = page else { return Ok(Value::Null) };
    let entries = ide::outline(page.file, page.document, &page.text);
    json(entries.into_iter().map(|entry| symbol(texts, &page, entry)).collect::<Vec<_>>())
}

fn symbol(texts: &Texts, page: &Page, entry: Entry) -> DocumentSymbol {
    let range_of = |span| range(&page.text, span, texts.columns);
    #[expect(deprecated, reason = "the type has a field that is, and no way around it")]
    DocumentSymbol {
        detail: Some(entry.sort.word().to_owned()),
        kind: match entry.sort {
            Sort::Task | Sort::Job => SymbolKind::FUNCTION,
            Sort::Param | Sort::Input => SymbolKind::VARIABLE,
            Sort::Image | Sort::Volume => SymbolKind::CONSTANT,
            Sort::Mixin => SymbolKind::CLASS,
        },
        range: range_of(entry.span.to(entry.name_span)),
        selection_range: range_of(entry.name_span),
        name: entry.name,
        tags: None,
        deprecated: None,
        children: None,
    }
}
