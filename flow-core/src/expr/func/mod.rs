//! The builtin functions: the table, and one file per family.
//!
//! Main types: [`Function`], [`FUNCTIONS`]. Which of them a place allows does not belong here.

mod data;
mod host;
mod json;
mod status;
mod text;

pub use host::HOST_FUNCTIONS;

use crate::diag::{Code, suggest};
use crate::expr::budget::Budget;
use crate::expr::trouble::{Halt, Trouble, show};
use crate::expr::{Answers, HostCall, Names};
use crate::value::Value;

/// A builtin function.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called, for people.
    pub signature: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// The least number of arguments.
    pub least: usize,
    /// The most; `None` for any number.
    pub most: Option<usize>,
    pub(crate) run: fn(&mut Call<'_>) -> Result<Value, Halt>,
}

impl Function {
    /// How many arguments it takes, for people.
    pub(crate) fn arity_text(&self) -> String {
        let word = |count: usize| if count == 1 { "argument" } else { "arguments" };
        match self.most {
            None => format!("at least {} {}", self.least, word(self.least)),
            Some(0) => "no arguments".to_owned(),
            Some(most) if most == self.least => format!("{most} {}", word(most)),
            Some(most) => format!("{} to {most} arguments", self.least),
        }
    }
}

macro_rules! functions {
    ($($name:literal $least:literal .. $most:expr, $signature:literal, $about:literal, $run:path;)*) => {
        /// All functions in the order of the reference. Source: spec 03 §8.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            name: $name, signature: $signature, about: $about, least: $least, most: $most, run: $run,
        },)*];
    };
}

functions! {
    "len" 1..Some(1), "len(x)", "The length of a text, list, mapping or set.", data::len;
    "int" 1..Some(1), "int(x)", "A text or a number as an integer, cut towards zero.", data::int;
    "str" 1..Some(1), "str(x)", "A value as a text.", text::str;
    "range" 1..Some(3), "range(stop), range(start, stop[, step])", "A list of integers.", data::range;
    "keys" 1..Some(1), "keys(mapping)", "The keys of a mapping in its order.", data::keys;
    "values" 1..Some(1), "values(mapping)", "The values of a mapping in its order.", data::values;
    "lower" 1..Some(1), "lower(text)", "A text in lower case.", text::lower;
    "upper" 1..Some(1), "upper(text)", "A text in upper case.", text::upper;
    "replace" 3..Some(3), "replace(text, old, new)", "A text with all occurrences of `old` replaced.", text::replace;
    "join" 2..Some(3), "join(separator, items[, to_str])", "The items as one text.", text::join;
    "fmt" 1..None, "fmt(template, …)", "A text with values put in place of `{}`.", text::fmt;
    "to_json" 1..Some(1), "to_json(x)", "A value as JSON.", json::to_json;
    "from_json" 1..Some(1), "from_json(text)", "The value that a JSON text describes.", json::from_json;
    "hash_files" 0..None, "hash_files(pattern, …)", "A digest of files of the workspace.", host::hash_files;
    "hash_files_relative" 1..None, "hash_files_relative(root, pattern, …)", "A digest of files below a folder.",
        host::hash_files_relative;
    "upload" 1..Some(1), "upload(volume)", "Copies the local part of a volume to its remote part.", host::upload;
    "parse_volume" 1..Some(1), "parse_volume(text)", "The volume that `uri:mount[:mode]` describes.", host::parse_volume;
    "inspect_job" 1..Some(2), "inspect_job(name[, suffix])", "The newest job of a name that has not ended: its `id`, `name`, `status`, `description`, `tags`, `owner`, `preset_name`, `http_url`, `http_port`, `internal_hostname`, `restart_policy` and `life_span`.", host::inspect_job;
    "success" 0..None, "success([id, …])", "Whether all needs, or those named, succeeded.", status::success;
    "failure" 0..None, "failure([id, …])", "Whether any need, or any of those named, failed.", status::failure;
    "always" 0..None, "always()", "Makes a task run whatever became of its needs.", status::always;
    "nothing" 0..Some(0), "nothing()", "None.", data::nothing;
}

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// «Did you mean» for a name that is no function.
///
/// Names that are far by letters but known from old documents or other systems are found as well.
pub(crate) fn suggestion(name: &str) -> Option<String> {
    const OTHER_NAMES: &[(&str, &str)] = &[
        ("parse_json", "from_json"),
        ("fromJSON", "from_json"),
        ("toJSON", "to_json"),
        ("format", "fmt"),
        ("hashFiles", "hash_files"),
        ("length", "len"),
    ];
    match OTHER_NAMES.iter().find(|(other, _)| *other == name) {
        Some((_, ours)) => Some(format!("did you mean `{ours}`?")),
        None => suggest::help(name, "functions", FUNCTIONS.iter().map(|function| function.name)),
    }
}

/// One call with all that a function may use.
pub(crate) struct Call<'a> {
    pub(crate) function: &'static Function,
    pub(crate) args: &'a [Value],
    pub(crate) names: &'a dyn Names,
    pub(crate) answers: &'a Answers,
    pub(crate) budget: &'a mut Budget,
}

impl<'a> Call<'a> {
    /// An argument, null if it was not given; the parser has checked how many there are.
    fn arg(&self, at: usize) -> &'a Value {
        self.args.get(at).unwrap_or(&Value::Null)
    }

    /// A text argument.
    fn text(&self, at: usize) -> Result<&'a str, Trouble> {
        let value = self.arg(at);
        value.as_str().ok_or_else(|| self.wrong(at, "a text", value))
    }

    /// An argument is not what it should be.
    fn wrong(&self, at: usize, wanted: &str, value: &Value) -> Trouble {
        let which = match at {
            _ if self.function.most == Some(1) => "argument",
            0 => "first argument",
            1 => "second argument",
            2 => "third argument",
            _ => "last argument",
        };
        Trouble::kind(format!("the {which} of `{}` must be {wanted}, not {}", self.function.name, show(value)))
            .help(format!("call it as `{}`", self.function.signature))
    }

    /// A context that the function needs.
    fn context(&self, name: &str) -> Result<Value, Trouble> {
        self.names.get(name).ok_or_else(|| {
            let message =
                format!("`{}` needs the context `{name}`, which this place does not have", self.function.name);
            Trouble::new(Code::UnknownContext, message).help("use the function where that context exists")
        })
    }

    /// The answer of the host, if it is known; a null answer gives `missing`.
    fn answer(&self, question: HostCall, missing: impl FnOnce() -> Trouble) -> Result<Value, Halt> {
        match self.answers.get(&question) {
            None => Err(Halt::Ask(question)),
            Some(Value::Null) => Err(missing().into()),
            Some(answer) => Ok(answer.clone()),
        }
    }
}
