//! The table of exit codes as decided.

use super::Exit;

#[test]
fn codes_are_those_of_the_decision() {
    // DEC-27.
    assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 4, 5, 70, 130]);
}

#[test]
fn the_table_names_every_code() {
    let table = Exit::table();
    for exit in Exit::ALL {
        assert!(table.contains(&format!("\n  {:<4} {}", exit.code(), exit.meaning())), "{table}");
    }
}
