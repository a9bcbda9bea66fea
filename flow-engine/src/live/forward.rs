//! [`Forwards`]: ports of this machine that lead to ports of a live job.
//!
//! A listener on loopback; each connection goes through the executor's `connect`. They are the engine's, not the
//! terminal's, so they hold as long as the job does, with whichever start of it is under way.

use std::net::Ipv4Addr;
use std::sync::Arc;

use flow_core::model::LaunchKey;
use flow_core::port::{Channel, Heard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::EngineError;
use crate::engine::Inner;

/// Bytes of one read.
const PIECE: usize = 64 * 1024;

/// A port of this machine and the port of the job that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub local: u16,
    pub remote: u16,
}

/// Forwards ports to whichever start is under way.
#[derive(Clone, Debug)]
pub(crate) struct Forwards {
    pub inner: Arc<Inner>,
    pub current: watch::Receiver<Option<LaunchKey>>,
}

/// The pairs that need a listener: where the job listens on this very machine, a port leads to itself already.
///
/// Texts that are no pair were refused by the check of the flow.
pub(crate) fn wanted(pairs: &[String], shares_host: bool) -> Vec<Pair> {
    let pair = |text: &String| {
        let (local, remote) = text.split_once(':')?;
        Some(Pair { local: local.trim().parse().ok()?, remote: remote.trim().parse().ok()? })
    };
    pairs.iter().filter_map(pair).filter(|pair| !shares_host || pair.local != pair.remote).collect()
}

/// Makes sure that the ports can be listened on. Errors: `PortTaken`, the first that cannot.
pub(crate) async fn check(pairs: &[Pair]) -> Result<(), EngineError> {
    for pair in pairs {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, pair.local)).await;
        bound.map_err(|error| EngineError::PortTaken { port: pair.local, message: error.to_string() })?;
    }
    Ok(())
}

impl Forwards {
    /// Listens on one port until it is dropped.
    pub(crate) async fn run(self, pair: Pair) {
        // It was free when the job was made; an engine that takes a job up later may find it taken, and the job
        // matters more.
        let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, pair.local)).await else { return };
        let mut open = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.spawn(self.clone().serve(stream, pair.remote));
            while open.try_join_next().is_some() {}
        }
    }

    /// One connection; where the job cannot be reached it is closed, as by a machine on which nobody listens.
    async fn serve(self, stream: TcpStream, port: u16) {
        let key = self.current.borrow().clone();
        let Some(key) = key else { return };
        if let Ok(channel) = self.inner.executor.connect(&key, port).await {
            exchange(stream, channel).await;
        }
    }
}

/// Copies both ways until both have ended; whatever breaks ends its own way only.
async fn exchange(stream: TcpStream, channel: Channel) {
    let (mut from, mut to) = stream.into_split();
    let Channel { mut input, mut output } = channel;
    let there = async {
        let mut piece = vec![0; PIECE];
        while let Ok(count) = from.read(&mut piece).await
            && count > 0
            && input.write(piece.get(..count).unwrap_or_default()).await.is_ok()
        {}
        // The other side may be gone already, and then knows.
        let _ = input.close().await;
    };
    let back = async {
        while let Ok(Heard::Output(bytes) | Heard::Error(bytes)) = output.next().await
            && to.write_all(&bytes).await.is_ok()
        {}
        let _ = to.shutdown().await;
    };
    tokio::join!(there, back);
}

#[cfg(test)]
mod tests;
