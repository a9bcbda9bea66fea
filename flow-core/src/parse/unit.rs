//! [`unit`]: the attributes of what a job or a task runs. Source: spec 02 §3.

use crate::ast::{Command, CommandKind, Entries, Field, Unit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::{Target, Template};
use crate::parse::field::{self, Expressions, FLAG, INT, ITEM, PATH, RESTART, SECONDS, TEXT, field};
use crate::parse::list::{entries, items};
use crate::parse::shape::{self, Entry, Fields, Keys, Rule};
use crate::parse::surprise;
use crate::text::{Spanned, Text};
use crate::yaml::NodeKind;

const COMMANDS: [(&str, CommandKind); 3] =
    [("cmd", CommandKind::Cmd), ("bash", CommandKind::Bash), ("python", CommandKind::Python)];

/// The keys of every unit but `mixins`. Source: spec 02 §3.
pub(super) const KEYS: Keys = &[
    ("title", Rule::Optional),
    ("name", Rule::Optional),
    ("image", Rule::Optional),
    ("preset", Rule::Optional),
    ("schedule_timeout", Rule::Optional),
    ("entrypoint", Rule::Optional),
    ("cmd", Rule::Optional),
    ("bash", Rule::Optional),
    ("python", Rule::Optional),
    ("workdir", Rule::Optional),
    ("env", Rule::Optional),
    ("volumes", Rule::Optional),
    ("tags", Rule::Optional),
    ("life_span", Rule::Optional),
    ("http_port", Rule::Optional),
    ("http_auth", Rule::Optional),
    ("pass_config", Rule::Optional),
    ("restart", Rule::Optional),
];

/// The key of units that may share attributes.
pub(super) const MIXINS: Keys = &[("mixins", Rule::Optional)];

/// Reads a unit from the keys of its mapping.
pub(super) fn unit(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Unit {
    Unit {
        title: field(fields.get("title"), &TEXT, diagnostics),
        name: field(fields.get("name"), &TEXT, diagnostics),
        image: field(fields.get("image"), &TEXT, diagnostics),
        preset: field(fields.get("preset"), &TEXT, diagnostics),
        schedule_timeout: field(fields.get("schedule_timeout"), &SECONDS, diagnostics),
        entrypoint: field(fields.get("entrypoint"), &TEXT, diagnostics),
        command: command(fields, diagnostics),
        workdir: field(fields.get("workdir"), &PATH, diagnostics),
        env: env(fields.get("env"), diagnostics),
        volumes: items(fields.get("volumes"), &TEXT, diagnostics),
        tags: items(fields.get("tags"), &ITEM, diagnostics),
        life_span: field(fields.get("life_span"), &SECONDS, diagnostics),
        http_port: field(fields.get("http_port"), &INT, diagnostics),
        http_auth: field(fields.get("http_auth"), &FLAG, diagnostics),
        pass_config: field(fields.get("pass_config"), &FLAG, diagnostics),
        restart: field(fields.get("restart"), &RESTART, diagnostics),
        mixins: mixins(fields.get("mixins"), diagnostics),
    }
}

/// Reads `mixins`: a list of names, never one expression for all.
fn mixins(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Option<Spanned<Vec<Field<String>>>> {
    let entry = entry?;
    let NodeKind::Seq(names) = &entry.value.kind else {
        let found = shape::wrong_shape(entry, "a list of names");
        let help = match entry.value.scalar() {
            Some(scalar) if !entry.value.is_null() => {
                format!("write a list: `mixins: [{}]`", scalar.text.content.trim())
            }
            _ => "write a list: `mixins: [name]`".to_owned(),
        };
        diagnostics.push(found.help(help));
        return None;
    };
    let names = names.iter().map(|name| field(Some(entry.item(name)), &ITEM, diagnostics)).collect();
    Some(Spanned::new(names, entry.value.span))
}

/// Reads `env`. Names must be such that a process can have them.
pub(super) fn env(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Entries<String> {
    let found = entries(entry, &ITEM, diagnostics);
    let Entries::Written(written) = &found else { return found };
    for (name, (key, _)) in &written.value {
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!("`{}` cannot be the name of an environment variable", name.escape_debug());
            let help = "use letters, digits and `_`";
            diagnostics.push(Diagnostic::error(Code::WrongValue, message).at(*key, "").help(help));
        }
    }
    found
}

/// The one of `cmd`, `bash` and `python` that is there (YML-31: also with null).
pub(super) fn command(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Command> {
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
