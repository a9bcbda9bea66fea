//! Columns.

use super::{Cell, Strip, Table, cut, width};
use crate::report::look::Look;

fn table() -> Table {
    let mut table = Table::new(&["ID", "STATUS", "OUTPUTS"]);
    table.push(vec!["a".into(), Cell { text: "failed".into(), status: Some("failed") }, "x=1".into()]);
    table.push(vec!["日本".into(), "".into(), "a very long output that does not fit".into()]);
    table
}

#[test]
fn columns_line_up_and_nothing_is_cut_in_a_pipe() {
    let lines = table().draw(Look::default(), None);
    assert_eq!(
        lines,
        ["ID    STATUS  OUTPUTS", "a     failed  x=1", "日本          a very long output that does not fit"]
    );
}

#[test]
fn a_terminal_is_never_overrun() {
    let look = Look { unicode: true, ..Look::default() };
    let lines = table().draw(look, Some(30));
    assert!(lines.iter().all(|line| width(line) <= 30), "{lines:#?}");
    assert_eq!(lines.last().unwrap(), "日本          a very long out…");
}

#[test]
fn colours_take_no_room() {
    let look = Look { color: true, ..Look::default() };
    let lines = table().draw(look, None);
    assert!(lines[1].contains("\u{1b}[") && lines[1].ends_with("  x=1"), "{lines:#?}");
}

#[test]
fn cuts_do_not_split_wide_characters() {
    assert_eq!((cut("日本", 3), cut("日本", 4), cut("", 3)), ("日", "日本", ""));
    let mut strip = Strip::new(5);
    strip.push("日", str::to_owned);
    strip.push_padded("ab", 2, str::to_owned);
    strip.push("cd", str::to_owned);
    assert_eq!(strip.finish(), "日abc");
}
