//! [`ImageRefs`]: one reference means one image, wherever it is defined. Source: spec 02 §8, CTX-22.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Declared, Image};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::expr::Answers;
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::image::{Ground, ImageFiles, ImageSpec, files, reference};
use crate::plan::level::Level;
use crate::scope::{Place, Scope};
use crate::text::Span;

/// All images that are built, by their references.
#[derive(Debug, Default)]
pub(crate) struct ImageRefs {
    found: IndexMap<String, Vec<(Span, ImageFiles)>>,
}

impl ImageRefs {
    /// Adds images that are evaluated.
    pub(crate) fn add(&mut self, declared: &Declared<Image>, images: &IndexMap<Arc<str>, ImageSpec>) {
        for (id, image) in images {
            let definition = declared.get(id).zip(image.files.as_ref());
            self.put(&image.reference, definition.map(|(declared, files)| (declared.name, files.clone())));
        }
    }

    /// Evaluates images of an action as far as that goes without inputs, and adds them.
    ///
    /// `ref` must be known before the run; context and Dockerfile may come later.
    pub(crate) fn evaluate(
        &mut self,
        declared: &Declared<Image>,
        level: &Level,
        workspace: &str,
        problems: &mut Problems,
    ) {
        let place = Place::EarlyImages(level.kind);
        let ground =
            Ground { contexts: &level.contexts, early: place, late: place, workspace, home: level.home.as_ref() };
        let scope = Scope::new(place, &level.contexts);
        let answers = Answers::new();
        for image in declared.values() {
            let mut evaluator = Evaluator { names: &scope, answers: &answers, problems };
            let Some(reference) = reference(image, level.home.as_ref(), &mut evaluator) else { continue };
            let mut unsaid = Problems::default();
            let mut evaluator = Evaluator { names: &scope, answers: &answers, problems: &mut unsaid };
            let files = files(image, &ground, &mut evaluator).ok().flatten();
            self.put(&reference, files.map(|files| (image.name, files)));
        }
    }

    fn put(&mut self, reference: &str, definition: Option<(Span, ImageFiles)>) {
        let Some(definition) = definition.filter(|_| reference.starts_with("image:")) else { return };
        let known = self.found.entry(reference.to_owned()).or_default();
        if !known.contains(&definition) {
            known.push(definition);
        }
    }

    /// References with more than one meaning, each with all its definitions. Errors: `F0514`.
    pub(crate) fn conflicts(&self) -> Diagnostics {
        let differ = |definitions: &[(Span, ImageFiles)]| {
            definitions.windows(2).any(|pair| matches!(pair, [(_, one), (_, other)] if one != other))
        };
        let conflicts = self.found.iter().filter(|(_, definitions)| differ(definitions));
        let faults = conflicts.map(|(reference, definitions)| {
            let fault = Diagnostic::error(Code::ImageConflict, format!("`{reference}` is built from different files"));
            let label = |files: &ImageFiles| format!("from `{}` in `{}`", files.dockerfile, files.context);
            let labelled = definitions.iter().fold(fault, |fault, (span, files)| fault.at(*span, label(files)));
            labelled.help("give each image a reference of its own")
        });
        faults.collect()
    }
}
