use flow_core::model::{Digest, LiveJobId, LiveOrder, ProjectId, RestartPolicy, SourceText, Stdin, Timestamp};

use super::*;

fn job(status: TaskStatus, exit: UnitExit, reason: Reason) -> LiveJob {
    let order = LiveOrder {
        project: ProjectId::new("p"),
        project_name: "shop".to_owned(),
        flow: "live".to_owned(),
        job: "train".into(),
        suffix: Some("a b".to_owned()),
        name: "shop-train".to_owned(),
        title: "\u{1b}]0;title".to_owned(),
        tags: Vec::new(),
        params: IndexMap::new(),
        executor: "local".to_owned(),
        sources: Vec::<SourceText>::new(),
        workspace: "/w".to_owned(),
        git: None,
        by: "ada".to_owned(),
        spec: Digest::of(b""),
        preset: None,
        http_port: Some(80),
        url: None,
        port_forward: Vec::new(),
        detach: false,
        browse: false,
        life_span_seconds: None,
        restart: RestartPolicy::Never,
        stdin: Stdin::Closed,
        engine_version: "0".to_owned(),
    };
    let mut job = LiveJob::new(LiveJobId::new("job-1"), order, Timestamp::from_unix_millis(0));
    (job.status, job.outcome) = (status, Some(Outcome { status, exit, reason }));
    job
}

#[test]
fn the_exit_code_is_the_jobs_own() {
    let cases = [
        (TaskStatus::Succeeded, UnitExit::Code(0), Reason::Finished, 0),
        (TaskStatus::Failed, UnitExit::Code(7), Reason::Finished, 7),
        (TaskStatus::Failed, UnitExit::Signal(9), Reason::Finished, 137),
        (TaskStatus::Failed, UnitExit::None, Reason::Lost, 1),
        (TaskStatus::Cancelled, UnitExit::Signal(15), Reason::Killed, 130),
        (TaskStatus::Cancelled, UnitExit::Code(0), Reason::Killed, 130),
    ];
    for (status, exit, reason, code) in cases {
        assert_eq!(exit_of(&job(status, exit, reason.clone())).code(), code, "{exit:?} {reason:?}");
    }
}

#[test]
fn lines_are_harmless_and_say_how_to_go_on() {
    let job = job(TaskStatus::Failed, UnitExit::Code(7), Reason::Finished);
    assert_eq!(run_line(&job), "apolo-flow run train -s 'a b'");
    assert_eq!(port(&job), "port 80");
    let row = flow_core::port::LiveRow {
        claim: flow_core::port::ClaimState {
            epoch: flow_core::model::Epoch(1),
            owner: None,
            until: Timestamp::default(),
        },
        job,
    };
    let found = LiveFound { row, standing: Standing::Stalled };
    let look = Look { color: false, unicode: false, dumb: false };
    let text = lines(&found, look, &Zone::of(Some("UTC"))).join("\n");
    assert!(text.contains("exit code 7") && text.contains("its engine is gone"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}
