//! [`Channel`]: bytes to and from a unit that runs: its terminal, a command beside it, one of its ports.
//!
//! Plain halves that a task of the engine can hold each by itself, so that reading never waits for writing. What
//! carries them (a pty, a pipe, a websocket, a socket) is the executor's.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::model::{Exit, Window};
use crate::port::ExecutorError;

/// A command that is to run beside a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// The program and its arguments; not empty, not read by a shell.
    pub words: Vec<String>,
    /// The size of the terminal that it gets; `None`: three pipes.
    pub terminal: Option<Window>,
}

/// The two directions of a connection to a unit. Dropping both halves ends the connection, never the unit.
#[derive(Debug)]
pub struct Channel {
    /// To the unit.
    pub input: Box<dyn ChannelInput>,
    /// From the unit.
    pub output: Box<dyn ChannelOutput>,
}

/// The half that is written.
#[async_trait]
pub trait ChannelInput: Send + std::fmt::Debug {
    /// Writes all bytes; waits while the other side takes none. Errors: the other side is gone.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError>;

    /// Tells that nothing more will be written. Idempotent; with a terminal it is the key for the end of input.
    async fn close(&mut self) -> Result<(), ExecutorError>;

    /// Tells the size of the terminal at this end. Without meaning, and no error, where there is none.
    async fn resize(&mut self, window: Window) -> Result<(), ExecutorError>;
}

/// The half that is read.
#[async_trait]
pub trait ChannelOutput: Send + std::fmt::Debug {
    /// The next piece; waits for it. Cancel-safe. After [`Heard::Ended`] it gives that again.
    async fn next(&mut self) -> Result<Heard, ExecutorError>;
}

/// What comes from the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Output: not empty. Terminals, ports, and units whose streams were put together have only this.
    Output(Vec<u8>),
    /// What a command wrote to its error stream: not empty.
    Error(Vec<u8>),
    /// It is over, after all its output; `Exit::None` for a port, and where nobody knows.
    Ended(Exit),
}
