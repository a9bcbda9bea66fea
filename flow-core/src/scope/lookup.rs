//! [`Scope`]: the contexts of one place, as `expr` asks for them.

use crate::expr::Names;
use crate::scope::{Context, Contexts, Place};
use crate::value::Value;

/// The names that an expression sees at a place.
///
/// Shape: a context that the place has but that was given no value is not there.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    place: Place,
    contexts: &'a Contexts,
}

impl<'a> Scope<'a> {
    /// The view of `contexts` from `place`.
    pub fn new(place: Place, contexts: &'a Contexts) -> Self {
        Scope { place, contexts }
    }
}

impl Names for Scope<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        let context = Context::of(name).filter(|one| self.place.has(*one))?;
        self.contexts.get(context).cloned()
    }

    fn list(&self) -> Vec<&str> {
        let there = self.place.contexts().iter().filter(|one| self.contexts.get(**one).is_some());
        there.map(|one| one.name()).collect()
    }

    fn allows(&self, function: &str) -> bool {
        self.place.allows(function)
    }
}
