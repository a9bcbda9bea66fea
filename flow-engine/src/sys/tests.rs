use std::collections::BTreeSet;
use std::time::Duration;

use flow_core::port::{Clock, Ids};

use super::*;

#[test]
fn ids_have_the_shape_of_a_uuid_and_never_come_twice() {
    let ids: BTreeSet<String> = (0..1000).map(|_| SystemIds.fresh("bake")).collect();
    assert_eq!(ids.len(), 1000);
    for id in ids {
        let groups: Vec<&str> = id.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [4, 8, 4, 4, 4, 12], "{id}");
        assert!(groups[1..].concat().bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()));
        assert!(groups[3].starts_with('4') && groups[4].starts_with(['8', '9', 'a', 'b']), "{id}");
    }
}

#[tokio::test]
async fn a_moment_that_is_over_is_not_slept_for() {
    let now = SystemClock.now();
    SystemClock.sleep_until(now).await;
    assert!(SystemClock.now() >= now);
}

#[tokio::test]
async fn a_sleeper_wakes_at_its_moment_and_not_before() {
    let moment = SystemClock.now().after(Duration::from_millis(20));
    SystemClock.sleep_until(moment).await;
    assert!(SystemClock.now() >= moment);
}
