//! [`Clock`] and [`Ids`]: time and chance, from outside.

use async_trait::async_trait;

use crate::model::Timestamp;

/// The only way to learn the time.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now. May jump; a driver never lets its facts run backwards.
    fn now(&self) -> Timestamp;
    /// Returns at `moment` or later. Cancel-safe.
    async fn sleep_until(&self, moment: Timestamp);
}

/// Fresh ids.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// `<prefix>-` and a UUID shape: five groups of 8, 4, 4, 4, 12 hex digits. Never the same twice.
    fn fresh(&self, prefix: &str) -> String;
}
