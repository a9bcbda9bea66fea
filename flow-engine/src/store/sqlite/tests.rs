use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use flow_core::event::{CancelScope, EventKind};
use flow_core::model::LiveJobId;
use flow_core::port::{NewEvent, WorkloadFilter, WorkloadRow};
use tempfile::TempDir;

use super::*;

fn scratch() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.db");
    (folder, path)
}

fn subject() -> Subject {
    Subject::Live(LiveJobId::new("job"))
}

/// One event about [`subject`], with a text of so many bytes.
fn turn(expected_seq: u64, bytes: usize) -> Append {
    let text = format!("{expected_seq}{}", "x".repeat(bytes));
    let kind = EventKind::CancelAsked { scope: CancelScope::Attempt, by: "ann".to_owned(), request: None };
    Append {
        subject: subject(),
        epoch: Epoch(0),
        expected_seq,
        events: vec![NewEvent { at: Timestamp::from_unix_millis(1), kind }],
        texts: vec![(Digest::of(text.as_bytes()), text.into())],
    }
}

async fn count(store: &SqliteStore) -> usize {
    store.events(&EventScope::All, 0, 100).await.unwrap().len()
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let (_folder, path) = scratch();
    let newer = Connection::open(&path).unwrap();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    let refused = SqliteStore::open(&path);
    assert!(
        matches!(&refused, Err(StoreError::Newer { found: 99, known: migrate::KNOWN, place }) if *place == path.display().to_string()),
        "{refused:?}"
    );
    let tables: u32 = newer.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 0);
}

#[test]
fn what_is_no_store_is_refused() {
    let (folder, path) = scratch();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text)").unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Corrupt { .. })));
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "no database, but long enough to be taken for one\n".repeat(50)).unwrap();
    assert!(matches!(SqliteStore::open(&garbage), Err(StoreError::Corrupt { .. })));
    let refused = SqliteStore::open(folder.path());
    assert!(refused.is_err_and(|error| error.is_retryable()));
}

#[tokio::test]
async fn an_empty_file_becomes_a_store_once() {
    let (_folder, path) = scratch();
    std::fs::write(&path, "").unwrap();
    for opened in 0..3 {
        let store = SqliteStore::open(&path).unwrap();
        store.append(turn(opened, 1)).await.unwrap();
    }
    let raw = Connection::open(&path).unwrap();
    let version: u32 = raw.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, migrate::KNOWN);
}

#[test]
fn many_may_open_a_new_file_at_the_same_time() {
    let (_folder, path) = scratch();
    let open = || {
        let path = path.clone();
        std::thread::spawn(move || SqliteStore::open(path).map(drop))
    };
    let openers: Vec<_> = (0..8).map(|_| open()).collect();
    for opener in openers {
        opener.join().unwrap().unwrap();
    }
}

#[tokio::test]
async fn files_are_for_the_owner_only() {
    let (folder, _) = scratch();
    let path = folder.path().join("a/b/flow.db");
    let store = SqliteStore::open(&path).unwrap();
    store.append(turn(0, 1)).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder.path().join("a")), mode(&folder.path().join("a/b"))), (0o700, 0o700));
    for name in ["flow.db", "flow.db-wal", "flow.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

#[test]
fn network_file_systems_are_known_by_their_magic() {
    let cases = [
        (0x6969, FileSystem::Network, "DELETE"),
        (0xFF53_4D42, FileSystem::Network, "DELETE"),
        (0xFE53_4D42, FileSystem::Network, "DELETE"),
        (0x6573_5546, FileSystem::Fuse, "WAL"),
        (0xEF53, FileSystem::Local, "WAL"),
    ];
    for (magic, expected, journal) in cases {
        let found = FileSystem::of_magic(magic);
        assert_eq!((found, found.journal_mode()), (expected, journal), "{magic:x}");
    }
}

#[test]
fn a_store_on_a_network_file_system_keeps_no_write_ahead_log() {
    let (_folder, path) = scratch();
    connect::prepare(&path).unwrap();
    let connection = connect::open_writer(&path, "place", (FileSystem::Network, Durability::default())).unwrap();
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    assert!(!path.with_file_name("flow.db-wal").exists());
}

#[tokio::test]
async fn readers_do_not_wait_for_another_process_that_writes_and_writers_do() {
    let (_folder, path) = scratch();
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    store.append(turn(0, 1)).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM events;").unwrap();
    let waiting = {
        let store = store.clone();
        tokio::spawn(async move { store.append(turn(1, 1)).await })
    };
    assert_eq!(count(&store).await, 1);
    assert!(!waiting.is_finished());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().seq, 2);
}

