//! Ctrl-C without a terminal. Source: MCH-4.

use crate::kit::Place;

const GATED: &str = "
  - {id: a, image: any, bash: read go < gate}
";

#[test]
fn it_detaches_and_the_bake_goes_on() {
    let place = Place::new(GATED);
    let gate = place.gate("gate");
    let mut bake = place.start("bake b -n x");
    bake.hear(&["a  running"]);
    bake.interrupt();
    let ran = bake.end().expect(130);
    assert!(ran.err.contains("left; look at it: `apolo-flow inspect bake-"), "{}", ran.err);
    assert!(ran.out.starts_with("bake-"), "{}", ran.out);
    assert_eq!(place.standings(), [("driven".to_owned(), "running".to_owned())]);
    // A follower that comes later sees the end.
    let logs = place.start("logs x a -f");
    gate.open();
    logs.end().expect(0);
}

#[test]
fn it_cancels_where_that_was_said() {
    let place = Place::new(GATED);
    let _gate = place.gate("gate");
    let mut bake = place.start("bake b -n x --on-interrupt cancel");
    bake.hear(&["a  running"]);
    bake.interrupt();
    bake.end().expect(130);
    assert_eq!(place.statuses("x"), ["a cancelled"]);
}

#[test]
fn it_cancels_an_engine_in_this_process() {
    // BAT-73, CLI-13.
    let place = Place::new(GATED);
    let _gate = place.gate("gate");
    let mut bake = place.start("bake b -n x --local-executor");
    bake.hear(&["a  running"]);
    bake.interrupt();
    let ran = bake.end().expect(130);
    assert!(ran.err.contains("b cancelled in"), "{}", ran.err);
    assert_eq!(place.standings(), [("ended".to_owned(), "cancelled".to_owned())]);
}
