//! [`Mixins`]: the mixins of a flow and its project, one space of names. Source: CTX-35…39, DEC-12.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Declared, Field, Mixin};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::expr::{Answers, Eval, Names, Target, convert};
use crate::resolve::ring::rings;
use crate::text::{Span, Spanned};
use crate::value::Value;

/// The list in `mixins:`.
pub(crate) type MixinList = Option<Spanned<Vec<Field<String>>>>;

/// All mixins that units may name.
#[derive(Debug, Default)]
pub(crate) struct Mixins<'a> {
    declared: IndexMap<Arc<str>, &'a Mixin>,
}

impl<'a> Mixins<'a> {
    /// The flow's mixins over those of the project; one of the same name hides it wholly (CTX-20).
    pub(crate) fn new(layers: impl IntoIterator<Item = &'a Declared<Mixin>>) -> Self {
        let mixins = layers.into_iter().flatten().map(|(name, mixin)| (name.clone(), mixin));
        Mixins { declared: mixins.collect() }
    }

    /// Checks the mixins themselves. Errors: `F0507`, `F0508`, and those of expressions in names.
    pub(crate) fn check(&self) -> Diagnostics {
        let mut diags = Diagnostics::new();
        let parents = self.declared.values().map(|mixin| {
            let names = self.names(&mixin.unit.mixins, &mut diags);
            names.iter().filter_map(|name| self.declared.get_index_of(name.value.as_str())).collect()
        });
        let edges: Vec<Vec<usize>> = parents.collect();
        for ring in rings(&edges) {
            diags.push(self.circle(&ring));
        }
        diags
    }

    fn circle(&self, ring: &[usize]) -> Diagnostic {
        let members: Vec<_> = ring.iter().filter_map(|at| self.declared.get_index(*at)).collect();
        let words: Vec<_> = members.iter().map(|(name, _)| format!("`{name}`")).collect();
        let fault =
            Diagnostic::error(Code::MixinCycle, format!("mixins include each other in a circle: {}", words.join(", ")));
        let labelled = members.iter().fold(fault, |fault, (_, mixin)| fault.at(mixin.name, "in the circle"));
        labelled.help("take one of them out of the `mixins` of another")
    }

    /// The mixins of a unit, the nearest first, each once: the rightmost, what it includes, and so on.
    ///
    /// Errors: `F0507`, and those of expressions in names. A circle ends where it begins again.
    pub(crate) fn line(&self, list: &MixinList, diags: &mut Diagnostics) -> Vec<&'a Mixin> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut line = Vec::new();
        let mut open: Vec<String> = self.names(list, diags).into_iter().map(|name| name.value).collect();
        while let Some(name) = open.pop() {
            let Some(mixin) = self.declared.get(name.as_str()).filter(|_| !seen.contains(&name)) else { continue };
            seen.insert(name);
            line.push(*mixin);
            // What is wrong with these names was said by `check`.
            let inner = self.names(&mixin.unit.mixins, &mut Diagnostics::new());
            open.extend(inner.into_iter().map(|name| name.value));
        }
        line
    }

    /// The names of a list in order of writing, without those that are unknown.
    fn names(&self, list: &MixinList, diags: &mut Diagnostics) -> Vec<Spanned<String>> {
        let mut names = Vec::new();
        for field in list.iter().flat_map(|list| &list.value) {
            let Some(name) = name_of(field, diags) else { continue };
            if self.declared.contains_key(name.value.as_str()) {
                names.push(name);
            } else {
                diags.push(self.unknown(&name.value, name.span));
            }
        }
        names
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let known = self.declared.keys().map(AsRef::as_ref);
        let help = suggest::help(name, "mixins", known).unwrap_or_else(|| "define it under `mixins`".to_owned());
        Diagnostic::error(Code::UnknownMixin, format!("unknown mixin `{name}`")).at(span, "not defined").help(help)
    }
}

/// A name, which may be an expression that sees no context (CTX-38).
fn name_of(field: &Field<String>, diags: &mut Diagnostics) -> Option<Spanned<String>> {
    match field {
        Field::Absent | Field::Null(_) => None,
        Field::Literal(literal) => Some(literal.clone()),
        Field::Expr(template) => match template.eval(&Nothing, &Answers::new()) {
            Eval::Done(value) => {
                let text = convert(&value, Target::Str).ok()?;
                Some(Spanned { value: text.text().to_string(), span: template.value_span() })
            }
            Eval::Ask(_) => None,
            Eval::Fault(fault) => {
                diags.push(*fault);
                None
            }
        },
    }
}

/// No context at all.
struct Nothing;

impl Names for Nothing {
    fn get(&self, _: &str) -> Option<Value> {
        None
    }

    fn list(&self) -> Vec<&str> {
        Vec::new()
    }
}
