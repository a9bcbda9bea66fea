//! [`Card`]: what a bake or live job is listed by; the same in all stores.

use flow_core::model::{Attempt, Bake, LiveJob, Subject, Timestamp};
use flow_core::port::{WorkloadFilter, WorkloadKind, WorkloadSort};

/// The word of what nobody drives.
pub(super) const STALLED: &str = "stalled";

/// What a workload is listed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    pub kind: WorkloadKind,
    pub id: String,
    /// The last attempt, or the live job.
    pub subject: Subject,
    pub flow: String,
    pub name: Option<String>,
    pub by: String,
    pub status: &'static str,
    pub tags: Vec<String>,
    pub created_at: Timestamp,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// What a text is looked for in, in lower case.
    pub words: String,
}

impl Card {
    /// A bake's, by its last attempt.
    pub(super) fn of_bake(bake: &Bake, attempt: &Attempt) -> Self {
        let texts = [bake.id.as_str(), &bake.batch, &bake.by].into_iter().chain(bake.name.as_deref());
        Card {
            kind: WorkloadKind::Bake,
            id: bake.id.to_string(),
            subject: Subject::Attempt(attempt.id.clone()),
            flow: bake.batch.clone(),
            name: bake.name.clone(),
            by: bake.by.clone(),
            status: attempt.status.word(),
            tags: bake.tags.clone(),
            created_at: bake.created_at,
            started_at: attempt.created_at,
            ended_at: attempt.ended_at,
            words: words(texts, &bake.tags),
        }
    }

    /// A live job's.
    pub(super) fn of_job(job: &LiveJob) -> Self {
        let order = &job.order;
        let texts = [job.id.as_str(), &order.flow, &order.by, &order.name, &order.job].into_iter();
        Card {
            kind: WorkloadKind::Live,
            id: job.id.to_string(),
            subject: Subject::Live(job.id.clone()),
            flow: order.flow.clone(),
            name: Some(order.name.clone()),
            by: order.by.clone(),
            status: job.status.word(),
            tags: order.tags.clone(),
            created_at: job.created_at,
            started_at: job.started_at.unwrap_or(job.created_at),
            ended_at: job.ended_at,
            words: words(texts.chain(order.suffix.as_deref()), &order.tags),
        }
    }

    /// The status as it is listed.
    fn listed(&self, filter: &WorkloadFilter) -> &'static str {
        if filter.stalled.contains(&self.subject) { STALLED } else { self.status }
    }

    /// Whether it is one of those that somebody lists.
    pub(super) fn is_wanted(&self, filter: &WorkloadFilter) -> bool {
        let is = |wanted: &Option<String>, own: &str| wanted.as_ref().is_none_or(|wanted| wanted == own);
        filter.kind.is_none_or(|kind| kind == self.kind)
            && (filter.statuses.is_empty() || filter.statuses.iter().any(|word| word == self.listed(filter)))
            && is(&filter.flow, &self.flow)
            && is(&filter.user, &self.by)
            && filter.tag.as_ref().is_none_or(|tag| self.tags.contains(tag))
            && filter.text.as_ref().is_none_or(|text| self.words.contains(&text.to_lowercase()))
    }

    /// Sorts those that are listed; `cards` come in the order in which they were made.
    pub(super) fn sort(cards: &mut [Card], filter: &WorkloadFilter) {
        // Stable: of those made in the same millisecond the one that came last stands first.
        cards.reverse();
        cards.sort_by_key(|card| std::cmp::Reverse(card.created_at));
        let lasts =
            |card: &Card| card.ended_at.unwrap_or(filter.now).unix_millis.saturating_sub(card.started_at.unix_millis);
        let by = |a: &Card, b: &Card| match filter.sort {
            WorkloadSort::Started => a.started_at.cmp(&b.started_at),
            WorkloadSort::Flow => a.flow.cmp(&b.flow),
            WorkloadSort::Status => a.listed(filter).cmp(b.listed(filter)),
            WorkloadSort::User => a.by.cmp(&b.by),
            WorkloadSort::Name => a.name.cmp(&b.name),
            WorkloadSort::Duration => lasts(a).cmp(&lasts(b)),
        };
        if filter.ascending {
            cards.sort_by(by);
        } else {
            cards.sort_by(|a, b| by(b, a));
        }
    }
}

/// The texts one below the other, so that no text is found across two of them.
fn words<'a>(texts: impl Iterator<Item = &'a str>, tags: &'a [String]) -> String {
    let all: Vec<&str> = texts.chain(tags.iter().map(String::as_str)).collect();
    all.join("\n").to_lowercase()
}
