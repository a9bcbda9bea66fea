//! [`task`]: one entry of `tasks`. Source: spec 02 §5.1.

use crate::ast::{NeedItem, Task};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::model::NeedsLevel;
use crate::parse::cache::cache;
use crate::parse::field::{ENABLE, Expressions, ID, ITEM, Kind, NEEDED_ID, field, plain};
use crate::parse::matrix::strategy;
use crate::parse::shape::{self, Entry, Rule, Table, used_at};
use crate::parse::unit::unit;
use crate::text::Spanned;
use crate::yaml::NodeKind;

const LIVE: &str = "it belongs to jobs of live flows; remove it here";
const CALL: &str = "write the tasks of the action into this flow";
const PORT: &str = "remove it; the task may listen on a port of this machine like any process";

const TABLE: Table = Table {
    what: "a task",
    keys: &[
        ("id", Rule::Optional),
        ("title", Rule::Optional),
        ("name", Rule::Optional),
        ("needs", Rule::Optional),
        ("strategy", Rule::Optional),
        ("enable", Rule::Optional),
        ("cache", Rule::Optional),
        ("image", Rule::Optional),
        ("entrypoint", Rule::Optional),
        ("cmd", Rule::Optional),
        ("bash", Rule::Optional),
        ("python", Rule::Optional),
        ("workdir", Rule::Optional),
        ("env", Rule::Optional),
        ("tags", Rule::Optional),
        ("life_span", Rule::Optional),
        ("preset", Rule::Later("remove it; tasks of this version take what this machine has")),
        ("schedule_timeout", Rule::Later("remove it; `life_span` bounds how long a task runs")),
        ("volumes", Rule::Later("remove it; tasks of this version see the folders of this machine")),
        ("http_port", Rule::Later(PORT)),
        ("http_auth", Rule::Later(PORT)),
        ("pass_config", Rule::Later("remove it; tasks of this version cannot reach the engine")),
        ("restart", Rule::Later("remove it; restart the bake to run a failed task again")),
        ("mixins", Rule::Later("write the keys of the mixin into the task, or share them by a YAML merge key `<<`")),
        ("action", Rule::Later(CALL)),
        ("module", Rule::Later(CALL)),
        ("args", Rule::Later(CALL)),
        ("params", Rule::Elsewhere("params of a batch flow are declared at its top; remove it here")),
        ("detach", Rule::Elsewhere(LIVE)),
        ("browse", Rule::Elsewhere(LIVE)),
        ("port_forward", Rule::Elsewhere(LIVE)),
        ("multi", Rule::Elsewhere(LIVE)),
    ],
};

const LEVEL: Kind<String> = Kind { what: "`running` or `completed`", expr: Expressions::Refused, ..ITEM };

/// Reads one entry; `None`, reported, if it is no mapping.
pub(super) fn task(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Task> {
    let fields = shape::fields(entry, &TABLE, diagnostics)?;
    Some(Task {
        span: fields.span,
        id: field(fields.get("id"), &ID, diagnostics),
        needs: needs(fields.section("needs"), diagnostics),
        strategy: strategy(fields.section("strategy"), diagnostics),
        enable: field(fields.get("enable"), &ENABLE, diagnostics),
        cache: cache(fields.section("cache"), diagnostics),
        unit: unit(&fields, diagnostics),
    })
}

/// Reads `needs`: a list of ids, or a mapping of ids to levels.
fn needs(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Option<Spanned<Vec<NeedItem>>> {
    let entry = entry?;
    let needs = match &entry.value.kind {
        NodeKind::Seq(items) => items
            .iter()
            .map(|item| NeedItem {
                id: field(Some(entry.item(item)), &NEEDED_ID, diagnostics),
                level: NeedsLevel::Completed,
            })
            .collect(),
        NodeKind::Map(entries) => entries
            .iter()
            .filter_map(|(key, value)| {
                let id = field(Some(entry.item(key)), &NEEDED_ID, diagnostics);
                let name = key.scalar().map_or("", |scalar| scalar.text.content.as_ref());
                let level = level(Entry::new(name, key.span, value), diagnostics)?;
                Some(NeedItem { id, level })
            })
            .collect(),
        NodeKind::Scalar(scalar) => {
            let help = format!("write a list: `needs: [{}]`", scalar.text.content.trim());
            diagnostics.push(shape::wrong_shape(entry, "a list of task ids").help(help));
            return None;
        }
    };
    Some(Spanned::new(needs, entry.value.span))
}

fn level(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<NeedsLevel> {
    let word = plain(Some(entry), &LEVEL, diagnostics)?;
    match word.value.as_str() {
        "running" => Some(NeedsLevel::Running),
        "completed" => Some(NeedsLevel::Completed),
        other => {
            let help = suggest::help(other, "levels", ["running", "completed"]).unwrap_or_default();
            let found = Diagnostic::error(Code::WrongValue, format!("`{other}` is no level of a need"));
            diagnostics.push(used_at(found.at(word.span, "").help(help), entry.value));
            None
        }
    }
}
