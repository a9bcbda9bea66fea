//! [`Shell`]: the scripts that shells load, how they ask, and what they take for an answer.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;
use flow_core::model::words;

use crate::report::summary::quoted;

/// The variable by which a shell asks (CLI-50).
pub(crate) const VARIABLE: &str = "_APOLO_FLOW_COMPLETE";

/// What stands for the program in a script.
const PROGRAM: &str = "@PROGRAM@";

const BASH: &str = r#"_apolo_flow_complete() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(_APOLO_FLOW_COMPLETE=bash @PROGRAM@ -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _apolo_flow_complete apolo-flow neuro-flow 2>/dev/null ||
    complete -F _apolo_flow_complete apolo-flow neuro-flow
"#;

const ZSH: &str = r#"_apolo_flow_complete() {
    local -a found others folders
    local one
    found=("${(@f)$(_APOLO_FLOW_COMPLETE=zsh @PROGRAM@ -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for one in $found; do
        if [[ $one == */ ]]; then folders+=("$one"); else others+=("$one"); fi
    done
    [[ -n $others ]] && _describe -V 'values' others
    [[ -n $folders ]] && _describe -V 'folders' folders -S ''
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
compdef _apolo_flow_complete apolo-flow neuro-flow
"#;

const FISH: &str = r"function __apolo_flow_complete
    set -lx _APOLO_FLOW_COMPLETE fish
    @PROGRAM@ -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null
end
for name in apolo-flow neuro-flow
    complete --command $name --no-files --keep-order --arguments '(__apolo_flow_complete)'
end
";

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
        }
    }

    /// What it loads at its start.
    pub(super) fn script(self, program: &[OsString]) -> String {
        let script = match self {
            Shell::Bash => BASH,
            Shell::Zsh => ZSH,
            Shell::Fish => FISH,
        };
        script.replace(PROGRAM, &self.quoted(program))
    }

    /// The line of its start file that loads the script (CLI-40).
    pub(crate) fn line(self, program: &[OsString]) -> String {
        let (name, program) = (self.name(), self.quoted(program));
        match self {
            Shell::Bash | Shell::Zsh => format!("eval \"$({VARIABLE}={name}_source {program})\""),
            Shell::Fish => format!("{VARIABLE}={name}_source {program} | source"),
        }
    }

    /// Its start file (CLI-41); `None` where no variable says where it is.
    pub(crate) fn start_file(self, variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
        let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || folder("HOME");
        match self {
            Shell::Bash => home().map(|home| home.join(".bashrc")),
            Shell::Zsh => folder("ZDOTDIR").or_else(home).map(|folder| folder.join(".zshrc")),
            Shell::Fish => {
                let config = folder("XDG_CONFIG_HOME").or_else(|| home().map(|home| home.join(".config")));
                config.map(|config| config.join("fish/config.fish"))
            }
        }
    }

    /// The program as this shell takes it. Inside single quotes fish knows two escapes, POSIX shells none.
    fn quoted(self, program: &[OsString]) -> String {
        let quote = |word: &OsString| {
            let word = word.to_string_lossy();
            match (self, quoted(&word)) {
                (Shell::Fish, quoted) if quoted.starts_with('\'') => {
                    format!("'{}'", word.replace('\\', r"\\").replace('\'', r"\'"))
                }
                (_, quoted) => quoted,
            }
        };
        program.iter().map(quote).collect::<Vec<_>>().join(" ")
    }
}

/// What a shell wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The script.
    Script(Shell),
    /// What may stand in place of the last word.
    Words {
        format: Format,
        /// All up to the cursor, the program first, the last perhaps empty.
        words: Vec<String>,
        /// The part of the last word that the shell keeps as it is: bash breaks words at `:` and `=`, and
        /// replaces only what is behind the last of them.
        kept: String,
    },
}

/// How candidates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One a line, quoted for the shell unless the word is in quotes already.
    Bash { in_quotes: bool },
    /// `value:description`.
    Zsh,
    /// Value, tab, description.
    Fish,
    /// `plain,value`, as the reference answers (CLI-42).
    Plain,
}

/// A candidate with its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub value: String,
    pub about: Option<String>,
}

/// Understands what a shell asks; `None` if no shell asks so.
pub(super) fn request(wanted: &str, args: &[OsString], variable: &dyn Fn(&str) -> Option<String>) -> Option<Request> {
    let behind = args.iter().skip_while(|arg| *arg != "--").skip(1);
    let mut behind: Vec<String> = behind.map(|arg| arg.to_string_lossy().into_owned()).collect();
    match wanted {
        "bash_source" => Some(Request::Script(Shell::Bash)),
        "zsh_source" => Some(Request::Script(Shell::Zsh)),
        "fish_source" => Some(Request::Script(Shell::Fish)),
        "bash" => {
            let shown = behind.pop()?;
            let (words, in_quotes) = typed(&behind.pop()?)?;
            let kept = words.last()?.strip_suffix(&shown).unwrap_or_default().to_owned();
            Some(Request::Words { format: Format::Bash { in_quotes }, words, kept })
        }
        "zsh" | "fish" => {
            let format = if wanted == "zsh" { Format::Zsh } else { Format::Fish };
            (!behind.is_empty()).then_some(Request::Words { format, words: behind, kept: String::new() })
        }
        "bash_complete" => {
            let mut words = words::split(&variable("COMP_WORDS")?).ok()?;
            words.resize(variable("COMP_CWORD")?.parse::<u16>().ok()?.checked_add(1)?.into(), String::new());
            Some(Request::Words { format: Format::Plain, words, kept: String::new() })
        }
        _ => None,
    }
}

/// The words of a line that ends at the cursor, and whether the last one is inside quotes.
fn typed(line: &str) -> Option<(Vec<String>, bool)> {
    // A letter at the end shows where the last word is: it may be empty, or its quotes open.
    let (mut words, in_quotes) = [("", false), ("\"", true), ("'", true)]
        .into_iter()
        .find_map(|(close, open)| Some((words::split(&format!("{line}x{close}")).ok()?, open)))?;
    words.last_mut()?.pop();
    Some((words, in_quotes))
}

impl Format {
    /// Candidates as the shell reads them; what no line can hold is left out.
    pub(super) fn write(self, candidates: &[Candidate], kept: &str) -> String {
        let fits = |one: &&Candidate| !one.value.is_empty() && !one.value.contains(char::is_control);
        let mut text = String::new();
        for one in candidates.iter().filter(fits) {
            let about = one.about.as_deref().unwrap_or_default().replace(char::is_control, " ");
            let value = one.value.strip_prefix(kept).unwrap_or(&one.value);
            let line = match self {
                Format::Bash { in_quotes: true } => value.to_owned(),
                Format::Bash { in_quotes: false } => quoted(value),
                Format::Zsh => match (value.replace('\\', r"\\").replace(':', r"\:"), about.as_str()) {
                    (value, "") => value,
                    (value, about) => format!("{value}:{about}"),
                },
                Format::Fish => format!("{value}\t{about}"),
                Format::Plain => format!("plain,{value}"),
            };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests;
