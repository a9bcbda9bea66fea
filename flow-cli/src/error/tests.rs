//! Exit codes of errors.

use flow_core::diag::{Code, Diagnostic, Diagnostics};
use flow_core::model::{OwnerId, TaskStatus, Timestamp};
use flow_core::port::StoreError;
use flow_core::text::SourceMap;
use flow_engine::EngineError;

use super::CliError;
use crate::exit::Exit;

fn config(codes: &[Code]) -> CliError {
    let diagnostics: Diagnostics = codes.iter().map(|code| Diagnostic::error(*code, "x")).collect();
    EngineError::config(diagnostics, SourceMap::new()).into()
}

#[test]
fn errors_mean_their_exit_codes() {
    // DEC-27.
    let held = StoreError::Held { subject: "attempt-1".into(), owner: OwnerId::new("x"), until: Timestamp::default() };
    let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    let finished = EngineError::Finished { bake: "bake-1".into(), number: 1, status: TaskStatus::Failed };
    let cases: [(CliError, Exit); 7] = [
        (config(&[Code::FlowNotFound]), Exit::Failed),
        (config(&[Code::FlowNotFound, Code::UnknownKey]), Exit::BadFiles),
        (config(&[Code::MissingParam]), Exit::BadFiles),
        (held.into(), Exit::Held),
        (CliError::Driven { bake: "bake-1".into(), number: 1 }, Exit::Held),
        (finished.into(), Exit::Failed),
        (CliError::Output { what: "the output", error: closed }, Exit::Well),
    ];
    for (error, exit) in cases {
        assert_eq!(error.exit(), exit, "{error}");
    }
}

#[test]
fn unknown_tasks_are_guessed() {
    let known = vec!["train-1".to_owned(), "report".to_owned()];
    let error: CliError = EngineError::UnknownTask { task: "trian-1".into(), known }.into();
    assert_eq!(error.hints(), ["did you mean `train-1`?"]);
}
