//! [`TaskDefinition`]: an entry of `tasks`, its mixins merged and its call bound. Source: DEC-12, CTX-67.

use crate::ast::{ActionKind, Cache, CallKind, Field, Mixin, NeedItem, Retry, Section, Strategy, Task, TaskBody};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::call::{Binder, CallDefinition, CalledBody, Caller};
use crate::resolve::unit::{UnitDefinition, nearest};
use crate::text::{Span, Spanned};
use crate::value::Value;

/// An entry of `tasks`, mixins applied; or the end of a stateful call.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDefinition {
    /// The entry's mapping.
    pub span: Span,
    /// `id`; its expressions may use `matrix` only.
    pub id: Field<String>,
    /// `needs`; `None` means the entry before (CTX-73).
    pub needs: Option<Spanned<Vec<NeedItem>>>,
    /// `strategy`.
    pub strategy: Option<Strategy>,
    /// `enable`; `post_if` of a post task.
    pub enable: Field<Value>,
    /// Cache settings.
    pub cache: Option<Cache>,
    /// When it is tried again (EXT-3).
    pub retry: Option<Retry>,
    /// What it does.
    pub work: Work,
}

/// What a task does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Runs a unit of its own.
    Unit(Box<UnitDefinition>),
    /// Opens the tasks of a batch action or a module.
    Tasks(Box<CallDefinition>),
    /// Runs `main` of a stateful action.
    Main(Box<CallDefinition>),
    /// Runs `post` of the stateful action that another entry calls, at the end of the graph.
    Post {
        /// The place of that entry.
        of: u32,
        /// What it runs.
        unit: Box<UnitDefinition>,
    },
    /// Runs a local action on the user's machine.
    Local(Box<CallDefinition>),
}

impl TaskDefinition {
    /// The unit that it runs as a task of the flow, or as its end.
    pub fn unit(&self) -> Option<&UnitDefinition> {
        match &self.work {
            Work::Unit(unit) | Work::Post { unit, .. } => Some(unit),
            Work::Tasks(_) | Work::Main(_) | Work::Local(_) => None,
        }
    }

    /// The call that it makes.
    pub fn call(&self) -> Option<&CallDefinition> {
        match &self.work {
            Work::Tasks(call) | Work::Main(call) | Work::Local(call) => Some(call),
            Work::Unit(_) | Work::Post { .. } => None,
        }
    }
}

/// Defines all entries, then their post tasks in the opposite order (CTX-67).
///
/// Shape: an entry that is wrong is left out; then there are errors. `open`: whether mixins are seen.
pub(crate) fn define_tasks(
    tasks: &[Task],
    open: bool,
    binder: &mut Binder<'_>,
    diags: &mut Diagnostics,
) -> Vec<TaskDefinition> {
    let mut defined: Vec<TaskDefinition> = tasks.iter().filter_map(|task| define(task, open, binder, diags)).collect();
    let mut ends: Vec<TaskDefinition> =
        defined.iter().zip(0_u32..).filter_map(|(task, at)| end_of(task, at, binder)).collect();
    ends.reverse();
    defined.extend(ends);
    defined
}

fn define(task: &Task, open: bool, binder: &mut Binder<'_>, diags: &mut Diagnostics) -> Option<TaskDefinition> {
    let (mixins, work) = match &task.body {
        TaskBody::Unit(unit) => {
            let mixins =
                if open { binder.mixins.line(&unit.mixins, diags) } else { unseen(unit.mixins.as_ref(), diags) };
            let unit = UnitDefinition::merge(unit, &mixins);
            (mixins, Work::Unit(Box::new(unit)))
        }
        TaskBody::Call(call) => {
            let caller = Caller { span: task.span, live: false, open };
            let (call, kind) = binder.call(call, caller, diags)?;
            diags.append(refuse_cache(task, kind));
            (Vec::new(), work_of(call, kind))
        }
    };
    Some(TaskDefinition {
        span: task.span,
        id: task.id.clone(),
        needs: section(&task.needs, &mixins, |mixin| &mixin.needs),
        strategy: section(&task.strategy, &mixins, |mixin| &mixin.strategy),
        enable: nearest(std::iter::once(&task.enable).chain(mixins.iter().map(|mixin| &mixin.enable))),
        cache: section(&task.cache, &mixins, |mixin| &mixin.cache),
        retry: section(&task.retry, &mixins, |mixin| &mixin.retry),
        work,
    })
}

/// The nearest section whose key is there (CTX-33).
fn section<T: Clone>(own: &Section<T>, mixins: &[&Mixin], of: impl Fn(&Mixin) -> &Section<T>) -> Option<T> {
    let mut all = std::iter::once(own).chain(mixins.iter().map(|mixin| of(mixin)));
    all.find(|one| one.is_present()).and_then(|one| one.written().cloned())
}

fn work_of(call: CallDefinition, kind: ActionKind) -> Work {
    let call = Box::new(call);
    match kind {
        ActionKind::Stateful => Work::Main(call),
        ActionKind::Local => Work::Local(call),
        // A live action was refused by the binder.
        ActionKind::Batch | ActionKind::Live => Work::Tasks(call),
    }
}

/// Tasks of actions see no mixins (CTX-39).
fn unseen<'a>(list: Option<&Spanned<Vec<Field<String>>>>, diags: &mut Diagnostics) -> Vec<&'a Mixin> {
    for name in list.into_iter().flat_map(|list| &list.value) {
        let shown = match name {
            Field::Literal(literal) => format!("unknown mixin `{}`", literal.value),
            Field::Absent | Field::Null(_) | Field::Expr(_) => "unknown mixin".to_owned(),
        };
        let fault = Diagnostic::error(Code::UnknownMixin, shown);
        let fault = name.span().into_iter().fold(fault, |fault, span| fault.at(span, "not defined"));
        diags.push(fault.help("an action sees no mixins: write the attributes out, or call it as a module"));
    }
    Vec::new()
}

/// Stateful and local calls are never cached (CTX-45).
fn refuse_cache(task: &Task, kind: ActionKind) -> Diagnostics {
    let is_cached = matches!(kind, ActionKind::Batch | ActionKind::Live);
    if is_cached || task.cache.written().is_none() {
        return Diagnostics::new();
    }
    let message = format!("a call of an action of kind `{}` takes no `cache`", kind.word());
    let fault = Diagnostic::error(Code::WrongCall, message).at(task.span.head(), "this call");
    Diagnostics::from_iter([fault.help("leave `cache` out: it is never cached")])
}

/// The post task of a stateful call, if it has one.
fn end_of(task: &TaskDefinition, of: u32, binder: &Binder<'_>) -> Option<TaskDefinition> {
    let Work::Main(call) = &task.work else { return None };
    debug_assert_eq!(call.kind, CallKind::Action, "stateful actions are called by `action` only");
    let CalledBody::Stateful(stateful) = &binder.action(call.target)?.body else { return None };
    let unit = Box::new(stateful.post.as_ref()?.value.clone());
    Some(TaskDefinition {
        span: task.span,
        id: Field::Absent,
        needs: None,
        strategy: task.strategy.clone(),
        enable: stateful.post_if.clone(),
        cache: None,
        retry: None,
        work: Work::Post { of, unit },
    })
}
