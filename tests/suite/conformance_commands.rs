//! The shared vectors of workflow commands, through [`flow_core::command::Scanner`]. Source: spec 07.

use flow_core::command::Scanner;
use flow_tests::conformance::{Case, Verdict};
use serde_json::Value;

/// Feeds the chunks of a case.
pub(crate) fn judge(case: &Case) -> Verdict {
    let observed = observed(&case.fields);
    let holds = case.expected().into_iter().any(|expect| observed == expected(expect));
    Verdict { holds, actual: observed.to_string() }
}

fn expected(expect: &Value) -> Value {
    serde_json::json!({
        "echo": expect["echo_hex"],
        "pieces": expect["pieces_hex"],
        "outputs": expect["outputs"],
        "states": expect["states"],
    })
}

fn observed(case: &Value) -> Value {
    let mut scanner = Scanner::new();
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for chunk in case["chunks_hex"].as_array().expect("chunks") {
        scanner.feed(&bytes(chunk.as_str().expect("hex")), &mut |piece| pieces.push(piece.to_vec()));
    }
    let told = scanner.finish(&mut |piece| pieces.push(piece.to_vec()));
    serde_json::json!({
        "echo": hex(&pieces.concat()),
        "pieces": pieces.iter().map(|piece| hex(piece)).collect::<Vec<_>>(),
        "outputs": told.outputs,
        "states": told.states,
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
