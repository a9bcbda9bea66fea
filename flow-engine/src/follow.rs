//! [`Follow`]: events after a position, then as they come.
//!
//! Everybody reads the store by position, in this process or in another, so a slow reader misses
//! nothing and holds nobody up.

use std::sync::Arc;

use flow_core::event::Event;
use flow_core::port::{EventScope, Store, StoreError};

/// How many events one read gives at most.
const PAGE: u32 = 512;

/// A reader of events.
#[derive(Debug)]
pub struct Follow {
    store: Arc<dyn Store>,
    scope: EventScope,
    position: u64,
}

impl Follow {
    pub(crate) fn new(store: Arc<dyn Store>, scope: EventScope, after: u64) -> Self {
        Follow { store, scope, position: after }
    }

    /// The next events in order, at once; empty if there is none yet.
    pub async fn ready(&mut self) -> Result<Vec<Event>, StoreError> {
        let events = self.store.events(&self.scope, self.position, PAGE).await?;
        if let Some(last) = events.last() {
            self.position = last.position;
        }
        Ok(events)
    }

    /// The next events in order; waits until there is one. Cancel-safe.
    pub async fn next(&mut self) -> Result<Vec<Event>, StoreError> {
        loop {
            let events = self.ready().await?;
            if !events.is_empty() {
                return Ok(events);
            }
            self.store.wait_events(&self.scope, self.position).await?;
        }
    }

    /// The position of the last event given; a later reader goes on from here.
    pub fn position(&self) -> u64 {
        self.position
    }
}
