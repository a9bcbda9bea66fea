//! [`LiveJob`]: a job that a person started, and what settled at its start.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::{
    CancelMark, Digest, GitInfo, LiveJobId, Outcome, ProjectId, SourceText, StatusItem, TaskStatus, Timestamp, Try,
};

/// How large a terminal is, in letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Lines.
    pub rows: u16,
    /// Letters of a line.
    pub columns: u16,
}

/// Where the input of a unit comes from; settled at its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stdin {
    /// There is none: it reads the end at once.
    #[default]
    Closed,
    /// A pipe: what is written to a channel of the executor's `attach`. Its end is the channel's `close`, and
    /// never comes by itself, also when all channels go.
    Open,
    /// A terminal of this size, which takes its output too.
    Terminal(Window),
}

/// Whether a unit that has ended is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Never.
    #[default]
    Never,
    /// If it failed.
    OnFailure,
    /// However it ended, unless somebody stopped it.
    Always,
}

impl RestartPolicy {
    /// The policy of a word; `Never` without one, and for words that the language does not have.
    pub fn of(word: Option<&str>) -> Self {
        match word {
            Some("on-failure") => RestartPolicy::OnFailure,
            Some("always") => RestartPolicy::Always,
            _ => RestartPolicy::Never,
        }
    }

    /// The word: `on-failure`.
    pub fn word(self) -> &'static str {
        match self {
            RestartPolicy::Never => "never",
            RestartPolicy::OnFailure => "on-failure",
            RestartPolicy::Always => "always",
        }
    }
}

/// What a live job is started with: all of it settled, none of it to change. Source: LIV-10, LIV-22…25.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveOrder {
    /// The project in the store.
    pub project: ProjectId,
    /// The project's id in the files.
    pub project_name: String,
    /// The live flow's name (file stem).
    pub flow: String,
    /// The job's id in the flow.
    pub job: Arc<str>,
    /// The suffix of a multi job; absent for all others.
    pub suffix: Option<String>,
    /// The name that it is started with (LIV-24); not unique.
    pub name: String,
    /// A title for people.
    pub title: String,
    /// All tags, sorted: the flow's, the job's own, and those it is found by (LIV-10).
    pub tags: Vec<String>,
    /// Evaluated params: name to text.
    pub params: IndexMap<String, String>,
    /// The executor's name, such as `local`.
    pub executor: String,
    /// The texts it was made from.
    pub sources: Vec<SourceText>,
    /// The workspace folder, absolute.
    pub workspace: String,
    /// Commit, branch and tags, if the workspace is a repository.
    pub git: Option<GitInfo>,
    /// Who started it: the user's name on this machine.
    pub by: String,
    /// The digest of its unit spec; the store keeps the text.
    pub spec: Digest,
    /// The preset: a claim on the machine.
    pub preset: Option<String>,
    /// The port that it serves HTTP on.
    pub http_port: Option<i64>,
    /// Where a person reaches that port, where it can be told.
    pub url: Option<String>,
    /// `LOCAL:REMOTE` ports to forward.
    pub port_forward: Vec<String>,
    /// Whether it runs on without the terminal that started it.
    pub detach: bool,
    /// Whether its port is opened in a browser.
    pub browse: bool,
    /// Seconds that it may run, all starts together.
    pub life_span_seconds: Option<f64>,
    /// Whether it is started again when it has ended.
    pub restart: RestartPolicy,
    /// Where its input comes from.
    pub stdin: Stdin,
    /// The engine's version.
    pub engine_version: String,
}

/// A live job: what it was started with, and how it goes. A read model, folded from its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveJob {
    /// Its id.
    pub id: LiveJobId,
    /// What it was started with.
    #[serde(flatten)]
    pub order: LiveOrder,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ran first.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The last status; pending also between two starts.
    pub status: TaskStatus,
    /// All statuses in order.
    pub history: Vec<StatusItem>,
    /// What it waits for or is doing, in words; absent when there is nothing to say.
    pub note: Option<String>,
    /// Each start.
    pub tries: Vec<Try>,
    /// How the last start that has ended did so.
    pub outcome: Option<Outcome>,
    /// Who asked for its end, and when.
    pub cancel: Option<CancelMark>,
}

impl LiveJob {
    /// A job that was just made.
    pub fn new(id: LiveJobId, order: LiveOrder, at: Timestamp) -> Self {
        LiveJob {
            id,
            order,
            created_at: at,
            started_at: None,
            ended_at: None,
            status: TaskStatus::Pending,
            history: vec![StatusItem { at, status: TaskStatus::Pending }],
            note: None,
            tries: Vec::new(),
            outcome: None,
            cancel: None,
        }
    }
}
