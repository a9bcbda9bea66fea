//! What a start of a job says, as one line of news, whichever way the executor has for it.

use std::time::Duration;

use flow_core::model::{Exit as UnitExit, LaunchKey, LiveJobId};
use flow_core::port::{Channel, ChannelInput, ExecutorError, Heard};
use flow_engine::{Engine, EngineError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::attach::Signals;
use crate::attach::keys::Answer;
use crate::attach::keys::Keys;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

/// Pieces that wait at most.
const QUEUE: usize = 16;
/// How long to wait for more of a log.
const PAUSE: Duration = Duration::from_millis(100);

/// The output of one start; ends its reader with itself.
#[derive(Debug)]
pub(super) struct Heards {
    pieces: mpsc::Receiver<Heard>,
    reader: JoinHandle<()>,
}

impl Drop for Heards {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

type Opened = (Heards, Option<Box<dyn ChannelInput>>);

/// Opens the streams of a start; its log where the executor cannot attach.
pub(super) async fn open(engine: &Engine, key: &LaunchKey, id: &LiveJobId) -> Result<Opened, CliError> {
    let (sender, pieces) = mpsc::channel(QUEUE);
    match engine.attach_live(key, 0).await {
        Ok(Channel { input, output }) => {
            let mut output = output;
            let reader = tokio::spawn(async move {
                loop {
                    // What breaks off is over, as far as we can hear.
                    let heard = output.next().await.unwrap_or(Heard::Ended(UnitExit::None));
                    let last = matches!(heard, Heard::Ended(_));
                    if sender.send(heard).await.is_err() || last {
                        return;
                    }
                }
            });
            Ok((Heards { pieces, reader }, Some(input)))
        }
        Err(EngineError::Executor(ExecutorError::Unsupported { .. } | ExecutorError::UnknownUnit)) => {
            let reader = tokio::spawn(read_log(engine.clone(), (id.clone(), key.r#try), sender));
            Ok((Heards { pieces, reader }, None))
        }
        Err(error) => Err(error.into()),
    }
}

/// The next piece; never where nothing is open.
pub(super) async fn next(heard: &mut Option<Heards>) -> Heard {
    match heard {
        Some(open) => open.pieces.recv().await.unwrap_or(Heard::Ended(UnitExit::None)),
        None => std::future::pending().await,
    }
}

/// Reads a log until it is complete, or the job is over.
async fn read_log(engine: Engine, (id, number): (LiveJobId, u32), pieces: mpsc::Sender<Heard>) {
    let Ok(found) = engine.live_job(&id).await else { return };
    let Some(mut reader) = engine.live_log(found.job(), number, 0) else { return };
    loop {
        let chunk = reader.read().await.unwrap_or_default();
        if !chunk.bytes.is_empty() {
            if pieces.send(Heard::Output(chunk.bytes)).await.is_err() {
                return;
            }
            continue;
        }
        let over = || async {
            let job = engine.live_job(&id).await.ok()?;
            let one = job.job().tries.iter().find(|one| one.number == number)?.clone();
            one.outcome.map(|_| ())
        };
        if chunk.complete || over().await.is_some() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Connects a channel with our own streams until it has ended; its exit code.
pub(crate) async fn exchange(session: &mut Session, channel: Channel, raw: bool) -> Result<Exit, CliError> {
    let Channel { mut input, mut output } = channel;
    let mut keys = Keys::to_command(session);
    let mut filter = if raw { crate::report::clean::LogFilter::Raw } else { session.log_filter() };
    let mut signals = Signals::new()?;
    loop {
        tokio::select! {
            heard = output.next() => match heard? {
                Heard::Output(bytes) => session.print_bytes(&filter.feed(bytes))?,
                Heard::Error(bytes) => {
                    // Nobody listening is no reason to stop.
                    let _ = session.io.err.write(&bytes);
                }
                Heard::Ended(exit) => {
                    session.print_bytes(&filter.finish())?;
                    return Ok(exit_of(exit));
                }
            },
            bytes = keys.next() => match keys.meaning(bytes) {
                Answer::Bytes(bytes) => { let _ = input.write(&bytes).await; }
                Answer::End => { let _ = input.close().await; }
                Answer::Ask | Answer::Detach | Answer::Kill | Answer::GoOn => {}
            },
            // Ctrl-C at a terminal is a key of the command's; where it is a signal it ends us, and the command with us.
            _ = signals.interrupt.recv() => return Ok(Exit::Cancelled),
            _ = signals.terminate.recv() => return Ok(Exit::Cancelled),
            _ = signals.hangup.recv() => return Ok(Exit::Cancelled),
            _ = signals.window.recv() => if let Some(window) = session.window() {
                // Without it lines break elsewhere, and no more.
                let _ = input.resize(window).await;
            },
        }
    }
}

fn exit_of(exit: UnitExit) -> Exit {
    match exit {
        UnitExit::Code(0) => Exit::Well,
        UnitExit::Code(code) => u8::try_from(code).map_or(Exit::Failed, Exit::Own),
        UnitExit::Signal(signal) => u8::try_from(128 + signal).map_or(Exit::Failed, Exit::Own),
        UnitExit::None => Exit::Failed,
    }
}
