//! The channels of units on this machine: their own streams, their ports. A command beside them is `beside`'s.
//!
//! Main functions: [`attached`], [`connected`]. A unit's output is read from its log, so it is masked and
//! bounded as the log is; its input goes through the supervisor, which holds the other end of the pipe.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow_core::model::{Exit, LaunchKey};
use flow_core::port::{Channel, ChannelInput, ChannelOutput, ExecutorError, Heard, What, Window};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::executor::local::client::Client;
use crate::executor::local::layout::UnitFiles;
use crate::executor::local::log;
use crate::executor::local::protocol::{Request, Response};
use crate::watch::{Change, FileWatch, Patience};

/// How much is moved at once, in bytes.
pub(super) const PIECE_BYTES: usize = 32 << 10;
/// How long who listens waits for output before the supervisor is asked whether all is well.
const LOG_PATIENCE: Patience = Patience { watched: Duration::from_secs(2), blind: Duration::from_millis(100) };
/// How long a unit that takes no more input is left alone.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) fn unreachable(error: impl std::fmt::Display) -> ExecutorError {
    ExecutorError::Unreachable { message: error.to_string() }
}

pub(super) fn refused(message: impl Into<String>) -> ExecutorError {
    ExecutorError::Refused { message: message.into() }
}

/// The last news of a unit. Errors: `UnknownUnit`.
async fn last(client: &Client, key: &LaunchKey) -> Result<What, ExecutorError> {
    match client.call(&Request::Last { key: key.clone() }).await? {
        Response::Last { report } => report.map(|report| report.what).ok_or(ExecutorError::UnknownUnit),
        Response::Failed { error } => Err(error),
        other => Err(unreachable(format!("the supervisor's answer does not fit: {other:?}"))),
    }
}

/// The pid of a unit that runs. Errors: `UnknownUnit`.
pub(super) async fn pid_of(client: &Client, key: &LaunchKey) -> Result<i32, ExecutorError> {
    let What::Running { address } = last(client, key).await? else { return Err(ExecutorError::UnknownUnit) };
    let digits = address.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let digits = digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().map_err(|_| ExecutorError::UnknownUnit)
}

/// A unit's own streams, its output from byte `from` of the log on.
pub(super) async fn attached(
    client: Arc<Client>,
    files: UnitFiles,
    key: &LaunchKey,
    from: u64,
) -> Result<Channel, ExecutorError> {
    last(&client, key).await?;
    let input = Box::new(UnitInput { client: Arc::clone(&client), key: key.clone() });
    let watch = FileWatch::new([files.log.clone()], LOG_PATIENCE);
    let output = Box::new(UnitOutput { client, files, key: key.clone(), offset: from, watch, end: None });
    Ok(Channel { input, output })
}

#[derive(Debug)]
struct UnitInput {
    client: Arc<Client>,
    key: LaunchKey,
}

#[async_trait]
impl ChannelInput for UnitInput {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError> {
        let mut left = bytes;
        while !left.is_empty() {
            let piece = left.get(..PIECE_BYTES.min(left.len())).unwrap_or_default();
            let request = Request::Input { key: self.key.clone(), bytes: piece.to_vec() };
            match self.client.call(&request).await? {
                Response::Written { count: 0 } => tokio::time::sleep(PAUSE).await,
                Response::Written { count } => left = left.get(count as usize..).unwrap_or_default(),
                Response::Failed { error } => return Err(error),
                other => return Err(unreachable(format!("the supervisor's answer does not fit: {other:?}"))),
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), ExecutorError> {
        match self.client.call(&Request::CloseInput { key: self.key.clone() }).await? {
            Response::Failed { error } => Err(error),
            _ => Ok(()),
        }
    }

    async fn resize(&mut self, window: Window) -> Result<(), ExecutorError> {
        match self.client.call(&Request::Resize { key: self.key.clone(), window }).await? {
            Response::Failed { error } => Err(error),
            _ => Ok(()),
        }
    }
}

#[derive(Debug)]
struct UnitOutput {
    client: Arc<Client>,
    files: UnitFiles,
    key: LaunchKey,
    offset: u64,
    watch: FileWatch,
    end: Option<Exit>,
}

impl UnitOutput {
    /// How it ended, if it did.
    async fn ended(&self) -> Result<Option<Exit>, ExecutorError> {
        Ok(match last(&self.client, &self.key).await? {
            What::Ended { exit, .. } => Some(exit),
            What::Lost { .. } => Some(Exit::None),
            _ => None,
        })
    }
}

#[async_trait]
impl ChannelOutput for UnitOutput {
    async fn next(&mut self) -> Result<Heard, ExecutorError> {
        loop {
            if let Some(exit) = self.end {
                return Ok(Heard::Ended(exit));
            }
            let (files, from) = (self.files.clone(), self.offset);
            let read = tokio::task::spawn_blocking(move || log::read(&files, from, PIECE_BYTES as u32)).await;
            let chunk = read.map_err(unreachable)?.map_err(unreachable)?;
            let complete = chunk.as_ref().is_none_or(|chunk| chunk.complete);
            let chunk = chunk.unwrap_or_default();
            self.offset += chunk.skipped + chunk.bytes.len() as u64;
            if !chunk.bytes.is_empty() {
                return Ok(Heard::Output(chunk.bytes));
            }
            // Only when all there will be was read: its end is told after its output.
            if complete {
                self.end = self.ended().await?;
            }
            if self.end.is_none() && self.watch.changed().await == Change::Unknown {
                // The supervisor may be gone; asking brings the next one up, which closes the log.
                last(&self.client, &self.key).await?;
            }
        }
    }
}

/// A connection to a port of this machine, for a unit that runs.
pub(super) async fn connected(client: &Client, key: &LaunchKey, port: u16) -> Result<Channel, ExecutorError> {
    pid_of(client, key).await?;
    let stream = match TcpStream::connect(("127.0.0.1", port)).await {
        Ok(stream) => stream,
        // Some programs listen on the newer address only.
        Err(error) => TcpStream::connect(("::1", port))
            .await
            .map_err(|_| refused(format!("nobody listens on port {port} of this machine: {error}")))?,
    };
    let (read, write) = stream.into_split();
    Ok(Channel { input: Box::new(PortInput(write)), output: Box::new(PortOutput(read)) })
}

#[derive(Debug)]
struct PortInput(OwnedWriteHalf);

#[async_trait]
impl ChannelInput for PortInput {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError> {
        self.0.write_all(bytes).await.map_err(unreachable)
    }

    async fn close(&mut self) -> Result<(), ExecutorError> {
        // One that is closed already, from whichever side, is no error.
        let _closed = self.0.shutdown().await;
        Ok(())
    }

    async fn resize(&mut self, _: Window) -> Result<(), ExecutorError> {
        Ok(())
    }
}

#[derive(Debug)]
struct PortOutput(OwnedReadHalf);

#[async_trait]
impl ChannelOutput for PortOutput {
    async fn next(&mut self) -> Result<Heard, ExecutorError> {
        let mut bytes = vec![0; PIECE_BYTES];
        match self.0.read(&mut bytes).await {
            Ok(0) | Err(_) => Ok(Heard::Ended(Exit::None)),
            Ok(count) => {
                bytes.truncate(count);
                Ok(Heard::Output(bytes))
            }
        }
    }
}
