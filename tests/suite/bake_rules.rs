//! Rules of a bake as tables: what `enable` lets run, what ends count for, what takes a place.

use std::fmt::Write as _;

use flow_core::event::CancelScope;
use flow_core::model::{Exit, Reason, TaskStatus};
use flow_core::port::What;

use crate::sim::{Sim, id};

/// Ends of `a` and of `b`, and whether a task that needs both then runs with this `enable`.
const ENABLED: &[(&str, [bool; 5])] = &[
    // both well, a failed, a cancelled alone, a skipped, a cached
    ("${{ success() }}", [true, false, false, false, true]),
    ("${{ failure() }}", [false, true, false, false, false]),
    ("${{ not success() }}", [false, true, true, true, false]),
    ("${{ not failure() }}", [true, false, true, true, true]),
    ("${{ success('b') }}", [true, true, true, true, true]),
    ("${{ success('a', 'b') }}", [true, false, false, false, true]),
    ("${{ failure('a') }}", [false, true, false, false, false]),
    ("${{ failure('b') }}", [false; 5]),
    ("always()", [true; 5]),
    ("${{ always() }}", [true; 5]),
    ("${{ always() and True }}", [true; 5]),
    ("${{ 'yes' }}", [true; 5]),
    ("${{ '' }}", [false; 5]),
    ("${{ needs.a.result == 'succeeded' }}", [true, false, false, false, true]),
    ("${{ needs.a.result == 'cancelled' }}", [false, false, true, false, false]),
    ("${{ needs.a.result == 'skipped' }}", [false, false, false, true, false]),
];

