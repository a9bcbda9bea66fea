//! Ids: opaque texts of the store, and the full id of a task.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Declares an opaque text id.
macro_rules! text_id {
    ($(#[$doc:meta] $name:ident;)*) => {$(
        #[$doc]
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Arc<str>);

        impl $name {
            /// Wraps the text.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                $name(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_id! {
    /// A project in the store, `project-<uuid>`. Source: STO-1.
    ProjectId;
    /// One run of a batch, `bake-<uuid>`. Source: BAT-1.
    BakeId;
    /// One try at a bake, `attempt-<uuid>`.
    AttemptId;
    /// A live job in the store, `job-<uuid>`.
    LiveJobId;
    /// The executor's own id of a started unit.
    RawId;
    /// Who holds a claim: one engine process.
    OwnerId;
}

/// How often a subject was claimed: a newer epoch ends the rights of the older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// What an event is about; each has its own gap-free `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An attempt of a bake.
    Attempt(AttemptId),
    /// A live job.
    Live(LiveJobId),
}

impl Subject {
    /// The attempt, if it is one.
    pub fn attempt(&self) -> Option<&AttemptId> {
        match self {
            Subject::Attempt(id) => Some(id),
            Subject::Live(_) => None,
        }
    }

    /// The live job, if it is one.
    pub fn live(&self) -> Option<&LiveJobId> {
        match self {
            Subject::Attempt(_) => None,
            Subject::Live(id) => Some(id),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Attempt(id) => id.fmt(f),
            Subject::Live(id) => id.fmt(f),
        }
    }
}

/// The path of ids from the top graph down to a task, such as `train.eval`.
///
/// A sequence: ids may hold dots (a matrix value `0.1`), so the dotted text is looked up among
/// known ids and never split (DEC-17). Empty: the top graph itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FullId(pub Arc<[Arc<str>]>);

impl FullId {
    /// The prefix of the top graph.
    pub fn root() -> Self {
        Self::default()
    }

    /// The id of `node` in the graph whose prefix this is.
    pub fn child(&self, node: &str) -> Self {
        FullId(self.0.iter().cloned().chain(std::iter::once(Arc::from(node))).collect())
    }

    /// The last part; empty for the root.
    pub fn local(&self) -> &str {
        self.0.last().map_or("", |last| last)
    }

    /// The prefix of the graph that holds this node; the root's is the root.
    pub fn prefix(&self) -> Self {
        FullId(self.0.iter().take(self.0.len().saturating_sub(1)).cloned().collect())
    }
}

/// The parts joined with dots.
impl fmt::Display for FullId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

/// Whose unit it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitOwner {
    /// A task of an attempt.
    Task {
        /// The attempt.
        attempt: AttemptId,
        /// The task.
        node: FullId,
    },
    /// A live job.
    Live {
        /// The job.
        job: LiveJobId,
    },
    /// The build of an image for an attempt.
    Build {
        /// The attempt.
        attempt: AttemptId,
        /// The image's reference.
        image: Arc<str>,
    },
}

/// Names one start of one unit; an effect carried out twice under one key happens once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaunchKey {
    /// Whose unit.
    pub owner: UnitOwner,
    /// Which try, from 1.
    pub r#try: u32,
}

impl LaunchKey {
    /// The key of a try of a task.
    pub fn task(attempt: &AttemptId, node: &FullId, r#try: u32) -> Self {
        LaunchKey { owner: UnitOwner::Task { attempt: attempt.clone(), node: node.clone() }, r#try }
    }

    /// The key of the build of an image.
    pub fn build(attempt: &AttemptId, image: &str) -> Self {
        LaunchKey { owner: UnitOwner::Build { attempt: attempt.clone(), image: image.into() }, r#try: 1 }
    }

    /// The key of a start of a live job.
    pub fn live(job: &LiveJobId, r#try: u32) -> Self {
        LaunchKey { owner: UnitOwner::Live { job: job.clone() }, r#try }
    }

    /// The image, if it is built.
    pub fn image(&self) -> Option<&Arc<str>> {
        match &self.owner {
            UnitOwner::Build { image, .. } => Some(image),
            UnitOwner::Live { .. } | UnitOwner::Task { .. } => None,
        }
    }

    /// The task, if it is one.
    pub fn node(&self) -> Option<&FullId> {
        match &self.owner {
            UnitOwner::Task { node, .. } => Some(node),
            UnitOwner::Live { .. } | UnitOwner::Build { .. } => None,
        }
    }
}
