//! [`Connection`]: one client's socket, with what was read and not understood yet, and what was
//! answered and not written yet. Meaning does not belong here.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use flow_core::port::{Cursor, Scope};
use rustix::net::sockopt::socket_peercred;
use rustix::process::geteuid;

use crate::executor::local::protocol::{Request, Response, decode, encode};

/// How much is read at once, in bytes.
const READ_BYTES: usize = 64 << 10;

/// A question for reports whose answer is put off.
#[derive(Clone, Debug)]
pub(super) struct Parked {
    /// Of whom.
    pub(super) scope: Scope,
    /// Since when.
    pub(super) after: Cursor,
    /// Until when.
    pub(super) until: Instant,
}

/// One client.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    output: Vec<u8>,
    /// Whether it has said a hello that we understand.
    pub(super) greeted: bool,
    /// The question it waits for.
    pub(super) parked: Option<Parked>,
    /// Whether we wait for room to write, not for something to read.
    pub(super) is_writing: bool,
}

impl Connection {
    /// Takes a socket. Errors: the peer is another user (MCH-5), or the socket is broken.
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        if socket_peercred(&stream)?.uid != geteuid() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        stream.set_nonblocking(true)?;
        let (input, output) = (Vec::new(), Vec::new());
        Ok(Connection { stream, input, output, greeted: false, parked: None, is_writing: false })
    }

    /// The socket.
    pub(super) fn socket(&self) -> impl AsFd + '_ {
        &self.stream
    }

    /// Reads what there is. Errors: the client is gone.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        let mut piece = vec![0; READ_BYTES];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.input.extend(piece.iter().take(count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next whole request. Errors: the client speaks nonsense.
    pub(super) fn next_request(&mut self) -> Result<Option<Request>, String> {
        decode(&mut self.input)
    }

    /// Puts an answer behind the others; [`Self::flush`] sends it.
    pub(super) fn answer(&mut self, response: &Response) {
        self.output.extend(encode(response));
    }

    /// Writes what there is room for; says whether all is written. Errors: the client is gone.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(count) => drop(self.output.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