#[tokio::test]
async fn who_waits_is_woken_by_another_process() {
    let (_folder, path) = scratch();
    let (here, there) = (Arc::new(SqliteStore::open(&path).unwrap()), SqliteStore::open(&path).unwrap());
    let wait = |store: &Arc<SqliteStore>| {
        let store = store.clone();
        tokio::spawn(async move { store.wait_requests(&subject(), 0).await })
    };
    let waiting = [wait(&here), wait(&here)];
    // Whoever holds the watcher has looked at the requests before, and found none.
    while here.watcher.try_lock().is_ok() {
        tokio::task::yield_now().await;
    }
    let kind = RequestKind::Cancel { scope: CancelScope::Attempt };
    there.send(&subject(), Timestamp::default(), "ann", kind).await.unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    // Nobody waits, so nobody looks: the last look gives the watcher back.
    drop(here.watcher.lock().await);
}

#[tokio::test]
async fn a_job_that_fails_harms_no_other_of_its_group() {
    let (_folder, path) = scratch();
    let store = SqliteStore::open(&path).unwrap();
    let bad = store.write(|connection| -> Result<(), Fault> {
        change::append(connection, turn(1, 1))?;
        Err(Fault::Unreadable("on purpose".to_owned()))
    });
    let (first, failed, second) = tokio::join!(store.append(turn(0, 1)), bad, store.append(turn(1, 2)));
    first.unwrap();
    assert!(matches!(failed, Err(StoreError::Corrupt { .. })), "{failed:?}");
    assert_eq!(second.unwrap().seq, 2);
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_passes() {
    let (_folder, path) = scratch();
    let store = SqliteStore::open(&path).unwrap();
    let limit = async |pages: u32| {
        let set = move |connection: &Connection| {
            Ok(connection.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, u32>(0))?)
        };
        store.write(set).await.unwrap();
    };
    limit(40).await;
    let full = store.append(turn(0, 1_000_000)).await;
    assert!(matches!(full, Err(StoreError::Io { .. })), "{full:?}");
    assert_eq!(count(&store).await, 0);
    limit(10_000).await;
    assert_eq!(store.append(turn(0, 1_000_000)).await.unwrap().seq, 1);
}

#[tokio::test]
async fn an_unreadable_document_is_told_with_the_place() {
    let (_folder, path) = scratch();
    let store = SqliteStore::open(&path).unwrap();
    store.append(turn(0, 1)).await.unwrap();
    Connection::open(&path).unwrap().execute_batch("UPDATE events SET kind = '{\"event\": \"dream\"}'").unwrap();
    let read = store.events(&EventScope::All, 0, 9).await;
    assert!(
        matches!(&read, Err(StoreError::Corrupt { place, .. }) if *place == path.display().to_string()),
        "{read:?}"
    );
}

#[tokio::test]
async fn a_store_of_the_first_schema_is_brought_forward_and_keeps_what_it_has() {
    let (_folder, path) = scratch();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("schema.sql")).unwrap();
    old.execute_batch("INSERT INTO projects (key, id) VALUES ('shop', 'project-1'); PRAGMA user_version = 1").unwrap();
    drop(old);
    let store = SqliteStore::open(&path).unwrap();
    let project = store.project("shop", ProjectId::new("project-2")).await.unwrap();
    assert_eq!(project, ProjectId::new("project-1"));
    assert!(store.live_jobs(&LiveFilter::default()).await.unwrap().is_empty());
}

/// A file of each older schema, as that version left it; `1.sql` is that of version 1.
const OLDER: [&str; 1] = [include_str!("versions/1.sql")];

