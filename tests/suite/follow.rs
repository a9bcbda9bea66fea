//! Readers of the event stream: a slow one misses nothing and holds nobody up. Over every store.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::sync::Arc;

use flow_core::model::TaskStatus;
use flow_core::port::{EventScope, Store};
use flow_engine::source::MemorySource;
use flow_engine::sys::SystemClock;
use flow_engine::testing::ScriptedExecutor;
use flow_engine::{BakeRequest, Engine, Follow};

use crate::store_contract::{Pair, first_turn, id, key, launching, memory, soon, sqlite, turn};

fn engine(store: &Arc<dyn Store>) -> Engine {
    Engine::builder().store(Arc::clone(store)).build(Arc::new(ScriptedExecutor::new(Arc::new(SystemClock))))
}

/// The positions that the next read gives.
async fn read(follow: &mut Follow) -> Vec<u64> {
    soon(follow.next()).await.unwrap().iter().map(|event| event.position).collect()
}

/// Begins to read, and does not stay for the answer unless it is there at once.
async fn give_up(follow: &mut Follow) -> Vec<u64> {
    let before = follow.position();
    let answer = tokio::select! {
        biased;
        events = follow.next() => Some(events.unwrap()),
        () = std::future::ready(()) => None,
    };
    // Only what was given moves it on.
    assert!(answer.is_some() || follow.position() == before);
    answer.unwrap_or_default().iter().map(|event| event.position).collect()
}

/// Writes more than one read gives, in one turn behind `seq` events; returns the new number of them.
async fn write(store: &Arc<dyn Store>, seq: u64) -> u64 {
    let kinds = (1..=600).map(|number| launching(&key("a", &id(&["x"]), number)));
    let appended = soon(store.append(turn("a", 0, seq, kinds.collect()))).await.unwrap();
    appended.seq
}

async fn check_a_slow_reader_gets_all_once(pair: Pair) {
    let (slow, quick) = (engine(&pair.there), engine(&pair.there));
    let (mut slow, mut quick) = (slow.follow_all(0), quick.follow_all(0));
    pair.here.append(first_turn("a", "bake")).await.unwrap();
    assert_eq!(read(&mut slow).await, [1]);
    // One is not read, while others write and read on.
    let (mut written, mut seen) = (1, Vec::new());
    for _ in 0..3 {
        written = write(&pair.here, written).await;
        while seen.len() as u64 != written {
            seen.extend(read(&mut quick).await);
        }
    }
    // And more comes between its reads, some of which are given up.
    let mut got = vec![1];
    while got.len() as u64 != written {
        let page = read(&mut slow).await;
        assert!(page.len() < 600, "it is given in pieces: {}", page.len());
        got.extend(page);
        if written == 1801 {
            written = write(&pair.here, written).await;
        }
        got.extend(give_up(&mut slow).await);
    }
    assert_eq!(got, (1..=2401).collect::<Vec<_>>());
    assert!(slow.ready().await.unwrap().is_empty());
    // At the end it waits like all others, and a later reader goes on from where it is.
    let (next, _) = tokio::join!(read(&mut slow), write(&pair.here, written));
    assert_eq!(next.first(), Some(&2402));
    assert_eq!(read(&mut engine(&pair.here).follow_all(slow.position() - 1)).await.first(), Some(&slow.position()));
}

/// A bake that nobody looks at ends, and all of it is there afterwards.
async fn check_a_bake_waits_for_no_reader(pair: Pair) {
    let rows: Vec<String> = (0..300).map(|row| row.to_string()).collect();
    let flow = format!(
        "kind: batch\ntasks:\n  - {{id: 'a_${{{{ matrix.n }}}}', image: i, cmd: c, strategy: {{matrix: {{n: [{}]}}}}}}\n",
        rows.join(", ")
    );
    let engine = engine(&pair.here);
    let source = MemorySource::new("/w").flow("main", flow.as_str());
    let request = BakeRequest { batch: "main".into(), ..BakeRequest::default() };
    let attempt = engine.create_bake(&source, request).await.unwrap().attempt;
    let attempt = engine.attempt(&attempt).await.unwrap().unwrap();
    let mut slow = engine.follow(&attempt, 0);
    let first = soon(slow.next()).await.unwrap().len() as u64;
    assert_eq!(soon(engine.drive(&attempt.id)).await.unwrap(), TaskStatus::Succeeded);
    let all = pair.there.events(&EventScope::All, 0, u32::MAX).await.unwrap().len() as u64;
    assert!(all > 1024, "more than two reads: {all}");
    let mut got = first;
    while got < all {
        got += read(&mut slow).await.len() as u64;
    }
    assert_eq!((got, slow.position()), (all, all));
}

mod memory_store {
    #[tokio::test]
    async fn a_slow_reader_gets_all_once() {
        super::check_a_slow_reader_gets_all_once(super::memory()).await;
    }

    #[tokio::test]
    async fn a_bake_waits_for_no_reader() {
        super::check_a_bake_waits_for_no_reader(super::memory()).await;
    }
}

mod sqlite_store {
    #[tokio::test]
    async fn a_slow_reader_gets_all_once() {
        super::check_a_slow_reader_gets_all_once(super::sqlite()).await;
    }

    #[tokio::test]
    async fn a_bake_waits_for_no_reader() {
        super::check_a_bake_waits_for_no_reader(super::sqlite()).await;
    }
}
