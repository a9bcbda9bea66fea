//! What is written in one transaction: appends with their records, claims, requests, projects.

use flow_core::event::fold::{Rows, fold};
use flow_core::event::{Event, EventKind};
use flow_core::model::{
    Attempt, AttemptId, Bake, BakeId, CacheEntry, Epoch, FullId, LiveJob, LiveJobId, OwnerId, ProjectId, Subject, Task,
    Timestamp,
};
use flow_core::port::{Append, Appended, CacheScope, ClaimState, NewEvent, RequestKind};
use indexmap::IndexMap;
use rusqlite::Connection;

use super::column::{document, integer, number, subject_text};
use super::fault::Fault;
use super::{live, query, workload};
use crate::store::rule;
use crate::store::workload::Card;

/// Appends events, folds them, keeps their texts.
pub(super) fn append(connection: &Connection, append: Append) -> Result<Appended, Fault> {
    let Append { subject, epoch, expected_seq, events, texts } = append;
    let found = last_seq(connection, &subject)?;
    rule::check_append(&subject, (epoch, expected_seq), &query::claim_state(connection, &subject)?, found)?;
    for event in &events {
        check_number(connection, event)?;
        live::check_single(connection, event)?;
    }
    let first_position = query::last_position(connection)? + 1;
    let events = rule::number(&subject, events, first_position, found);
    let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO texts (digest, text) VALUES (?1, ?2)")?;
    for (digest, text) in &texts {
        statement.execute((digest.0.as_ref(), text.as_ref()))?;
    }
    put_events(connection, &subject, &events)?;
    let mut records = Records::new(connection);
    for event in &events {
        fold(&mut records, event)?;
    }
    records.flush()?;
    Ok(Appended { first_position, seq: found + events.len() as u64 })
}

fn check_number(connection: &Connection, event: &NewEvent) -> Result<(), Fault> {
    let EventKind::AttemptCreated(created) = &event.kind else { return Ok(()) };
    let mut statement = connection.prepare_cached("SELECT coalesce(max(number), 0) FROM attempts WHERE bake = ?1")?;
    let last = statement.query_row([created.bake.as_str()], |row| row.get(0))?;
    Ok(rule::check_number(created, last)?)
}

fn last_seq(connection: &Connection, subject: &Subject) -> Result<u64, Fault> {
    let mut statement = connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM events WHERE subject = ?1")?;
    Ok(statement.query_row([subject_text(subject)], |row| row.get(0).map(number))?)
}

fn put_events(connection: &Connection, subject: &Subject, events: &[Event]) -> Result<(), Fault> {
    let subject = subject_text(subject);
    let mut statement = connection
        .prepare_cached("INSERT INTO events (position, subject, seq, at, kind) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for event in events {
        let kind = document(&event.kind)?;
        let (position, seq) = (integer(event.position), integer(event.seq));
        statement.execute((position, &subject, seq, integer(event.at.unix_millis), kind))?;
    }
    Ok(())
}

/// Takes a subject over.
pub(super) fn claim(
    connection: &Connection,
    subject: &Subject,
    owner: &OwnerId,
    span: (Timestamp, Timestamp),
) -> Result<Epoch, Fault> {
    let claim = rule::take(subject, owner, span, &query::claim_state(connection, subject)?)?;
    put_claim(connection, subject, &claim)?;
    Ok(claim.epoch)
}

/// Moves the end of a claim.
pub(super) fn renew(connection: &Connection, subject: &Subject, epoch: Epoch, until: Timestamp) -> Result<(), Fault> {
    let claim = rule::renew(subject, epoch, until, &query::claim_state(connection, subject)?)?;
    put_claim(connection, subject, &claim)
}

/// Gives a claim back.
pub(super) fn release(connection: &Connection, subject: &Subject, epoch: Epoch) -> Result<(), Fault> {
    match rule::release(epoch, &query::claim_state(connection, subject)?) {
        Some(claim) => put_claim(connection, subject, &claim),
        None => Ok(()),
    }
}

fn put_claim(connection: &Connection, subject: &Subject, claim: &ClaimState) -> Result<(), Fault> {
    let mut statement = connection
        .prepare_cached("INSERT OR REPLACE INTO claims (subject, epoch, owner, until) VALUES (?1, ?2, ?3, ?4)")?;
    let owner = claim.owner.as_ref().map(OwnerId::as_str);
    let (epoch, until) = (integer(claim.epoch.0), integer(claim.until.unix_millis));
    statement.execute((subject_text(subject), epoch, owner, until))?;
    Ok(())
}

