//! [`Poller`]: waits for sockets and processes, all at once.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};

/// Who has news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Somebody wants to connect.
    Listener,
    /// A connection, by number.
    Connection(u64),
    /// The process of a unit, by number, has ended.
    Unit(u64),
    /// A unit, by number, has output for its pump.
    Output(u64),
}

/// What is waited for at a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// Something to read, or the end.
    Read,
    /// Room to write.
    Write,
}

impl Interest {
    fn flags(self) -> epoll::EventFlags {
        match self {
            Interest::Read => epoll::EventFlags::IN,
            Interest::Write => epoll::EventFlags::OUT,
        }
    }
}

/// How many pieces of news are taken at once.
const MAX_NEWS: usize = 64;
/// The kinds of tokens, in the lowest bits.
const KIND_BITS: u32 = 3;
const LISTENER: u64 = 0;
const CONNECTION: u64 = 1;
const UNIT: u64 = 2;
const OUTPUT: u64 = 3;

impl Token {
    fn data(self) -> epoll::EventData {
        epoll::EventData::new_u64(match self {
            Token::Listener => LISTENER,
            Token::Connection(number) => number << KIND_BITS | CONNECTION,
            Token::Unit(number) => number << KIND_BITS | UNIT,
            Token::Output(number) => number << KIND_BITS | OUTPUT,
        })
    }

    fn of(data: u64) -> Self {
        let number = data >> KIND_BITS;
        match data & ((1 << KIND_BITS) - 1) {
            CONNECTION => Token::Connection(number),
            UNIT => Token::Unit(number),
            OUTPUT => Token::Output(number),
            _ => Token::Listener,
        }
    }
}

/// One `epoll`. What is closed leaves it by itself.
#[derive(Debug)]
pub(super) struct Poller {
    epoll: OwnedFd,
}

impl Poller {
    /// A new one, with nothing to wait for.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Poller { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)? })
    }

    /// Waits for `source` too.
    pub(super) fn add(&self, source: impl AsFd, token: Token) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, source, token.data(), Interest::Read.flags())?)
    }

    /// Waits for something else of `source`.
    pub(super) fn change(&self, source: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, source, token.data(), interest.flags())?)
    }

    /// Waits until there is news, or `longest` is over; without it, for ever.
    pub(super) fn wait(&self, longest: Option<Duration>) -> io::Result<Vec<Token>> {
        let longest = longest.and_then(|longest| Timespec::try_from(longest).ok());
        let mut events = Vec::with_capacity(MAX_NEWS);
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), longest.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(events.iter().map(|event| Token::of(event.data.u64())).collect())
    }
}
