//! Fairness.

use super::{Claim, Queue, Slots};

fn drain(queue: &mut Queue<&'static str>) -> Vec<u64> {
    std::iter::from_fn(|| queue.pop()).collect()
}

#[test]
fn owners_take_turns() {
    let mut queue = Queue::new();
    for unit in 1..=4 {
        queue.push(&"a", unit);
    }
    queue.push(&"b", 11);
    queue.push(&"b", 12);
    queue.push(&"c", 21);
    assert_eq!(drain(&mut queue), [1, 11, 21, 2, 12, 3, 4]);
}

#[test]
fn a_late_owner_waits_for_one_turn_only() {
    let mut queue = Queue::new();
    for unit in 1..=3 {
        queue.push(&"a", unit);
    }
    assert_eq!(queue.pop(), Some(1));
    queue.push(&"b", 11);
    assert_eq!(drain(&mut queue), [2, 11, 3]);
}

#[test]
fn removed_units_leave_no_turn_behind() {
    let mut queue = Queue::new();
    queue.push(&"a", 1);
    queue.push(&"b", 11);
    queue.push(&"b", 12);
    queue.remove(&"a", 1);
    queue.remove(&"b", 11);
    queue.remove(&"c", 99);
    assert_eq!(drain(&mut queue), [12]);
    queue.push(&"a", 2);
    assert_eq!(drain(&mut queue), [2]);
}

#[test]
fn slots_count() {
    let mut slots = Slots::new(2);
    slots.take(Claim::ONE_CPU);
    assert!(slots.fits(Claim::ONE_CPU) && !slots.fits(Claim { cpus: 2 }));
    slots.take(Claim::ONE_CPU);
    assert!(!slots.fits(Claim::ONE_CPU));
    slots.give_back(Claim::ONE_CPU);
    assert!(slots.fits(Claim::ONE_CPU));
}
