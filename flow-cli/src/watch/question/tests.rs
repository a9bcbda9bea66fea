//! Answers.

use super::{Answer, meaning};

#[test]
fn only_clear_words_leave_or_cancel() {
    for (line, answer) in [
        ("d\n", Answer::Detach),
        (" Detach \n", Answer::Detach),
        ("C\n", Answer::Cancel),
        ("\n", Answer::Watch),
        ("k\n", Answer::Watch),
        ("what?\n", Answer::Watch),
    ] {
        assert_eq!(meaning(line), answer, "{line:?}");
    }
}
