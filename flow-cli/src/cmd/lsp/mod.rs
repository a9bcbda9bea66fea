//! `lsp`: the server that editors start. Source: EXT-6.
//!
//! It speaks the language server protocol over standard input and output; what it answers is `flow_core::ide`'s
//! and `check`'s. [`texts`] is what the editor has open, [`place`] turns offsets into places and back, [`wrong`]
//! tells problems, [`answer`] answers requests.

mod answer;
mod place;
mod texts;
mod wrong;

use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Exit as Leave, Notification as _,
};
use lsp_types::request::{Initialize, Request as _, Shutdown};
use lsp_types::{
    CompletionOptions, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    HoverProviderCapability, InitializeParams, InitializeResult, OneOf, PositionEncodingKind, RenameOptions,
    ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, WorkDoneProgressOptions,
};
use tokio::sync::mpsc;

use crate::cmd::lsp::texts::Texts;
use crate::cmd::lsp::wrong::Told;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

/// Messages that wait; the reader waits when there are more.
const WAITING: usize = 64;

pub(crate) async fn run(session: &mut Session) -> Result<Exit, CliError> {
    let mut inbox = reader(session);
    let mut server =
        Server { session, texts: Texts::default(), told: Told::default(), shut_down: false, changed: false };
    while let Some(message) = inbox.recv().await {
        if let Message::Notification(note) = &message
            && note.method == Leave::METHOD
        {
            // By the protocol: to leave without a word before is an error.
            return Ok(if server.shut_down { Exit::Well } else { Exit::Failed });
        }
        server.take(message)?;
        // What is typed fast is checked once.
        if server.changed && inbox.is_empty() {
            server.changed = false;
            server.check().await?;
        }
    }
    Ok(if server.shut_down { Exit::Well } else { Exit::Failed })
}

/// Reads messages on a thread of its own until the editor closes its end, or says what is none.
fn reader(session: &mut Session) -> mpsc::Receiver<Message> {
    let (sender, inbox) = mpsc::channel(WAITING);
    let input = session.io.input.take();
    std::thread::spawn(move || {
        let Some(mut input) = input else { return };
        while let Ok(Some(message)) = Message::read(&mut input.reader) {
            if sender.blocking_send(message).is_err() {
                return;
            }
        }
    });
    inbox
}

struct Server<'a> {
    session: &'a mut Session,
    texts: Texts,
    told: Told,
    shut_down: bool,
    /// Whether something has changed since the last check.
    changed: bool,
}

impl Server<'_> {
    fn take(&mut self, message: Message) -> Result<(), CliError> {
        match message {
            Message::Request(request) => {
                let response = self.answer(request);
                self.send(&response.into())
            }
            Message::Notification(note) => {
                self.hear(note);
                Ok(())
            }
            // We ask nothing.
            Message::Response(_) => Ok(()),
        }
    }

    fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        match request.method.as_str() {
            Initialize::METHOD => match serde_json::from_value::<InitializeParams>(request.params) {
                Ok(params) => Response::new_ok(id, self.begin(&params)),
                Err(error) => Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string()),
            },
            Shutdown::METHOD => {
                self.shut_down = true;
                Response::new_ok(id, ())
            }
            _ => answer::answer(&self.texts, request),
        }
    }

    /// What we can, in the words of the protocol.
    fn begin(&mut self, params: &InitializeParams) -> InitializeResult {
        let known = params.capabilities.general.as_ref().and_then(|general| general.position_encodings.as_ref());
        let utf8 = known.is_some_and(|all| all.contains(&PositionEncodingKind::UTF8));
        self.texts.count_in(utf8);
        let completion = CompletionOptions {
            trigger_characters: Some(vec![".".to_owned(), " ".to_owned()]),
            ..CompletionOptions::default()
        };
        let rename = RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        };
        InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(if utf8 { PositionEncodingKind::UTF8 } else { PositionEncodingKind::UTF16 }),
                text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
                completion_provider: Some(completion),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                definition_provider: Some(OneOf::Left(true)),
                references_provider: Some(OneOf::Left(true)),
                rename_provider: Some(OneOf::Right(rename)),
                document_symbol_provider: Some(OneOf::Left(true)),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "apolo-flow".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        }
    }

    /// Takes over what the editor says of its texts. What it says wrongly, or of other things, changes nothing.
    fn hear(&mut self, note: Notification) {
        let heard = match note.method.as_str() {
            DidOpenTextDocument::METHOD => {
                serde_json::from_value(note.params).is_ok_and(|params: DidOpenTextDocumentParams| {
                    self.texts.open(&params.text_document.uri, params.text_document.text)
                })
            }
            DidChangeTextDocument::METHOD => {
                serde_json::from_value(note.params).is_ok_and(|mut params: DidChangeTextDocumentParams| {
                    // Whole texts are sent, so the last one is all there is to know.
                    let last = params.content_changes.pop().filter(|change| change.range.is_none());
                    last.is_some_and(|change| self.texts.open(&params.text_document.uri, change.text))
                })
            }
            DidCloseTextDocument::METHOD => serde_json::from_value(note.params)
                .is_ok_and(|params: DidCloseTextDocumentParams| self.texts.close(&params.text_document.uri)),
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => true,
            _ => false,
        };
        self.changed |= heard;
    }

    /// Checks all workspaces that something is open of, and tells what has changed.
    async fn check(&mut self) -> Result<(), CliError> {
        let found = wrong::find(self.session, &self.texts).await;
        for note in self.told.tell(found) {
            self.send(&note.into())?;
        }
        Ok(())
    }

    fn send(&mut self, message: &Message) -> Result<(), CliError> {
        let mut bytes = Vec::new();
        let failed = |error| CliError::Output { what: "the editor", error };
        message.write(&mut bytes).map_err(failed)?;
        self.session.print_bytes(&bytes)
    }
}
