//! [`candidates`]: a line as far as it is typed → what may come next. The tree of commands is clap's.

use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use clap_complete::engine::{self, ArgValueCompleter, CompletionCandidate, ValueCompleter};

use crate::args::Global;
use crate::complete::shell::Candidate;
use crate::complete::value::{self, Values};
use crate::help;
use crate::io::Io;
use crate::session::Session;

/// What was typed before the last word, and where it is completed.
pub(super) struct Typed {
    session: Session,
    matches: ArgMatches,
    /// The word before the last one.
    previous: Option<String>,
}

impl Typed {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The word before the last one.
    pub(super) fn previous(&self) -> Option<&str> {
        self.previous.as_deref()
    }

    /// The value of an argument of the command that was typed; its default where it has one.
    pub(super) fn value(&self, arg: &str) -> Option<String> {
        let (_, command) = self.matches.subcommand()?;
        let found = command.try_get_raw(arg).ok().flatten()?.next()?;
        found.to_str().map(str::to_owned)
    }
}

/// What may stand in place of the last word, in order, and the world given back.
pub(super) fn candidates(words: Vec<String>, io: Io) -> (Vec<Candidate>, Io) {
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    let last = words.len().saturating_sub(1);
    let before = words.iter().take(last.max(1));
    let matches = help::command().ignore_errors(true).try_get_matches_from(before).unwrap_or_default();
    let folder = io.folder.clone();
    let mut global = global(&matches);
    global.config = global.config.filter(|path| !folder.join(path).is_file());
    let session = Session::new(&global, io).expect("only a `--config` that is a file is refused");
    let previous = last.checked_sub(1).and_then(|at| words.get(at)).and_then(|word| word.to_str()).map(str::to_owned);
    let typed = Arc::new(Mutex::new(Typed { session, matches, previous }));
    let mut command = with_values(help::command(), &typed);
    let bare = words.last().is_none_or(|word| word.is_empty());
    let found = engine::complete(&mut command, words, last, Some(&folder)).unwrap_or_default();
    drop(command);
    let found = found.iter().filter(|one| !one.is_hide_set() || !starts(one, "__")).map(candidate).collect();
    let typed = Arc::into_inner(typed).expect("the command that shared it is dropped");
    (wanted(found, bare), typed.into_inner().unwrap_or_else(PoisonError::into_inner).session.io)
}

/// The options that every command has, as far as they were typed.
fn global(matches: &ArgMatches) -> Global {
    Global::from_arg_matches(matches).unwrap_or_else(|_| {
        let none = Global::augment_args(Command::new("none").disable_help_flag(true)).get_matches_from(["none"]);
        Global::from_arg_matches(&none).expect("no option is required")
    })
}

/// Without a letter to go by, options would bury the values: they are offered where nothing else is.
fn wanted(found: Vec<Candidate>, bare: bool) -> Vec<Candidate> {
    let is_option = |one: &Candidate| one.value.starts_with('-');
    if bare && found.iter().any(|one| !is_option(one)) {
        return found.into_iter().filter(|one| !is_option(one)).collect();
    }
    found
}

fn starts(one: &CompletionCandidate, text: &str) -> bool {
    one.get_value().to_string_lossy().starts_with(text)
}

fn candidate(one: &CompletionCandidate) -> Candidate {
    let about = one.get_help().map(|help| help.to_string().lines().next().unwrap_or_default().to_owned());
    Candidate { value: one.get_value().to_string_lossy().into_owned(), about: about.filter(|text| !text.is_empty()) }
}

/// The commands, their arguments tied to live values.
fn with_values(command: Command, typed: &Arc<Mutex<Typed>>) -> Command {
    command.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        command.mut_args(|arg| match value::of(&name, arg.get_id().as_str()) {
            Some(values) => arg.add(ArgValueCompleter::new(Live { values, typed: Arc::clone(typed) })),
            None => arg,
        })
    })
}

/// An argument whose values are looked up now.
struct Live {
    values: Values,
    typed: Arc<Mutex<Typed>>,
}

impl ValueCompleter for Live {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        self.complete_at(0, current)
    }

    fn complete_at(&self, index: usize, current: &OsStr) -> Vec<CompletionCandidate> {
        let Some(current) = current.to_str() else { return Vec::new() };
        let typed = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        // The shell's user waits: one thread is up soonest.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return Vec::new();
        };
        let found = runtime.block_on(self.values.find(&typed, index, current));
        runtime.shutdown_background();
        let fitting = found.into_iter().filter(|one| one.value.starts_with(current));
        let as_theirs = |one: Candidate| CompletionCandidate::new(one.value).help(one.about.map(Into::into));
        fitting.map(as_theirs).collect()
    }
}
