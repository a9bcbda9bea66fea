//! [`parse_action`]: the file of an action or a module to its syntax. Source: spec 02 §11.

use crate::ast::{Action, ActionBody, BatchAction, StatefulAction, Unit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parse::cache::cache;
use crate::parse::document::Wanted;
use crate::parse::field::{ENABLE, PLAIN_TEXT, field, plain};
use crate::parse::flow::parse;
use crate::parse::input::{inputs, outputs, refuse_values};
use crate::parse::job::{self, job_of_action};
use crate::parse::shape::{self, Entry, Fields, Keys, Rule, Table};
use crate::parse::shared::images;
use crate::parse::task::{self, tasks};
use crate::parse::unit::{self, command, unit};
use crate::text::{FileId, Spanned};
use crate::yaml::Node;

const ACTION: Wanted = Wanted {
    what: "an action",
    kinds: &["live", "batch", "stateful", "local"],
    first: "the line `kind: batch`, or `live`, `stateful`, `local`",
};

const KIND: &str = "add the line `kind: batch`, or `live`, `stateful`, `local`";

const HEAD: Keys = &[
    ("kind", Rule::Required(KIND)),
    ("name", Rule::Optional),
    ("author", Rule::Optional),
    ("descr", Rule::Optional),
    ("inputs", Rule::Optional),
];

const OUTPUTS: Keys = &[("outputs", Rule::Optional)];

const COMMANDS: Keys = &[("cmd", Rule::Optional), ("bash", Rule::Optional), ("python", Rule::Optional)];

const BODY: Keys = &[
    ("outputs", Rule::Optional),
    ("job", Rule::Optional),
    ("cache", Rule::Optional),
    ("images", Rule::Optional),
    ("tasks", Rule::Optional),
    ("main", Rule::Optional),
    ("post", Rule::Optional),
    ("post_if", Rule::Optional),
    ("cmd", Rule::Optional),
    ("bash", Rule::Optional),
    ("python", Rule::Optional),
];

const FLOW: Keys = &[
    ("params", Rule::Elsewhere("an action has `inputs` instead")),
    ("defaults", Rule::Elsewhere("the flow that calls the action has defaults; remove it here")),
    ("volumes", Rule::Elsewhere("the flow that calls the action has volumes; pass a reference by an input")),
    ("mixins", Rule::Elsewhere("only flows and projects have mixins; write their keys out here")),
    ("id", Rule::Elsewhere("an action is named by its file; `name` is for people")),
    ("title", Rule::Elsewhere("an action has `name` and `descr` instead")),
    ("jobs", Rule::Elsewhere("a live action has one `job`")),
];

const OTHER_KIND: (Keys, &str) = (BODY, "actions of another kind have it; remove it, or change `kind`");

pub(super) const LIVE: Table = Table {
    what: "a live action",
    keys: &[HEAD, &[("job", Rule::Required("add `job:` and below it what it runs"))], FLOW],
    foreign: &[OTHER_KIND],
};

pub(super) const BATCH: Table = Table {
    what: "a batch action",
    keys: &[
        HEAD,
        OUTPUTS,
        &[
            ("cache", Rule::Optional),
            ("images", Rule::Optional),
            ("tasks", Rule::Required("add `tasks:` and below it an item for each task: `- cmd: …`")),
        ],
        FLOW,
    ],
    foreign: &[OTHER_KIND],
};

pub(super) const STATEFUL: Table = Table {
    what: "a stateful action",
    keys: &[
        HEAD,
        OUTPUTS,
        &[
            ("main", Rule::Required("add `main:` and below it what it runs")),
            ("post", Rule::Optional),
            ("post_if", Rule::Optional),
        ],
        FLOW,
    ],
    foreign: &[OTHER_KIND],
};

pub(super) const LOCAL: Table =
    Table { what: "a local action", keys: &[HEAD, OUTPUTS, COMMANDS, FLOW], foreign: &[OTHER_KIND] };

pub(super) const PART: Table = Table {
    what: "a part of a stateful action",
    keys: &[unit::KEYS],
    foreign: &[
        (unit::MIXINS, "only jobs and tasks have mixins; write their keys out here"),
        (task::OPTIONS, "the task that calls the action says so; remove it here"),
        (task::RETRY, "only tasks of a graph are tried again; remove it here"),
        (job::OPTIONS, "it belongs to jobs of live flows; remove it here"),
        (job::PARAMS, "declare `inputs` at the top of the action instead"),
    ],
};

/// Parses the file of an action or a module.
///
/// Shape: `None` if the text is not well-formed, is of no kind of action, or has no body; otherwise an
/// action in which what is wrong is absent. All diagnostics of the file come at once.
/// Errors: the families F01 and F02, `WrongKind`, and F03 of its expressions.
pub fn parse_action(file: FileId, text: &str) -> (Option<Action>, Diagnostics) {
    parse(file, text, &ACTION, |root, kind, diagnostics| {
        // Without a kind, which is reported, the body tells.
        let guess = ["job", "main", "tasks"].into_iter().find(|key| shape::has(root, key));
        match kind.or(guess) {
            Some("live" | "job") => action(root, &LIVE, live, diagnostics),
            Some("stateful" | "main") => action(root, &STATEFUL, stateful, diagnostics),
            Some("batch" | "tasks") => action(root, &BATCH, |fields, found| Some(batch(fields, found)), diagnostics),
            _ => action(root, &LOCAL, local, diagnostics),
        }
    })
}

type Body = fn(&Fields<'_>, &mut Diagnostics) -> Option<ActionBody>;

fn action(root: &Node, table: &Table, body: Body, diagnostics: &mut Diagnostics) -> Option<Action> {
    let fields = shape::fields(Entry::new("an action", root.span, root), table, diagnostics)?;
    let name = plain(fields.get("name"), &PLAIN_TEXT, diagnostics);
    let author = plain(fields.get("author"), &PLAIN_TEXT, diagnostics);
    let descr = plain(fields.get("descr"), &PLAIN_TEXT, diagnostics);
    let inputs = inputs(fields.get("inputs"), diagnostics);
    let outputs = outputs(fields.get("outputs"), diagnostics);
    let body = body(&fields, diagnostics);
    if !matches!(body, Some(ActionBody::Batch(_))) {
        refuse_values(&outputs, table.what, diagnostics);
    }
    Some(Action { span: fields.span, name, author, descr, inputs, outputs, body: body? })
}

fn live(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<ActionBody> {
    let entry = fields.get("job")?;
    let job = job_of_action(entry, diagnostics)?;
    Some(ActionBody::Live(Box::new(Spanned::new(job, entry.value.span))))
}

fn batch(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> ActionBody {
    let cache = cache(fields.get("cache"), diagnostics);
    let images = images(fields.get("images"), diagnostics);
    let tasks = tasks(fields.get("tasks"), diagnostics);
    ActionBody::Batch(Box::new(BatchAction { cache, images, tasks }))
}

fn stateful(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<ActionBody> {
    let main = fields.get("main").and_then(|entry| part(entry, diagnostics));
    let post = shape::section(fields.get("post"), |entry| part(entry, diagnostics));
    let post_if = field(fields.get("post_if"), &ENABLE, diagnostics);
    Some(ActionBody::Stateful(Box::new(StatefulAction { main: main?, post, post_if })))
}

fn part(entry: Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Unit>> {
    let fields = shape::fields(entry, &PART, diagnostics)?;
    Some(Spanned::new(unit(&fields, diagnostics), fields.span))
}

/// The command of a local action, which is not optional: null is an error.
fn local(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<ActionBody> {
    let found = command(fields, diagnostics);
    let keys = COMMANDS.iter().filter_map(|(name, _)| fields.get(name));
    for entry in keys.filter(|entry| entry.value.is_null()) {
        diagnostics.push(shape::null(entry, "a command"));
    }
    if found.is_none() {
        let missing = Diagnostic::error(Code::MissingKey, "a local action needs the key `cmd`, `bash` or `python`");
        diagnostics.push(missing.at(fields.head, "a local action without a command").help("add the line `cmd: …`"));
    }
    found.map(ActionBody::Local)
}

#[cfg(test)]
mod tests;
