//! The commands: one file each, an argument struct in `args` and a function here.

mod bake;
mod bakes;
mod cancel;
mod check;
mod clear_cache;
mod completion;
#[cfg(feature = "console")]
mod console;
mod delete_flow;
mod doctor;
mod drive;
mod engine;
mod events;
mod exec;
mod find;
mod gc;
mod graph_file;
mod init;
mod inspect;
mod kill;
mod live_logs;
mod logs;
mod lsp;
mod man;
mod params;
mod plan;
mod ps;
pub(crate) mod reference;
mod restart;
mod resume;
mod run;
mod schema;
mod show;
mod status;
pub(crate) mod supervisor;
pub(crate) mod terminal;
mod update;
mod volume;
mod why;

use crate::args::Command;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

/// Carries a command out.
pub(crate) async fn dispatch(session: &mut Session, command: Command) -> Result<Exit, CliError> {
    match command {
        Command::Check(own) => check::run(session, &own).await,
        Command::Plan(own) => plan::run(session, own).await,
        Command::Bake(own) => bake::run(session, own).await,
        Command::Bakes(own) => bakes::run(session, own).await,
        Command::Inspect(own) => inspect::run(session, &own).await,
        Command::Show(own) => show::run(session, &own).await,
        Command::Logs(own) => logs::run(session, own).await,
        Command::Why(own) => why::run(session, &own).await,
        Command::Events(own) => events::run(session, &own).await,
        Command::Cancel(own) => cancel::run(session, &own).await,
        Command::Restart(own) => restart::run(session, &own).await,
        Command::ClearCache(own) => clear_cache::run(session, own).await,
        #[cfg(feature = "console")]
        Command::Console(own) => console::run(session, own).await,
        Command::Init(own) => init::run(session, &own),
        Command::Gc(own) => gc::run(session, &own).await,
        Command::DeleteFlow(own) => delete_flow::run(session, &own).await,
        Command::Completion(own) => completion::run(session, &own),
        Command::Doctor(own) => doctor::run(session, &own).await,
        Command::Man(own) => man::run(session, &own),
        Command::Reference(own) => reference::run(session, &own),
        Command::Schema(own) => schema::run(session, &own),
        Command::Lsp => lsp::run(session).await,
        Command::Run(own) => run::run(session, own).await,
        Command::Ps(own) => ps::run(session, &own).await,
        Command::Status(own) => status::run(session, &own).await,
        Command::Kill(own) => kill::run(session, &own).await,
        Command::Exec(own) => exec::run(session, own).await,
        Command::Update(own) => update::run(session, own).await,
        Command::Upload(own) => volume::upload(session, own).await,
        Command::Download(own) => volume::download(session, own).await,
        Command::Clean(own) => volume::clean(session, own).await,
        Command::Mkvolumes(own) => volume::mkvolumes(session, own).await,
        Command::Resume(own) => resume::run(session, &own).await,
        Command::Engine(own) => engine::run(session, &own).await,
        Command::Supervisor(own) => supervisor::run(session, &own),
        Command::Terminal(own) => Ok(terminal::run(&own)),
    }
}
