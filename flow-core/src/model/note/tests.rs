//! Outcomes in words.

use crate::model::{Exit, Outcome, Reason, TaskStatus};

fn words(status: TaskStatus, exit: Exit, reason: Reason) -> Option<String> {
    super::outcome(&Outcome { status, exit, reason })
}

#[test]
fn a_success_says_nothing_more() {
    assert_eq!(words(TaskStatus::Succeeded, Exit::Code(0), Reason::Finished), None);
}

#[test]
fn failures_say_why() {
    let failed = |exit, reason| words(TaskStatus::Failed, exit, reason).unwrap();
    assert_eq!(failed(Exit::Code(3), Reason::Finished), "exit code 3");
    assert_eq!(failed(Exit::Signal(11), Reason::Finished), "killed by signal 11 (SIGSEGV)");
    assert_eq!(failed(Exit::Signal(40), Reason::Finished), "killed by signal 40");
    assert_eq!(failed(Exit::Signal(15), Reason::LifeSpan), "ran longer than its life_span");
    let reason = Reason::NotStarted { message: "`nosuch`: not found".into() };
    assert_eq!(failed(Exit::None, reason), "could not be started: `nosuch`: not found");
    let reason = Reason::Evaluation { message: "no output `a`".into(), place: "F0402 b.yml:7:1".into() };
    assert_eq!(failed(Exit::None, reason), "no output `a` (F0402 b.yml:7:1)");
}
