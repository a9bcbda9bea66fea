//! Looks, folders, and what `--config` accepts.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;

use super::Session;
use crate::args::Args;
use crate::exit::Exit;
use crate::io::{Io, Output, Size};
use crate::report::look::Look;

fn session(
    line: &str,
    folder: &Path,
    terminal: bool,
    set: &'static [(&'static str, &'static str)],
) -> Result<Session, Exit> {
    let args = Args::try_parse_from(std::iter::once("apolo-flow").chain(line.split(' '))).unwrap();
    let output = || {
        if terminal {
            Output::terminal(std::io::sink(), Box::new(|| Size { width: 80, height: 24 }))
        } else {
            Output::pipe(std::io::sink())
        }
    };
    let io = Io {
        out: output(),
        err: output(),
        input: None,
        environment: set.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect(),
        folder: folder.to_owned(),
        self_program: vec![OsString::from("apolo-flow")],
    };
    Session::new(&args.global, io)
}

fn look(line: &str, terminal: bool, set: &'static [(&'static str, &'static str)]) -> Look {
    session(line, Path::new("/"), terminal, set).unwrap().err_look
}

#[test]
fn colours_obey_the_option_then_the_environment_then_the_terminal() {
    assert!(look("bakes", true, &[]).color);
    assert!(!look("bakes", false, &[]).color);
    assert!(!look("bakes", true, &[("NO_COLOR", "1")]).color);
    assert!(look("bakes", true, &[("NO_COLOR", "")]).color);
    assert!(!look("bakes", true, &[("TERM", "dumb")]).color);
    assert!(look("bakes --color always", false, &[("NO_COLOR", "1")]).color);
    assert!(!look("bakes --color never", true, &[]).color);
}

#[test]
fn line_drawing_needs_a_locale_that_has_it() {
    assert!(look("bakes", true, &[("LANG", "en_US.UTF-8")]).unicode);
    assert!(look("bakes", true, &[("LANG", "C"), ("LC_ALL", "C.utf8")]).unicode);
    assert!(!look("bakes", true, &[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]).unicode);
    assert!(!look("bakes", true, &[]).unicode);
}

#[test]
fn config_wants_a_folder() {
    // CLI-2, OBS-8.2.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    std::fs::create_dir_all(folder.path().join("w/.apolo")).unwrap();
    assert_eq!(session("bakes --config file", folder.path(), false, &[]).unwrap_err(), Exit::Usage);
    let missing = session("bakes --config missing", folder.path(), false, &[]).unwrap();
    assert_eq!(missing.source().unwrap_err().exit(), Exit::Failed);
    let found = session("bakes --config w", folder.path(), false, &[("HOME", "/")]).unwrap().source().unwrap();
    assert_eq!(found.folder(), folder.path().canonicalize().unwrap().join("w"));
}
