//! Live jobs and bakes side by side.

use flow_core::model::{Subject, TaskStatus};
use flow_core::port::{BakeRow, WorkloadFilter, WorkloadRow, WorkloadWords};

use crate::EngineError;
use crate::engine::live::LiveFound;
use crate::engine::{Engine, Standing};

/// A bake or a live job as it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Workload {
    /// A bake with its last attempt.
    Bake(Box<BakeRow>, Standing),
    /// A live job.
    Live(Box<LiveFound>),
}

/// A part of a list of workloads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workloads {
    /// How many there are in all.
    pub total: u64,
    /// Those that were asked for.
    pub found: Vec<Workload>,
}

impl Engine {
    /// Live jobs and bakes side by side, filtered, sorted and counted by the store.
    ///
    /// What is `stalled`, and what time it is, is filled in here. Errors: `Store`.
    pub async fn workloads(&self, wanted: WorkloadFilter) -> Result<Workloads, EngineError> {
        let stalled = self.stalled().await?;
        let filter = WorkloadFilter { stalled, now: self.inner.clock.now(), ..wanted };
        let rows = self.inner.store.workloads(&filter).await?;
        let of = |row| match row {
            WorkloadRow::Live(row) => Workload::Live(Box::new(self.found(*row))),
            WorkloadRow::Bake(row) => {
                let standing = self.standing(&row.attempt, &row.claim);
                Workload::Bake(row, standing)
            }
        };
        Ok(Workloads { total: rows.total, found: rows.rows.into_iter().map(of).collect() })
    }

    /// The flows, users and tags of all workloads. Errors: `Store`.
    pub async fn workload_words(&self) -> Result<WorkloadWords, EngineError> {
        Ok(self.inner.store.workload_words().await?)
    }

    /// What has not ended and is driven by nobody.
    async fn stalled(&self) -> Result<Vec<Subject>, EngineError> {
        let open = self.inner.store.unfinished().await?.into_iter();
        let stalled =
            open.filter(|one| self.stands((TaskStatus::Pending, one.created_at), &one.claim) == Standing::Stalled);
        Ok(stalled.map(|one| one.subject).collect())
    }
}
