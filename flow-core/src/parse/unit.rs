//! [`unit`]: the attributes of what a task runs. Source: spec 02 §3.

use crate::ast::{Command, CommandKind, Entries, Field, Unit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Target, Template};
use crate::parse::field::{self, Expressions, ITEM, PATH, SECONDS, TEXT, field};
use crate::parse::list::{entries, items};
use crate::parse::shape::{self, Entry, Fields};
use crate::parse::surprise;
use crate::text::{Spanned, Text};

const COMMANDS: [(&str, CommandKind); 3] =
    [("cmd", CommandKind::Cmd), ("bash", CommandKind::Bash), ("python", CommandKind::Python)];

/// Reads the unit of a task. What this version cannot run is not in `fields`, and stays absent.
pub(super) fn unit(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Unit {
    Unit {
        title: field(fields.get("title"), &TEXT, diagnostics),
        name: field(fields.get("name"), &TEXT, diagnostics),
        image: field(fields.get("image"), &TEXT, diagnostics),
        entrypoint: field(fields.get("entrypoint"), &TEXT, diagnostics),
        command: command(fields, diagnostics),
        workdir: field(fields.get("workdir"), &PATH, diagnostics),
        env: env(fields.get("env"), diagnostics),
        tags: items(fields.get("tags"), &ITEM, diagnostics),
        life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
        ..Unit::default()
    }
}

/// Reads `env`. Names must be such that a process can have them; secrets are for later.
pub(super) fn env(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Entries<String> {
    let found = entries(entry, &ITEM, diagnostics);
    let Entries::Written(written) = &found else { return found };
    for (name, (key, value)) in &written.value {
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!("`{}` cannot be the name of an environment variable", name.escape_debug());
            let help = "use letters, digits and `_`";
            diagnostics.push(Diagnostic::error(Code::WrongValue, message).at(*key, "").help(help));
        }
        if let Field::Literal(value) = value
            && value.value.starts_with("secret:")
        {
            let found = Diagnostic::error(Code::NotSupported, "this version cannot look up secrets yet")
                .at(value.span, "valid, but not supported yet")
                .help("let the task read it from a file that only you can read");
            diagnostics.push(found);
        }
    }
    found
}

/// The one of `cmd`, `bash` and `python` that is there (YML-31: also with null).
fn command(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Command> {
    let mut present: Vec<_> = COMMANDS.iter().filter_map(|(name, kind)| Some((fields.get(name)?, *kind))).collect();
    present.sort_by_key(|(entry, _)| entry.key);
    let (entry, kind) = *present.first()?;
    if let Some((others, last)) = present.get(1..).and_then(<[_]>::split_last).map(|(last, others)| (others, last)) {
        let names: Vec<String> = present.iter().map(|(entry, _)| format!("`{}`", entry.name)).collect();
        let message = format!("{} exclude each other", names.join(" and "));
        let found = Diagnostic::error(Code::Exclusive, message).at(last.0.key, "another command");
        let found = others.iter().fold(found, |found, (entry, _)| found.at(entry.key, "another command"));
        diagnostics.push(found.at(entry.key, "the first command").help("keep one of them"));
    }
    let text = command_text(entry, diagnostics);
    Some(Command { kind, key: entry.key, text })
}

fn command_text(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Field<Template> {
    let Some(scalar) = entry.value.scalar() else {
        diagnostics.push(shape::wrong_shape(entry, "a text").help("write the command as one text, or as a `|` block"));
        return Field::Absent;
    };
    if entry.value.is_null() {
        return Field::Null(entry.place());
    }
    surprise::warn(entry, scalar, Target::Str, diagnostics);
    if Template::is_expression(&scalar.text.content) {
        let rule = (Expressions::Joined, "a text");
        return field::template(entry, &scalar.text, rule, diagnostics).map_or(Field::Absent, Field::Expr);
    }
    let text = match scalar.value.text() {
        same if same == scalar.text.content => scalar.text.clone(),
        rendered => Text::plain(rendered, scalar.text.span),
    };
    Field::Literal(Spanned::new(Template::literal(&text), text.span))
}