#[tokio::test]
async fn files_of_every_older_version_are_brought_forward_and_read() {
    assert!(OLDER.len() < migrate::KNOWN as usize + 1, "a file of this version is not older");
    for (version, text) in (1..).zip(OLDER) {
        let (_folder, path) = scratch();
        let old = Connection::open(&path).unwrap();
        old.execute_batch(text).unwrap();
        assert_eq!(old.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap(), version);
        drop(old);
        let store = SqliteStore::open(&path).unwrap();
        let row = store.bake(&BakeId::new("bake-1")).await.unwrap().unwrap();
        assert_eq!((row.bake.name.as_deref(), row.attempt.number), (Some("nightly"), 1));
        let tasks = store.tasks(&row.attempt.id).await.unwrap();
        assert_eq!(tasks[0].outputs["rows"], "12");
        let events = store.events(&EventScope::All, 0, 99).await.unwrap();
        assert_eq!(events.len(), 7, "all events are read");
        let (project, task) = (ProjectId::new("project-1"), FullId::root().child("b"));
        let key = CacheKey(Digest("c".repeat(64).into()));
        assert!(store.cache_entry(&project, "train", &task, &key).await.unwrap().is_some());
        let list = store.workloads(&WorkloadFilter { limit: 9, ..WorkloadFilter::default() }).await.unwrap();
        assert_eq!((list.total, list.rows), (1, vec![WorkloadRow::Bake(Box::new(row.clone()))]));
        // What came later works on it too.
        assert_eq!(store.append(turn(0, 1)).await.unwrap().first_position, 8);
        assert!(store.live_jobs(&LiveFilter::default()).await.unwrap().is_empty());
        assert!(store.remove_bake(&row.bake.id).await.unwrap());
        assert!(store.give_room_back().await.is_ok());
        assert!(store.text(&Digest(format!("{}1", "a".repeat(63)).into())).await.unwrap().is_none());
    }
}

#[test]
fn the_loss_of_power_is_outlived_only_where_that_is_wanted() {
    for (durability, expected) in [(Durability::ProcessDeath, 1), (Durability::PowerLoss, 2)] {
        let (_folder, path) = scratch();
        connect::prepare(&path).unwrap();
        let connection = connect::open_writer(&path, "place", (FileSystem::Local, durability)).unwrap();
        let level: u32 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(level, expected, "{durability:?}");
    }
}

/// Room is given back piece by piece, also while another process has the file open.
#[tokio::test]
async fn what_was_removed_gives_its_room_back() {
    let (_folder, path) = scratch();
    let (store, other) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    for seq in 0..50 {
        store.append(turn(seq, 100_000)).await.unwrap();
    }
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("DELETE FROM events; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let freed = other.give_room_back().await.unwrap();
    assert!(freed > 4_000_000, "{freed}");
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn a_file_without_a_list_gets_one() {
    let (_folder, path) = scratch();
    let order = serde_json::json!({
        "project": "p", "project_name": "p", "flow": "live", "job": "serve", "suffix": null, "name": "p-serve",
        "title": "", "tags": ["t"], "params": {}, "executor": "local", "sources": [], "workspace": "/w", "git": null,
        "by": "ada", "spec": "0", "preset": null, "http_port": null, "url": null, "port_forward": [],
        "detach": false, "browse": false, "life_span_seconds": null, "restart": "never", "stdin": "closed",
        "engine_version": "0",
    });
    let order = serde_json::from_value(order).unwrap();
    let created = flow_core::event::LiveCreated { version: flow_core::event::VERSION, order };
    let kind = EventKind::LiveCreated(Box::new(created));
    let events = vec![NewEvent { at: Timestamp::from_unix_millis(1), kind }];
    let store = SqliteStore::open(&path).unwrap();
    store.append(Append { events, ..turn(0, 0) }).await.unwrap();
    let all = WorkloadFilter { limit: 9, ..WorkloadFilter::default() };
    let before = (store.workloads(&all).await.unwrap(), store.workload_words().await.unwrap());
    assert_eq!(before.0.total, 1);
    drop(store);
    // As the version before the list left it.
    let old = Connection::open(&path).unwrap();
    let drop =
        "DROP TABLE workloads; DROP TABLE workload_tags; DROP INDEX tasks_by_cache_key; PRAGMA user_version = 2;";
    old.execute_batch(drop).unwrap();
    std::mem::drop(old);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!((store.workloads(&all).await.unwrap(), store.workload_words().await.unwrap()), before);
}
