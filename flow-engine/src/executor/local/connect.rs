//! [`connect`]: a unit of this machine listens on this machine's ports.

use std::io;
use std::net::Ipv4Addr;

use async_trait::async_trait;
use flow_core::model::{Exit, Window};
use flow_core::port::{Channel, ChannelInput, ChannelOutput, ExecutorError, Heard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Bytes of one read.
const PIECE: usize = 64 * 1024;

/// A connection to a port. Errors: `Refused` where nobody listens.
pub(super) async fn connect(port: u16) -> Result<Channel, ExecutorError> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    let (output, input) = stream.map_err(|error| ExecutorError::Refused { message: error.to_string() })?.into_split();
    Ok(Channel { input: Box::new(Input(input)), output: Box::new(Output(output)) })
}

#[derive(Debug)]
struct Input(OwnedWriteHalf);

#[derive(Debug)]
struct Output(OwnedReadHalf);

#[async_trait]
impl ChannelInput for Input {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError> {
        self.0.write_all(bytes).await.map_err(|error| broken(&error))
    }

    async fn close(&mut self) -> Result<(), ExecutorError> {
        match self.0.shutdown().await {
            // It is closed already.
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(broken(&error)),
            _ => Ok(()),
        }
    }

    async fn resize(&mut self, _window: Window) -> Result<(), ExecutorError> {
        Ok(())
    }
}

#[async_trait]
impl ChannelOutput for Output {
    async fn next(&mut self) -> Result<Heard, ExecutorError> {
        let mut piece = Vec::with_capacity(PIECE);
        let count = self.0.read_buf(&mut piece).await.map_err(|error| broken(&error))?;
        Ok(if count == 0 { Heard::Ended(Exit::None) } else { Heard::Output(piece) })
    }
}

fn broken(error: &io::Error) -> ExecutorError {
    ExecutorError::Unreachable { message: error.to_string() }
}
