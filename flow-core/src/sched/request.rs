//! Cancelling: all of the attempt, one task, or one call with all below it. Source: BAT-71, BAT-72, EXT-6.

use crate::event::{CancelScope, EventKind, SkipReason};
use crate::model::FullId;
use crate::port::{Request, RequestKind};
use crate::sched::node::Phase;
use crate::sched::turn::Turn;

impl Turn<'_> {
    pub(super) fn request(&mut self, request: &Request) {
        if request.id <= self.state.last_request {
            return;
        }
        let RequestKind::Cancel { scope } = &request.kind;
        match scope {
            CancelScope::Attempt => self.cancel(&request.by, Some(request.id)),
            CancelScope::Task(id) => self.cancel_task(id, &request.by, request.id),
            CancelScope::Job => {}
        }
    }

    pub(super) fn interrupted(&mut self, by: &str) {
        self.cancel(by, None);
    }

    /// Winds the bake down because somebody said so; said twice it counts once.
    fn cancel(&mut self, by: &str, request: Option<u64>) {
        if self.state.cancelled {
            return;
        }
        self.event(EventKind::CancelAsked { scope: CancelScope::Attempt, by: by.to_owned(), request });
        self.wind_down(None);
    }

    /// Stops one task or call, started or not; all others go on as if it had ended so by itself.
    fn cancel_task(&mut self, id: &FullId, by: &str, request: u64) {
        let Some(at) = self.state.place(id) else { return };
        let Some(node) = self.node(at).filter(|node| node.phase != Phase::Ended) else { return };
        let scope = CancelScope::Task(id.clone());
        self.event(EventKind::CancelAsked { scope, by: by.to_owned(), request: Some(request) });
        match node.phase {
            Phase::Waiting => {
                self.event(EventKind::Skipped { node: id.clone(), because: SkipReason::Cancelled });
            }
            Phase::Open => self.stop_below(at),
            Phase::Live(_) | Phase::Retrying(_) => self.stop(at),
            Phase::Ended => {}
        }
    }
}