#[test]
fn what_enable_lets_run() {
    // BAT-52, BAT-53, OBS-5.13, OBS-5.14, OBS-5.58.
    let mut wrong = Vec::new();
    for (enable, runs) in ENABLED {
        let text = |more: &str| {
            let enable = enable.replace('\'', "''");
            format!(
                "
kind: batch
defaults: {{fail_fast: false}}
tasks:
  - {{id: a, needs: [], image: x{more}}}
  - {{id: b, needs: [], image: x}}
  - {{id: c, needs: [a, b], image: x, enable: '{enable}'}}
"
            )
        };
        for (way, runs) in ["well", "failed", "cancelled", "skipped", "cached"].into_iter().zip(runs) {
            let mut sim = Sim::new(&text(if way == "skipped" { ", enable: false" } else { "" }));
            if way == "cached" {
                let mut before = Sim::new(&text("")).begin();
                before.succeed("a");
                sim.cache = before.cached_results();
            }
            let mut sim = sim.begin();
            match way {
                "failed" => sim.fail("a"),
                "cancelled" => {
                    sim.cancel(CancelScope::Task(id("a")));
                    sim.die("a");
                }
                "well" => sim.succeed("a"),
                _ => {}
            }
            sim.succeed("b");
            let ran = sim.starts().contains(&"c".to_owned());
            if ran != *runs {
                wrong.push(format!("{enable}, {way}: {}", sim.statuses()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn without_needs_there_is_success_and_no_failure() {
    // BAT-53.
    let text = "
kind: batch
defaults: {fail_fast: false}
tasks:
  - {id: a, needs: [], image: x, enable: '${{ success() }}'}
  - {id: b, needs: [], image: x, enable: '${{ failure() }}'}
  - {id: c, needs: {a: running}, image: x, enable: '${{ failure() }}'}
";
    let sim = Sim::new(text).begin();
    assert_eq!(sim.statuses(), "a running, b skipped, c skipped", "a running need is not looked at");
}

#[test]
fn an_unknown_name_in_success_is_an_error() {
    let text = "
kind: batch
tasks:
  - {id: a, needs: [], image: x}
  - {id: b, needs: [a], image: x, enable: \"${{ success(needs.a.outputs.v) }}\"}
";
    let mut sim = Sim::new(text).begin();
    sim.ended("a", Exit::Code(0), Reason::Finished, &[("v", "nobody")]);
    assert!(matches!(sim.reason("b"), Some(Reason::Evaluation { .. })), "{}", sim.statuses());
}

#[test]
fn tasks_end_from_pending_too() {
    // BAT-56, BAT-69: never from pending to succeeded.
    let text = "kind: batch\ndefaults: {fail_fast: false}\ntasks: [{id: a, needs: [], image: x}, {id: b, needs: [], image: x}]\n";
    let mut sim = Sim::new(text);
    sim.eager = false;
    let mut sim = sim.begin();
    sim.fail("a");
    sim.report("b", What::Suspended);
    assert_eq!(sim.statuses(), "a failed, b pending", "OBS-5.15");
    sim.die("b");
    assert_eq!((sim.statuses().as_str(), sim.result()), ("a failed, b cancelled", Some(TaskStatus::Failed)));
}

#[test]
fn what_fails_while_the_bake_winds_down_changes_nothing_more() {
    // BAT-72: one round of killing; what starts later is not killed.
    let text = "
kind: batch
tasks:
  - {id: a, needs: [], image: x}
  - {id: b, needs: [a], image: x, enable: always()}
  - {id: c, needs: [a], image: x, enable: always()}
  - {id: d, needs: [b], image: x, enable: always()}
";
    let mut sim = Sim::new(text).begin();
    sim.fail("a");
    sim.fail("b");
    assert!(sim.kills().is_empty());
    sim.succeed("c");
    sim.succeed("d");
    assert_eq!(sim.statuses(), "a failed, b failed, c succeeded, d succeeded");
}

#[test]
fn only_units_take_places() {
    // BAT-54, BAT-75, DEC-26: not calls, not what is skipped or cached, not what waits.
    let text = "
kind: batch
defaults: {max_parallel: 2}
tasks:
  - {id: one, needs: [], action: 'ws:two'}
  - {id: two, needs: [], action: 'ws:two'}
  - {id: no, needs: [], image: x, enable: false}
  - {id: old, needs: [], image: x}
  - {id: wait, needs: [one], image: x}
=== ws:two
kind: batch
tasks: [{id: a, needs: [], image: x, cache: {strategy: none}}, {id: b, needs: [a], image: x, cache: {strategy: none}}]
";
    let mut before = Sim::new("kind: batch\ntasks: [{id: old, needs: [], image: x}]\n").begin();
    before.succeed("old");
    let mut sim = Sim::new(text);
    sim.cache = before.cached_results();
    let mut sim = sim.begin();
    assert_eq!(sim.starts(), ["one.a", "two.a"], "{}", sim.statuses());
    sim.succeed("one.a");
    assert_eq!(sim.status("old"), TaskStatus::Cached);
    assert_eq!(sim.starts(), ["one.a", "two.a", "one.b"]);
}

#[test]
fn bounds_of_rows_hold_for_each_entry_alone() {
    // DEC-26, ODD-5.15: rows of one entry do not wait for those of another.
    let mut text = "kind: batch\ndefaults: {max_parallel: 9, cache: {strategy: none}}\ntasks:\n".to_owned();
    for (entry, most) in [("p", 1), ("q", 2), ("r", 3)] {
        writeln!(
            text,
            "  - {{id: {entry}, needs: [], image: x, strategy: {{matrix: {{n: [1, 2, 3, 4]}}, max_parallel: {most}}}}}"
        )
        .expect("a text takes all");
    }
    let mut sim = Sim::new(&text).begin();
    assert_eq!(sim.starts(), ["p-1", "q-1", "q-2", "r-1", "r-2", "r-3"]);
    sim.succeed("q-2");
    assert_eq!(sim.starts().last().map(String::as_str), Some("q-3"));
}

#[test]
fn the_nearest_fail_fast_decides() {
    // BAT-70: of the row's own entry, of the call around it, of the defaults.
    let text = |defaults: &str, call: &str, own: &str| {
        let strategy = |text: &str, variable: &str| match text {
            "" => String::new(),
            text => format!(", strategy: {{matrix: {{{variable}: [1]}}, fail_fast: {text}}}"),
        };
        format!(
            "
kind: batch
defaults: {{cache: {{strategy: none}}{defaults}}}
tasks:
  - {{id: call, needs: [], action: 'ws:in'{}}}
  - {{id: far, needs: [], image: x}}
=== ws:in
kind: batch
tasks: [{{id: a, needs: [], image: x{}}}, {{id: b, needs: [], image: x}}]
",
            strategy(call, "k"),
            strategy(own, "n")
        )
    };
    for (defaults, call, own, kills) in [
        ("", "", "", vec!["call.b", "far"]),
        (", fail_fast: false", "", "", vec![]),
        (", fail_fast: false", "true", "", vec!["call.b", "far"]),
        ("", "false", "", vec![]),
        ("", "false", "true", vec!["call.b", "far"]),
        (", fail_fast: true", "true", "false", vec![]),
    ] {
        let mut sim = Sim::new(&text(defaults, call, own)).begin();
        sim.fail("call.a");
        let mut killed = sim.kills();
        killed.sort();
        assert_eq!(killed, kills, "defaults{defaults}, call {call}, own {own}");
    }
}
