use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}

#[tokio::test]
async fn a_sleeper_wakes_when_the_clock_is_moved_there() {
    let clock = ManualClock::new(at(100));
    clock.sleep_until(at(100)).await;
    let drive = async {
        clock.slept_for(at(200)).await;
        assert_eq!(clock.next_wake(), Some(at(150)));
        clock.advance(Duration::from_millis(50));
        clock.slept_for(at(200)).await;
        clock.set(at(200));
    };
    tokio::join!(clock.sleep_until(at(150)), clock.sleep_until(at(200)), clock.sleep_until(at(200)), drive);
    assert_eq!((clock.now(), clock.next_wake()), (at(200), None));
}

#[tokio::test]
async fn a_dropped_sleeper_leaves_the_list() {
    let clock = ManualClock::new(at(0));
    tokio::select! {
        () = clock.sleep_until(at(9)) => panic!("the clock stands still"),
        () = clock.slept_for(at(9)) => {}
    }
    assert_eq!(clock.next_wake(), None);
}

#[test]
fn counting_ids_count() {
    let ids = CountingIds::new();
    assert_eq!(ids.fresh("bake"), "bake-00000000-0000-0000-0000-000000000001");
    assert_eq!(ids.fresh("attempt"), "attempt-00000000-0000-0000-0000-000000000002");
}
