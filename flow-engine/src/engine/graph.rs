//! The graphs that people look at: of an attempt as it stands, and of what a bake would do.

use flow_core::model::TaskStatus;
use flow_core::plan::{Piece, TaskGraph};

use crate::engine::forecast::{Fate, Forecast, ForecastTask};
use crate::engine::read::Inspection;

impl Inspection {
    /// The tasks as a graph, calls with what they opened in them. Matrices of more than `max_rows` rows are one box
    /// each; [`flow_core::plan::DRAWN_ROWS`] is a good number. Source: CLI-24.
    pub fn graph(&self, max_rows: usize) -> TaskGraph {
        TaskGraph::of_tasks(&self.row.bake.batch, &self.tasks, max_rows)
    }
}

impl Forecast {
    /// The tasks as a graph; as [`Inspection::graph`]. What would be cached, skipped or fail shows so.
    pub fn graph(&self, max_rows: usize) -> TaskGraph {
        let status = |task: &ForecastTask| task.fate.status();
        let pieces = self.tasks.iter().map(|task| Piece { id: &task.id, node: &task.node, status: status(task) });
        TaskGraph::new(&self.batch, &pieces.collect::<Vec<_>>(), max_rows)
    }
}

impl Fate {
    /// The status that is sure before anything runs.
    fn status(&self) -> Option<TaskStatus> {
        match self {
            Fate::Cached { .. } => Some(TaskStatus::Cached),
            Fate::Skipped(_) => Some(TaskStatus::Skipped),
            Fate::Fails(_) => Some(TaskStatus::Failed),
            Fate::Run(_) | Fate::Opens | Fate::Grows | Fate::Asks(_) | Fate::Later(_) => None,
        }
    }
}