/// Adds a request.
pub(super) fn send(
    connection: &Connection,
    subject: &Subject,
    (at, by): (Timestamp, &str),
    kind: &RequestKind,
) -> Result<u64, Fault> {
    let mut statement =
        connection.prepare_cached("INSERT INTO requests (subject, at, by, kind) VALUES (?1, ?2, ?3, ?4)")?;
    let id = statement.insert((subject_text(subject), integer(at.unix_millis), by, document(kind)?))?;
    Ok(number(id))
}

/// The project of a key, made if it is new.
pub(super) fn project(connection: &Connection, key: &str, fresh: &ProjectId) -> Result<ProjectId, Fault> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO projects (key, id) VALUES (?1, ?2)")?
        .execute((key, fresh.as_str()))?;
    let mut statement = connection.prepare_cached("SELECT id FROM projects WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get::<_, String>(0).map(ProjectId::new))?)
}

/// Forgets cache entries; how many.
pub(super) fn clear_cache(connection: &Connection, project: &ProjectId, scope: &CacheScope) -> Result<u64, Fault> {
    let (batch, task, key) = match scope {
        CacheScope::Project => (None, None, None),
        CacheScope::Batch(batch) => (Some(batch.as_ref()), None, None),
        CacheScope::Task(batch, task) => (Some(batch.as_ref()), Some(document(task)?), None),
        CacheScope::Result(batch, task, key) => (Some(batch.as_ref()), Some(document(task)?), Some(key.0.0.as_ref())),
    };
    let mut statement = connection.prepare_cached(
        "DELETE FROM cache_entries
         WHERE project = ?1 AND (?2 IS NULL OR batch = ?2) AND (?3 IS NULL OR task = ?3) AND (?4 IS NULL OR key = ?4)",
    )?;
    Ok(statement.execute((project.as_str(), batch, task, key))? as u64)
}

/// A record of the turn, and whether it must be written back.
struct Slot<T> {
    record: T,
    is_dirty: bool,
}

/// The records that the events of one append touch: each is read at most once, and written at
/// most once, by [`Records::flush`].
struct Records<'a> {
    connection: &'a Connection,
    bakes: IndexMap<BakeId, Slot<Bake>>,
    attempts: IndexMap<AttemptId, Slot<Attempt>>,
    /// In the order of the first touch, which for new tasks is the graph order.
    tasks: IndexMap<(AttemptId, FullId), Slot<Task>>,
    live_jobs: IndexMap<LiveJobId, Slot<LiveJob>>,
}

impl<'a> Records<'a> {
    fn new(connection: &'a Connection) -> Self {
        Records {
            connection,
            bakes: IndexMap::new(),
            attempts: IndexMap::new(),
            tasks: IndexMap::new(),
            live_jobs: IndexMap::new(),
        }
    }

    fn flush(&self) -> Result<(), Fault> {
        for bake in dirty(&self.bakes) {
            self.write_bake(bake)?;
        }
        for attempt in dirty(&self.attempts) {
            self.write_attempt(attempt)?;
            self.list(attempt)?;
        }
        for task in dirty(&self.tasks) {
            self.write_task(task)?;
        }
        for job in dirty(&self.live_jobs) {
            live::write(self.connection, job)?;
        }
        Ok(())
    }

