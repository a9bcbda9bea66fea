//! The ports: what an engine must be able to do, as traits. A doc comment here is a contract.
//!
//! Each is object-safe and `Send + Sync`; an adapter that polls hides its polling. Contract tests
//! are written once and run over every adapter.

mod channel;
mod clock;
mod executor;
mod secret;
mod source;
mod store;
mod workload;

pub use crate::model::{ActionRef, ActionRefError, SourceRef, Stdin, Window};
pub use channel::{Channel, ChannelInput, ChannelOutput, Exec, Heard};
pub use clock::{Clock, Ids};
pub use executor::{
    Abilities, Chunk, Cursor, Executor, ExecutorError, Found, Launch, LogTime, Report, Scope, Selector, What,
};
pub use secret::{SecretError, SecretSource, SecretText};
pub use source::{ConfigSource, GitSource, NamedText, SourceError};
pub use store::{
    Append, Appended, BakeFilter, BakeRow, CacheScope, CacheUse, CachedResult, ClaimState, EventScope, LiveFilter,
    LiveRow, NewEvent, Request, RequestKind, Store, StoreError,
};
pub use workload::{Unfinished, WorkloadFilter, WorkloadKind, WorkloadRow, WorkloadRows, WorkloadSort, WorkloadWords};
