//! Bakes and live jobs in one list, and what cached results were good for, in memory.

use std::collections::BTreeSet;

use flow_core::model::{Attempt, Bake, CacheEntry, ProjectId, Subject, TaskStatus};
use flow_core::port::{
    CacheUse, CachedResult, Unfinished, WorkloadFilter, WorkloadKind, WorkloadRow, WorkloadRows, WorkloadWords,
};

use super::Memory;
use crate::store::workload::Card;

impl Memory {
    /// All cards, in the order in which their workloads were made.
    fn cards(&self) -> Vec<Card> {
        let of_bake = |bake: &Bake| {
            let attempts = self.attempts_of(&bake.id);
            let made = self.first_position(&Subject::Attempt(attempts.first()?.id.clone()));
            Some((made, Card::of_bake(bake, attempts.last()?)))
        };
        let of_job = |job| {
            let card = Card::of_job(job);
            (self.first_position(&card.subject), card)
        };
        let mut cards: Vec<(u64, Card)> = self.bakes.values().filter_map(of_bake).collect();
        cards.extend(self.live_jobs.values().map(of_job));
        cards.sort_by_key(|(made, _)| *made);
        cards.into_iter().map(|(_, card)| card).collect()
    }

    /// Where the events of a subject begin.
    fn first_position(&self, subject: &Subject) -> u64 {
        self.subjects.get(subject).and_then(|rows| rows.positions.first().copied()).unwrap_or_default()
    }

    pub(super) fn workloads(&self, filter: &WorkloadFilter) -> WorkloadRows {
        let mut cards = self.cards();
        cards.retain(|card| card.is_wanted(filter));
        Card::sort(&mut cards, filter);
        let total = cards.len() as u64;
        let skip = usize::try_from(filter.skip).unwrap_or(usize::MAX);
        let wanted = cards.into_iter().skip(skip).take(filter.limit as usize);
        WorkloadRows { total, rows: wanted.filter_map(|card| self.workload(&card)).collect() }
    }

    fn workload(&self, card: &Card) -> Option<WorkloadRow> {
        match (card.kind, &card.subject) {
            (WorkloadKind::Bake, Subject::Attempt(attempt)) => {
                let bake = self.bakes.get(&self.attempts.get(attempt)?.bake)?;
                Some(WorkloadRow::Bake(Box::new(self.bake_row(bake)?)))
            }
            (WorkloadKind::Live, Subject::Live(job)) => {
                Some(WorkloadRow::Live(Box::new(self.live_row(self.live_jobs.get(job)?))))
            }
            (WorkloadKind::Bake, Subject::Live(_)) | (WorkloadKind::Live, Subject::Attempt(_)) => None,
        }
    }

    pub(super) fn workload_words(&self) -> WorkloadWords {
        let cards = self.cards();
        let sorted = |texts: BTreeSet<&String>| texts.into_iter().cloned().collect();
        WorkloadWords {
            flows: sorted(cards.iter().map(|card| &card.flow).collect()),
            users: sorted(cards.iter().map(|card| &card.by).collect()),
            tags: sorted(cards.iter().flat_map(|card| &card.tags).collect()),
        }
    }

    pub(super) fn unfinished_workloads(&self) -> Vec<Unfinished> {
        let is_open = |card: &Card| {
            [TaskStatus::Pending, TaskStatus::Running, TaskStatus::Unknown]
                .iter()
                .any(|status| status.word() == card.status)
        };
        let of = |card: Card| Unfinished {
            created_at: if card.kind == WorkloadKind::Live { card.created_at } else { card.started_at },
            claim: self.claim_state(&card.subject),
            subject: card.subject,
        };
        self.cards().into_iter().filter(is_open).map(of).collect()
    }

    pub(super) fn cached_results(&self, project: &ProjectId, batch: Option<&str>) -> Vec<CachedResult> {
        let is_wanted =
            |entry: &&CacheEntry| entry.project == *project && batch.is_none_or(|batch| *entry.batch == *batch);
        let mut found: Vec<CachedResult> =
            self.cache.values().filter(is_wanted).map(|entry| self.with_uses(entry.clone())).collect();
        found.sort_by(|a, b| {
            let name = |one: &CachedResult| (one.entry.batch.clone(), one.entry.task.clone(), one.entry.key.clone());
            b.entry.created_at.cmp(&a.entry.created_at).then_with(|| name(a).cmp(&name(b)))
        });
        found
    }

    fn with_uses(&self, entry: CacheEntry) -> CachedResult {
        let took_it = |attempt: &&Attempt| {
            let tasks = self.tasks.get(&attempt.id);
            tasks
                .into_iter()
                .flat_map(|tasks| tasks.values())
                .filter(|task| {
                    task.status == TaskStatus::Cached
                        && task.cache_key.as_ref() == Some(&entry.key)
                        && task.id == entry.task
                })
                .count()
                > 0
        };
        let mut users: Vec<&Attempt> = self.attempts.values().filter(took_it).collect();
        users.sort_by_key(|attempt| self.first_position(&Subject::Attempt(attempt.id.clone())));
        let of = |attempt: &&Attempt| CacheUse {
            attempt: attempt.id.clone(),
            bake: attempt.bake.clone(),
            number: attempt.number,
        };
        let last = users.iter().rev().take(CachedResult::USES as usize).map(of).collect();
        CachedResult { count: users.len() as u64, uses: last, entry }
    }
}
