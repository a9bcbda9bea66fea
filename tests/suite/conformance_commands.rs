//! The shared vectors of workflow commands, through [`flow_core::command::Scanner`]. Source: spec 07.

use std::collections::BTreeMap;

use flow_core::command::Scanner;
use serde_json::Value;

const VECTORS: &str = include_str!("../conformance/commands.jsonl");
const EXCEPTIONS: &str = include_str!("exceptions.json");

#[test]
fn commands_are_found_as_in_the_vectors() {
    let exceptions: BTreeMap<String, String> = serde_json::from_str(EXCEPTIONS).expect("a table of exceptions");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in VECTORS.lines() {
        let case: Value = serde_json::from_str(line).expect("a vector");
        let id = case["id"].as_str().expect("an id").to_owned();
        let same = observed(&case) == expected(&case);
        // An exception that holds after all is as wrong as a vector that does not.
        if same == exceptions.contains_key(&id) {
            wrong.push(format!("{id} ({}): {} for {}", case["note"], observed(&case), expected(&case)));
        }
        count += 1;
    }
    assert_eq!(count, 42);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn expected(case: &Value) -> Value {
    let expect = &case["expect"];
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
