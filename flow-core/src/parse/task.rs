//! [`tasks`]: the entries of `tasks`, in their three forms. Source: spec 02 §5.1.

use crate::ast::{Cache, CallKind, Field, NeedItem, Retry, Section, Strategy, Task, TaskBody};
use crate::diag::Diagnostics;
use crate::model::NeedsLevel;
use crate::parse::cache::{cache, retry};
use crate::parse::call::{self, ARGS, UNIT_OF_CALL, call};
use crate::parse::field::{ENABLE, ID, NEEDED_ID, field};
use crate::parse::job;
use crate::parse::matrix::strategy;
use crate::parse::shape::{self, Entry, Fields, Keys, Rule, Table};
use crate::parse::unit::{self, unit};
use crate::parse::word::{Words, word};
use crate::text::Spanned;
use crate::value::Value;
use crate::yaml::NodeKind;

/// The keys of a task in its graph, which a mixin may give.
pub(super) const OPTIONS: Keys =
    &[("needs", Rule::Optional), ("strategy", Rule::Optional), ("enable", Rule::Optional), ("cache", Rule::Optional)];

/// The key of tasks that may be tried again.
pub(super) const RETRY: Keys = &[("retry", Rule::Optional)];

const ID_KEY: Keys = &[("id", Rule::Optional)];

const LIVE: (Keys, &str) = (job::OPTIONS, "it belongs to jobs of live flows; remove it here");

const PARAMS: (Keys, &str) = (job::PARAMS, "params of a batch flow are declared at its top; remove it here");

pub(super) const UNIT: Table =
    Table { what: "a task", keys: &[ID_KEY, OPTIONS, unit::KEYS, unit::MIXINS, RETRY], foreign: &[ARGS, LIVE, PARAMS] };

pub(super) const ACTION: Table = Table {
    what: "a call of an action",
    keys: &[ID_KEY, OPTIONS, call::ACTION],
    foreign: &[(unit::KEYS, UNIT_OF_CALL), (unit::MIXINS, UNIT_OF_CALL), (RETRY, UNIT_OF_CALL), LIVE, PARAMS],
};

pub(super) const MODULE: Table = Table { what: "a call of a module", keys: &[ID_KEY, OPTIONS, call::MODULE], ..ACTION };

const LEVEL: Words<NeedsLevel> = Words {
    one: "level of a need",
    list: "`running` or `completed`",
    meanings: &[("running", NeedsLevel::Running), ("completed", NeedsLevel::Completed)],
};

/// Reads `tasks` of a flow or an action.
pub(super) fn tasks(entry: Option<Entry<'_>>, diagnostics: &mut Diagnostics) -> Vec<Task> {
    let Some(entry) = entry else { return Vec::new() };
    let NodeKind::Seq(items) = &entry.value.kind else {
        let found = shape::wrong_shape(entry, "a list of tasks");
        let named = matches!(entry.value.kind, NodeKind::Map(_));
        let help = if named {
            "write each task as an item of a list, its name as the id: `- id: name`"
        } else {
            "write `tasks: []` for a flow without tasks, else an item for each: `- cmd: …`"
        };
        diagnostics.push(found.help(help));
        return Vec::new();
    };
    items.iter().filter_map(|item| task(entry.item(item), diagnostics)).collect()
}

/// Reads one entry; `None`, reported, if it is no mapping, or a call of nothing.
fn task(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Task> {
    let called = call::kind_of(entry.value);
    let table = match called {
        Some(CallKind::Module) => &MODULE,
        Some(CallKind::Action) => &ACTION,
        None => &UNIT,
    };
    let fields = shape::fields(entry, table, diagnostics)?;
    let options = options(&fields, diagnostics);
    let body = match called {
        Some(kind) => call(kind, &fields, diagnostics).map(|call| TaskBody::Call(Box::new(call))),
        None => Some(TaskBody::Unit(Box::new(unit(&fields, diagnostics)))),
    };
    Some(Task {
        span: fields.span,
        id: field(fields.get("id"), &ID, diagnostics),
        needs: options.needs,
        strategy: options.strategy,
        enable: options.enable,
        cache: options.cache,
        retry: options.retry,
        body: body?,
    })
}

/// What tasks and the mixins of batch flows say beside their unit.
pub(super) struct Options {
    pub(super) needs: Section<Spanned<Vec<NeedItem>>>,
    pub(super) strategy: Section<Strategy>,
    pub(super) enable: Field<Value>,
    pub(super) cache: Section<Cache>,
    pub(super) retry: Section<Retry>,
}

/// Reads them from those keys that are there.
pub(super) fn options(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Options {
    Options {
        needs: shape::section(fields.get("needs"), |entry| needs(entry, diagnostics)),
        strategy: strategy(fields.get("strategy"), diagnostics),
        enable: field(fields.get("enable"), &ENABLE, diagnostics),
        cache: cache(fields.get("cache"), diagnostics),
        retry: retry(fields.get("retry"), diagnostics),
    }
}

/// Reads `needs`: a list of ids, or a mapping of ids to levels.
fn needs(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Vec<NeedItem>>> {
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
                let level = word(Entry::new(name, key.span, value), &LEVEL, diagnostics)?;
                Some(NeedItem { id, level: level.value })
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
