//! [`Counts`]: how many of some tasks have each status, in the order in which people want them counted.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::model::TaskStatus;

/// Statuses in the order in which people want them counted.
const ORDER: [TaskStatus; 8] = [
    TaskStatus::Succeeded,
    TaskStatus::Cached,
    TaskStatus::Failed,
    TaskStatus::Cancelled,
    TaskStatus::Skipped,
    TaskStatus::Running,
    TaskStatus::Pending,
    TaskStatus::Unknown,
];

/// How many tasks have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; ORDER.len()]);

impl Counts {
    /// Counts statuses.
    pub fn of(statuses: impl IntoIterator<Item = TaskStatus>) -> Self {
        let mut counts = Counts::default();
        statuses.into_iter().for_each(|status| counts.add(status));
        counts
    }

    /// Counts one more.
    pub fn add(&mut self, status: TaskStatus) {
        let places = ORDER.iter().zip(&mut self.0);
        places.filter(|(one, _)| **one == status).for_each(|(_, count)| *count += 1);
    }

    /// How many have this status.
    pub fn get(self, status: TaskStatus) -> usize {
        ORDER.iter().zip(self.0).filter(|(one, _)| **one == status).map(|(_, count)| count).sum()
    }

    /// How many there are.
    pub fn total(self) -> usize {
        self.0.iter().sum()
    }

    /// How many have ended.
    pub fn finished(self) -> usize {
        ORDER.iter().zip(self.0).filter(|(status, _)| status.is_finished()).map(|(_, count)| count).sum()
    }

    /// Those that are not zero, in order.
    pub fn present(self) -> impl Iterator<Item = (TaskStatus, usize)> {
        ORDER.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// The one status that all of them show together: what went wrong before what is at work, and that before what
    /// went well. Some ended and some waiting count as running; none at all is pending.
    pub fn overall(self) -> TaskStatus {
        let has = |status: &TaskStatus| self.get(*status) > 0;
        let first = [TaskStatus::Failed, TaskStatus::Unknown, TaskStatus::Running];
        if let Some(found) = first.into_iter().find(has) {
            return found;
        }
        if self.finished() < self.total() {
            return if self.finished() > 0 { TaskStatus::Running } else { TaskStatus::Pending };
        }
        let rest = [TaskStatus::Cancelled, TaskStatus::Succeeded, TaskStatus::Cached, TaskStatus::Skipped];
        rest.into_iter().find(has).unwrap_or_default()
    }
}

/// `{"succeeded": 3, "running": 1}`.
impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (status, count) in self.present() {
            map.serialize_entry(status.word(), &count)?;
        }
        map.end()
    }
}
