use super::*;
use crate::sys::SystemIds;

#[test]
fn this_process_lives_and_a_gone_one_is_dead() {
    let own = this_process(&SystemIds);
    assert!(!is_dead(&own));
    let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
    let start = start_of(child.id()).unwrap_or_else(|| "1".into());
    let owner = OwnerId::new(format!("{}/{}/{}/{start}/x", host(), boot(), child.id()));
    child.wait().unwrap();
    assert!(is_dead(&owner));
}

#[test]
fn nothing_is_proved_of_another_host() {
    assert!(!is_dead(&OwnerId::new("elsewhere/boot/1/1/x")));
    assert!(!is_dead(&OwnerId::new("test")));
}
