//! What shells ask and read.

use super::*;

fn ask(wanted: &str, behind: &[&str], variables: &[(&str, &str)]) -> Option<Request> {
    let args: Vec<OsString> = ["apolo-flow", "--"].iter().chain(behind).map(OsString::from).collect();
    let variable = |name: &str| variables.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned());
    request(wanted, &args, &variable)
}

fn words(format: Format, words: &[&str], kept: &str) -> Request {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Request::Words { format, words, kept: kept.to_owned() }
}

#[test]
fn the_line_of_bash_is_taken_apart() {
    let bare = Format::Bash { in_quotes: false };
    let quotes = Format::Bash { in_quotes: true };
    assert_eq!(ask("bash", &["apolo-flow ba", "ba"], &[]), Some(words(bare, &["apolo-flow", "ba"], "")));
    assert_eq!(ask("bash", &["apolo-flow bake ", ""], &[]), Some(words(bare, &["apolo-flow", "bake", ""], "")));
    assert_eq!(ask("bash", &["f logs 'a b", "a b"], &[]), Some(words(quotes, &["f", "logs", "a b"], "")));
    assert_eq!(ask("bash", &["f --config=/t", "/t"], &[]), Some(words(bare, &["f", "--config=/t"], "--config=")));
    assert_eq!(ask("bash", &["f --config=", ""], &[]), Some(words(bare, &["f", "--config="], "--config=")));
    assert_eq!(ask("bash", &[], &[]), None);
}

#[test]
fn the_protocol_of_the_reference_is_answered() {
    // CLI-42.
    let asked = ask("bash_complete", &[], &[("COMP_WORDS", "apolo-flow\nba\n"), ("COMP_CWORD", "1")]);
    assert_eq!(asked, Some(words(Format::Plain, &["apolo-flow", "ba"], "")));
    let asked = ask("bash_complete", &[], &[("COMP_WORDS", "apolo-flow bake"), ("COMP_CWORD", "2")]);
    assert_eq!(asked, Some(words(Format::Plain, &["apolo-flow", "bake", ""], "")));
    assert_eq!(ask("bash_complete", &[], &[("COMP_WORDS", "apolo-flow bake"), ("COMP_CWORD", "x")]), None);
    assert_eq!(ask("tcsh_source", &[], &[]), None);
    assert_eq!(ask("zsh_source", &[], &[]), Some(Request::Script(Shell::Zsh)));
}

#[test]
fn answers_are_safe_to_read() {
    let found = [
        Candidate { value: "a b:c".into(), about: Some("line\none".into()) },
        Candidate { value: "evil\x1b[2J".into(), about: None },
        Candidate { value: "x=1".into(), about: None },
    ];
    assert_eq!(Format::Bash { in_quotes: false }.write(&found, ""), "'a b:c'\nx=1\n");
    assert_eq!(Format::Bash { in_quotes: true }.write(&found, "x="), "a b:c\n1\n");
    assert_eq!(Format::Zsh.write(&found, ""), "a b\\:c:line one\nx=1\n");
    assert_eq!(Format::Fish.write(&found, ""), "a b:c\tline one\nx=1\t\n");
    assert_eq!(Format::Plain.write(&found, ""), "plain,a b:c\nplain,x=1\n");
}

#[test]
fn scripts_name_the_program_as_the_shell_takes_it() {
    let program = [OsString::from("/opt/a b'c/apolo-flow")];
    assert!(Shell::Bash.script(&program).contains(r"'/opt/a b'\''c/apolo-flow' --"));
    assert!(Shell::Fish.script(&program).contains(r"'/opt/a b\'c/apolo-flow' --"));
    assert_eq!(
        Shell::Zsh.line(&[OsString::from("/bin/apolo-flow")]),
        "eval \"$(_APOLO_FLOW_COMPLETE=zsh_source /bin/apolo-flow)\""
    );
}
