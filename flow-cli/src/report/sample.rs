//! Events for the tests of reports.

use std::sync::Arc;

use flow_core::event::{AttemptCreated, Event, EventKind, Reuse, SkipReason, Stage, VERSION};
use flow_core::model::{
    AttemptId, BakeId, Digest, Exit, FullId, LaunchKey, LogRef, Need, NeedsLevel, NodeRecord, Outcome, ProjectId,
    Reason, Subject, TaskStatus, Timestamp,
};
use flow_core::value::Value;
use indexmap::IndexMap;

use crate::report::board::Board;

/// A node of entry `entry` that needs others to be completed.
pub(crate) fn node(id: &str, entry: u32, needs: &[&str]) -> NodeRecord {
    let needs = needs.iter().map(|id| Need { id: Arc::from(*id), level: NeedsLevel::Completed });
    NodeRecord {
        id: id.into(),
        entry,
        matrix: IndexMap::new(),
        group: None,
        needs: needs.collect(),
        names: Vec::new(),
        local: false,
        late: false,
    }
}

/// A row of a matrix.
pub(crate) fn matrix_row(group: Option<&str>, id: &str, entry: u32, needs: &[&str]) -> NodeRecord {
    let matrix = IndexMap::from([("x".into(), Value::Null)]);
    NodeRecord { matrix, group: group.map(Arc::from), ..node(id, entry, needs) }
}

/// Rows `<group>-0` … of one group.
pub(crate) fn group_rows(group: &str, count: usize, entry: u32, needs: &[&str]) -> Vec<NodeRecord> {
    (0..count).map(|at| matrix_row(Some(group), &format!("{group}-{at}"), entry, needs)).collect()
}

/// An attempt that is told event by event; each is a second after the one before.
#[derive(Debug)]
pub(crate) struct Story {
    pub board: Board,
    pub last: Event,
}

/// When a story begins: 22:13:20 UTC.
pub(crate) const BEGIN: Timestamp = Timestamp { unix_millis: 1_700_000_000_000 };

impl Story {
    /// An attempt of batch `train` with these nodes.
    pub(crate) fn new(nodes: Vec<NodeRecord>) -> Self {
        let created = EventKind::AttemptCreated(Box::new(AttemptCreated {
            version: VERSION,
            project: ProjectId::new("project-1"),
            project_name: "p".into(),
            bake: BakeId::new("bake-1"),
            number: 1,
            batch: "train".into(),
            name: None,
            tags: Vec::new(),
            params: IndexMap::new(),
            executor: "local".into(),
            sources: Vec::new(),
            workspace: "/w".into(),
            git: None,
            by: "ada".into(),
            from: None,
            reuse: Reuse::Cache,
            max_rows: None,
            storage: None,
            engine_version: "0".into(),
        }));
        let subject = Subject::Attempt(AttemptId::new("attempt-1"));
        let last = Event { position: 0, seq: 0, at: BEGIN, subject, kind: created.clone() };
        let mut story = Story { board: Board::default(), last };
        story.tell(created);
        story.tell(EventKind::Expanded {
            prefix: FullId::root(),
            inputs: IndexMap::new(),
            nodes,
            edges: IndexMap::new(),
        });
        story
    }

    pub(crate) fn tell(&mut self, kind: EventKind) {
        let Event { position, seq, at, subject, .. } = self.last.clone();
        let at = at.after(std::time::Duration::from_secs(1));
        self.last = Event { position: position + 1, seq: seq + 1, at, subject, kind };
        self.board.apply(&self.last);
    }

    pub(crate) fn run(&mut self, id: &str) {
        self.tell(EventKind::Launching { key: key(id), spec: Digest::of(b""), cache: None });
        self.tell(EventKind::Progress { key: key(id), stage: Stage::Running, why: None, happened_at: None });
    }

    pub(crate) fn end(&mut self, id: &str, code: i32, outputs: &[(&str, &str)]) {
        let status = if code == 0 { TaskStatus::Succeeded } else { TaskStatus::Failed };
        let outcome = Outcome { status, exit: Exit::Code(code), reason: Reason::Finished };
        let outputs = outputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let log = LogRef { bytes: 7 };
        self.tell(EventKind::Ended {
            key: key(id),
            outcome,
            outputs,
            state: IndexMap::new(),
            log,
            cache: None,
            happened_at: None,
        });
    }

    pub(crate) fn skip(&mut self, id: &str) {
        let because = SkipReason::WindingDown;
        self.tell(EventKind::Skipped { node: FullId::root().child(id), because });
    }
}

fn key(id: &str) -> LaunchKey {
    LaunchKey::task(&AttemptId::new("attempt-1"), &FullId::root().child(id), 1)
}

/// A writer that remembers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(Arc<std::sync::Mutex<Vec<u8>>>);

impl Written {
    /// What was written since the last call.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
