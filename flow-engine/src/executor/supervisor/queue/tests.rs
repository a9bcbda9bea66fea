//! Fairness.

use flow_core::model::Claim;

use super::{Queue, Slots};

const ONE: Claim = Claim { milli_cpus: 1000, memory_bytes: 0, gpus: 0 };
const GPU: Claim = Claim { milli_cpus: 1000, memory_bytes: 0, gpus: 1 };

fn cpus(count: u32) -> Claim {
    Claim { milli_cpus: count * 1000, memory_bytes: 0, gpus: 0 }
}

fn drain(queue: &mut Queue<&'static str>) -> Vec<u64> {
    std::iter::from_fn(|| queue.pop(&ONE)).collect()
}

#[test]
fn owners_take_turns() {
    let mut queue = Queue::new();
    for unit in 1..=4 {
        queue.push(&"a", ONE, unit);
    }
    queue.push(&"b", ONE, 11);
    queue.push(&"b", ONE, 12);
    queue.push(&"c", ONE, 21);
    assert_eq!(drain(&mut queue), [1, 11, 21, 2, 12, 3, 4]);
}

#[test]
fn a_late_owner_waits_for_one_turn_only() {
    let mut queue = Queue::new();
    for unit in 1..=3 {
        queue.push(&"a", ONE, unit);
    }
    assert_eq!(queue.pop(&ONE), Some(1));
    queue.push(&"b", ONE, 11);
    assert_eq!(drain(&mut queue), [2, 11, 3]);
}

#[test]
fn removed_units_leave_no_turn_behind() {
    let mut queue = Queue::new();
    queue.push(&"a", ONE, 1);
    queue.push(&"b", ONE, 11);
    queue.push(&"b", ONE, 12);
    queue.remove(&"a", ONE, 1);
    queue.remove(&"b", ONE, 11);
    queue.remove(&"c", ONE, 99);
    assert_eq!(drain(&mut queue), [12]);
    queue.push(&"a", ONE, 2);
    assert_eq!(drain(&mut queue), [2]);
}

#[test]
fn slots_count_and_name_gpus() {
    let mut slots = Slots::new(Claim { milli_cpus: 2000, memory_bytes: 0, gpus: 2 });
    let first = slots.take(GPU);
    assert_eq!(first.gpus, [0]);
    assert!(GPU.fits(slots.free()) && !cpus(2).fits(slots.free()));
    let second = slots.take(GPU);
    assert_eq!((second.gpus.as_slice(), slots.free().milli_cpus), ([1].as_slice(), 0));
    slots.give_back(first);
    assert_eq!(slots.take(GPU).gpus, [0]);
}

/// Plays units of which each is over a round after its start; gives the order of starts.
///
/// `more` adds units after each round.
fn play(
    total: Claim,
    queue: &mut Queue<&'static str>,
    mut more: impl FnMut(usize, &mut Queue<&'static str>),
) -> Vec<u64> {
    let mut slots = Slots::new(total);
    let (mut order, mut running) = (Vec::new(), Vec::new());
    for round in 0..50 {
        if let Some(grant) = running.pop() {
            slots.give_back(grant);
        }
        while let Some(unit) = queue.pop(slots.free()) {
            let claim = if unit >= 1000 { total } else { ONE };
            running.insert(0, slots.take(claim));
            order.push(unit);
        }
        more(round, queue);
    }
    order
}

#[test]
fn small_units_that_keep_coming_do_not_starve_a_large_one() {
    let mut queue = Queue::new();
    for unit in 1..=4 {
        queue.push(&"small", ONE, unit);
    }
    queue.push(&"large", cpus(4), 1000);
    let mut next = 5;
    let order = play(cpus(4), &mut queue, |_, queue| {
        queue.push(&"small", ONE, next);
        next += 1;
    });
    let at = order.iter().position(|&unit| unit == 1000);
    assert!(at.is_some_and(|at| at <= 5), "{order:?}");
}

#[test]
fn units_of_one_owner_pass_a_larger_one_without_starving_it() {
    let mut queue = Queue::new();
    queue.push(&"a", GPU, 1);
    queue.push(&"a", GPU, 2);
    queue.push(&"a", ONE, 3);
    let mut slots = Slots::new(Claim { milli_cpus: 3000, memory_bytes: 0, gpus: 1 });
    assert_eq!(queue.pop(slots.free()), Some(1));
    let grant = slots.take(GPU);
    assert_eq!(queue.pop(slots.free()), Some(3), "the GPU is taken, a CPU is not");
    let _other = slots.take(ONE);
    queue.push(&"a", ONE, 4);
    assert_eq!(queue.pop(slots.free()), None, "the last CPU is kept for 2");
    slots.give_back(grant);
    assert_eq!(queue.pop(slots.free()), Some(2));
}

#[test]
fn two_equal_owners_share_each_stretch_of_starts() {
    let mut queue = Queue::new();
    for unit in 0..100 {
        queue.push(&"a", ONE, unit);
    }
    for unit in 100..200 {
        queue.push(&"b", ONE, unit);
    }
    let order = play(cpus(3), &mut queue, |_, _| {});
    for stretch in order.windows(20) {
        let of_b = stretch.iter().filter(|&&unit| unit >= 100).count();
        assert!((8..=12).contains(&of_b), "{order:?}");
    }
}
