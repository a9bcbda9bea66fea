//! `console`: serves the web page and its API until it is interrupted. Source: EXT-6.

use std::sync::Arc;

use flow_console::{Console, Options, Tls};
use flow_core::port::ConfigSource;

use crate::args;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

/// The file of tokens in the data folder.
const TOKENS: &str = "console-tokens";

pub(crate) async fn run(session: &mut Session, own: args::Console) -> Result<Exit, CliError> {
    let settings = session.settings()?;
    let tokens = settings.data.join(TOKENS);
    let in_folder = |path| session.io.folder.join(path);
    let tls = own.tls_cert.zip(own.tls_key);
    let options = Options {
        bind: own.bind,
        port: own.port,
        hosts: own.host,
        read_only: own.read_only,
        tls: tls.map(|(certificate, key)| Tls { certificate: in_folder(certificate), key: in_folder(key) }),
        insecure: own.insecure,
        tokens: tokens.clone(),
        engine_log: settings.engine_log(),
    };
    let source = session.workspace()?.map(|source| Arc::new(source) as Arc<dyn ConfigSource>);
    let console = Console::bind(session.engine()?, source, options).await?;
    session.note("open this in a browser; it lets one in, once:");
    session.print(&console.entrance())?;
    session.note(&format!("tokens for programs and other browsers: {}", tokens.display()));
    tokio::select! {
        served = console.serve() => served?,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.map_err(|error| CliError::Output { what: "the signals", error })?;
        }
    }
    Ok(Exit::Well)
}