    fn write_bake(&self, bake: &Bake) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO bakes (id, project, name, created_at, doc) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET project = excluded.project, name = excluded.name,
                 created_at = excluded.created_at, doc = excluded.doc",
        )?;
        let created_at = integer(bake.created_at.unix_millis);
        statement.execute((bake.id.as_str(), bake.project.as_str(), &bake.name, created_at, document(bake)?))?;
        Ok(())
    }

    fn write_attempt(&self, attempt: &Attempt) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO attempts (id, bake, number, status, doc) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET bake = excluded.bake, number = excluded.number,
                 status = excluded.status, doc = excluded.doc",
        )?;
        let (id, bake) = (attempt.id.as_str(), attempt.bake.as_str());
        statement.execute((id, bake, attempt.number, attempt.status.word(), document(attempt)?))?;
        Ok(())
    }

    /// Lists the bake by its last attempt.
    fn list(&self, attempt: &Attempt) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached("SELECT max(number) FROM attempts WHERE bake = ?1")?;
        let last: u32 = statement.query_row([attempt.bake.as_str()], |row| row.get(0))?;
        if attempt.number < last {
            return Ok(());
        }
        let bake = match self.bakes.get(&attempt.bake) {
            Some(slot) => Some(slot.record.clone()),
            None => query::bake_record(self.connection, &attempt.bake)?,
        };
        bake.map_or(Ok(()), |bake| workload::write(self.connection, &Card::of_bake(&bake, attempt)))
    }

    fn write_task(&self, task: &Task) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO tasks (attempt, full_id, status, doc) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (attempt, full_id) DO UPDATE SET status = excluded.status, doc = excluded.doc",
        )?;
        let full_id = document(&task.id)?;
        statement.execute((task.attempt.as_str(), full_id, task.status.word(), document(task)?))?;
        Ok(())
    }
}

fn dirty<K, T>(slots: &IndexMap<K, Slot<T>>) -> impl Iterator<Item = &T> {
    slots.values().filter(|slot| slot.is_dirty).map(|slot| &slot.record)
}

impl Rows for Records<'_> {
    type Error = Fault;

    fn put_bake(&mut self, bake: &Bake) -> Result<(), Fault> {
        self.bakes.insert(bake.id.clone(), Slot { record: bake.clone(), is_dirty: true });
        Ok(())
    }

    fn bake_of(&mut self, attempt: &Attempt) -> Result<Option<Bake>, Fault> {
        if let Some(slot) = self.bakes.get(&attempt.bake) {
            return Ok(Some(slot.record.clone()));
        }
        let found = query::bake_record(self.connection, &attempt.bake)?;
        if let Some(record) = found.clone() {
            self.bakes.insert(attempt.bake.clone(), Slot { record, is_dirty: false });
        }
        Ok(found)
    }

    fn attempt(&mut self, id: &AttemptId) -> Result<Option<Attempt>, Fault> {
        if let Some(slot) = self.attempts.get(id) {
            return Ok(Some(slot.record.clone()));
        }
        let found = query::attempt(self.connection, id)?;
        if let Some(record) = found.clone() {
            self.attempts.insert(id.clone(), Slot { record, is_dirty: false });
        }
        Ok(found)
    }

    fn put_attempt(&mut self, attempt: &Attempt) -> Result<(), Fault> {
        self.attempts.insert(attempt.id.clone(), Slot { record: attempt.clone(), is_dirty: true });
        Ok(())
    }

    fn task(&mut self, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, Fault> {
        // Not kept here: `fold` always puts back the task that it asked for.
        match self.tasks.get(&(attempt.clone(), id.clone())) {
            Some(slot) => Ok(Some(slot.record.clone())),
            None => query::task(self.connection, attempt, id),
        }
    }

    fn put_task(&mut self, task: &Task) -> Result<(), Fault> {
        let name = (task.attempt.clone(), task.id.clone());
        self.tasks.insert(name, Slot { record: task.clone(), is_dirty: true });
        Ok(())
    }

    fn put_cache_entry(&mut self, entry: &CacheEntry) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO cache_entries (project, batch, task, key, created_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (project, batch, task, key) DO UPDATE SET created_at = excluded.created_at,
                 doc = excluded.doc WHERE excluded.created_at >= created_at",
        )?;
        let (task, created_at) = (document(&entry.task)?, integer(entry.created_at.unix_millis));
        let key = entry.key.0.0.as_ref();
        let doc = document(entry)?;
        statement.execute((entry.project.as_str(), entry.batch.as_ref(), task, key, created_at, doc))?;
        Ok(())
    }

    fn live_job(&mut self, id: &LiveJobId) -> Result<Option<LiveJob>, Fault> {
        // Not kept here: `fold` always puts back the job that it asked for.
        match self.live_jobs.get(id) {
            Some(slot) => Ok(Some(slot.record.clone())),
            None => live::record_of(self.connection, id),
        }
    }

    fn put_live_job(&mut self, job: &LiveJob) -> Result<(), Fault> {
        self.live_jobs.insert(job.id.clone(), Slot { record: job.clone(), is_dirty: true });
        Ok(())
    }
}
