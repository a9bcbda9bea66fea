//! [`Sessions`]: browsers that came in, known by a cookie, and the code that lets one in once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, header};
use flow_core::model::Timestamp;
use flow_core::port::Clock;

use crate::gate::Visitor;
use crate::tokens::{Fingerprint, fresh};

/// How long a cookie is good.
const LIFE: Duration = Duration::from_hours(12);
/// How long a code is good.
const CODE_LIFE: Duration = Duration::from_hours(1);
/// How many browsers are known at once; the oldest are forgotten.
const MOST: usize = 256;

#[derive(Debug)]
struct Entry {
    fingerprint: Fingerprint,
    visitor: Visitor,
    until: Timestamp,
}

#[derive(Debug, Default)]
struct Known {
    sessions: Vec<Entry>,
    codes: Vec<Entry>,
}

/// Browsers that came in.
#[derive(Debug)]
pub(crate) struct Sessions {
    clock: Arc<dyn Clock>,
    cookie: String,
    tls: bool,
    known: Mutex<Known>,
}

impl Sessions {
    /// Cookies are shared by all ports of a host, so the port is in the name.
    pub(crate) fn new(clock: Arc<dyn Clock>, port: u16, tls: bool) -> Self {
        let cookie = if tls { format!("__Host-apolo_flow_{port}") } else { format!("apolo_flow_{port}") };
        Sessions { clock, cookie, tls, known: Mutex::default() }
    }

    /// A fresh code that lets one browser in, once.
    pub(crate) fn code(&self, visitor: Visitor) -> String {
        let code = fresh();
        let until = self.clock.now().after(CODE_LIFE);
        let entry = Entry { fingerprint: Fingerprint::of(&code), visitor, until };
        push(&mut self.known().codes, entry);
        code
    }

    /// Uses a code up; `None` if there is none such, any more.
    pub(crate) fn exchange(&self, code: &str) -> Option<Visitor> {
        let now = self.clock.now();
        let mut known = self.known();
        let found = known.codes.iter().position(|entry| entry.fingerprint.is_of(code) && entry.until > now)?;
        Some(known.codes.swap_remove(found).visitor)
    }

    /// Lets a browser in: the value of `Set-Cookie`.
    pub(crate) fn begin(&self, visitor: Visitor) -> String {
        let secret = fresh();
        let until = self.clock.now().after(LIFE);
        push(&mut self.known().sessions, Entry { fingerprint: Fingerprint::of(&secret), visitor, until });
        let secure = if self.tls { "; Secure" } else { "" };
        format!("{}={secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}{secure}", self.cookie, LIFE.as_secs())
    }

    /// Forgets the browser of a request; the value of `Set-Cookie`.
    pub(crate) fn end(&self, headers: &HeaderMap) -> String {
        if let Some(secret) = self.secret(headers) {
            self.known().sessions.retain(|entry| !entry.fingerprint.is_of(secret));
        }
        let secure = if self.tls { "; Secure" } else { "" };
        format!("{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0{secure}", self.cookie)
    }

    /// Whose browser sent a request, if it is in.
    pub(crate) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        let now = self.clock.now();
        let secret = self.secret(headers)?;
        let known = self.known();
        let found = known.sessions.iter().find(|entry| entry.fingerprint.is_of(secret) && entry.until > now);
        found.map(|entry| entry.visitor.clone())
    }

    fn secret<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.cookie).map(|(_, value)| value)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds one, and forgets the oldest if there are too many.
fn push(entries: &mut Vec<Entry>, entry: Entry) {
    if entries.len() >= MOST {
        entries.remove(0);
    }
    entries.push(entry);
}
