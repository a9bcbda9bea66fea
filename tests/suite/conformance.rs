//! The shared vectors, file by file: the one table of what judges which.
//!
//! `FLOW_CONFORMANCE_DIR=DIR cargo test -p flow-tests conformance -- --nocapture` runs another folder.

use flow_tests::conformance::{Suite, run};

use crate::{
    conformance_batch_plan, conformance_batch_run, conformance_commands, conformance_expr, conformance_live_plan,
    conformance_yaml,
};

const SUITES: &[Suite] = &[
    Suite { file: "expr-parse", judge: conformance_expr::judge_parse },
    Suite { file: "expr-eval", judge: conformance_expr::judge_eval },
    Suite { file: "yaml-parse", judge: conformance_yaml::judge },
    Suite { file: "live-plan", judge: conformance_live_plan::judge },
    Suite { file: "batch-plan", judge: conformance_batch_plan::judge },
    Suite { file: "cache-key", judge: conformance_batch_plan::judge_keys },
    Suite { file: "batch-run", judge: conformance_batch_run::judge },
    Suite { file: "commands", judge: conformance_commands::judge },
];

#[test]
#[expect(clippy::print_stdout, reason = "the counts are what the run is for")]
fn conformance() {
    let counts = run(SUITES, &mut |line| println!("{line}"));
    assert_eq!(counts.failed, 0, "each is printed above; see them with `-- --nocapture`");
    assert!(counts.passed > 0, "no case at all");
}
