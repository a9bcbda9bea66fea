//! [`ImageSpec`]: a declared image, evaluated. Source: spec 02 §8, CTX-22, WS-51, WS-55.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Declared, Field, Image};
use crate::diag::{Code, Diagnostic};
use crate::expr::uri::{self, Home};
use crate::expr::{Answers, Target};
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::volume::{full_path, made_whole};
use crate::scope::{Contexts, Place, Scope};
use crate::text::Span;
use crate::value::{Value, ValueMap};

/// An image of a flow or an action.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSpec {
    /// What it is called in the registry.
    pub reference: String,
    /// What it is built from; `None` for one that exists already.
    pub files: Option<ImageFiles>,
    /// `NAME=value` texts.
    pub build_args: Vec<String>,
    /// Environment of the build.
    pub env: IndexMap<String, String>,
    /// Volume references of the build.
    pub volumes: Vec<String>,
    /// The preset of the build.
    pub build_preset: Option<String>,
    /// Whether it is built although it exists.
    pub force_rebuild: bool,
    /// More arguments for the builder, one text.
    pub extra_kaniko_args: Option<String>,
}

/// What an image is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFiles {
    /// The folder, absolute, or a storage URI.
    pub context: String,
    /// The Dockerfile, in the same way.
    pub dockerfile: String,
    /// The Dockerfile below the context.
    pub dockerfile_rel: String,
    /// Whether both are URIs.
    pub in_storage: bool,
}

/// Something could not be evaluated.
#[derive(Debug)]
pub(crate) struct Unset;

/// Where images are evaluated.
pub(crate) struct Ground<'a> {
    pub(crate) contexts: &'a Contexts,
    /// The place of `ref`.
    pub(crate) early: Place,
    /// The place of all else.
    pub(crate) late: Place,
    pub(crate) workspace: &'a str,
    pub(crate) home: Option<&'a Home>,
}

/// Evaluates images. One that cannot be evaluated is left out.
pub(crate) fn images(
    declared: &Declared<Image>,
    ground: &Ground<'_>,
    answers: &Answers,
    problems: &mut Problems,
) -> IndexMap<Arc<str>, ImageSpec> {
    let specs = declared.iter().map(|(id, image)| (id, image_spec(image, ground, answers, problems)));
    specs.filter_map(|(id, spec)| Some((id.clone(), spec?))).collect()
}

fn image_spec(image: &Image, ground: &Ground<'_>, answers: &Answers, problems: &mut Problems) -> Option<ImageSpec> {
    let early = Scope::new(ground.early, ground.contexts);
    let reference = reference(image, ground.home, &mut Evaluator { names: &early, answers, problems });
    let late = Scope::new(ground.late, ground.contexts);
    let mut evaluator = Evaluator { names: &late, answers, problems };
    let files = files(image, ground, &mut evaluator);
    let mut env = IndexMap::new();
    evaluator.lay_entries(&image.env, &mut env);
    let spec = ImageSpec {
        reference: reference?,
        files: files.ok()?,
        build_args: evaluator.texts(&image.build_args),
        env,
        volumes: evaluator.texts(&image.volumes),
        build_preset: evaluator.field(&image.build_preset, Target::Str),
        force_rebuild: evaluator.field(&image.force_rebuild, Target::Bool).unwrap_or(false),
        extra_kaniko_args: evaluator.field(&image.extra_kaniko_args, Target::Str),
    };
    Some(spec)
}

/// `ref`, made whole where the facts of the project are known (WS-51).
pub(crate) fn reference(image: &Image, home: Option<&Home>, evaluator: &mut Evaluator<'_>) -> Option<String> {
    let text = evaluator.required(&image.reference, Target::Str)?;
    made_whole(text, image.reference.span(), home, uri::resolve_image, evaluator)
}

/// Context and Dockerfile: both or none, both here or both in the storage. Errors: `F0515`.
///
/// What is wrong stands in the evaluator's problems.
pub(crate) fn files(
    image: &Image,
    ground: &Ground<'_>,
    evaluator: &mut Evaluator<'_>,
) -> Result<Option<ImageFiles>, Unset> {
    let before = evaluator.problems.faults.len() + evaluator.problems.asks.len();
    let context: Option<String> = evaluator.field(&image.context, Target::Str);
    let dockerfile: Option<String> = evaluator.field(&image.dockerfile, Target::Str);
    if evaluator.problems.faults.len() + evaluator.problems.asks.len() > before {
        return Err(Unset);
    }
    let (context, dockerfile) = match (context, dockerfile) {
        (None, None) => return Ok(None),
        (Some(context), Some(dockerfile)) => (context, dockerfile),
        (Some(_), None) | (None, Some(_)) => {
            let fault = wrong(image.span.head(), "an image needs both `context` and `dockerfile`, or none of them");
            evaluator.problems.faults.push(fault.help("add the other one"));
            return Err(Unset);
        }
    };
    let in_storage = is_in_storage(&context);
    if in_storage != is_in_storage(&dockerfile) {
        let fault = wrong(image.span.head(), "context and Dockerfile must both be here, or both in the storage");
        evaluator.problems.faults.push(fault.help("move one of them"));
        return Err(Unset);
    }
    let context = located(&context, &image.context, ground, evaluator).ok_or(Unset)?;
    let dockerfile = located(&dockerfile, &image.dockerfile, ground, evaluator).ok_or(Unset)?;
    let below = dockerfile.strip_prefix(&context).and_then(|rest| rest.strip_prefix('/'));
    let Some(below) = below.map(str::to_owned) else {
        let message = format!("the Dockerfile `{dockerfile}` does not lie in the context `{context}`");
        let span = image.dockerfile.span().unwrap_or(image.span);
        evaluator.problems.faults.push(wrong(span, message).help("choose a context that holds it"));
        return Err(Unset);
    };
    Ok(Some(ImageFiles { context, dockerfile, dockerfile_rel: below, in_storage }))
}

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::ImageFiles, message).at(span, "")
}

fn is_in_storage(text: &str) -> bool {
    text.starts_with("storage:")
}

/// The full path, or the full URI (WS-55).
fn located(text: &str, field: &Field<String>, ground: &Ground<'_>, evaluator: &mut Evaluator<'_>) -> Option<String> {
    if !is_in_storage(text) {
        return Some(full_path(ground.workspace, text));
    }
    // A context lies in the project that is selected, whatever the flow's own is (WS-55).
    let home = ground.home.map(|home| Home { project: home.selected.clone(), ..home.clone() });
    made_whole(text.to_owned(), field.span(), home.as_ref(), uri::complete, evaluator)
}

/// The context `images`.
pub(crate) fn context(images: &IndexMap<Arc<str>, ImageSpec>) -> Value {
    let entries = images.iter().map(|(id, image)| (Value::Str(id.clone()), image.object(id)));
    Value::Map(Arc::new(entries.collect::<ValueMap>()))
}

impl ImageSpec {
    /// The image as expressions see it (CTX-1).
    fn object(&self, id: &str) -> Value {
        let texts = |list: &[String]| Value::list(list.iter().map(|text| Value::from(text.as_str())));
        let optional = |text: Option<&String>| text.map_or(Value::Null, |text| Value::from(text.as_str()));
        let path = |of: fn(&ImageFiles) -> &String| match &self.files {
            None => Value::Null,
            Some(files) if files.in_storage => Value::Uri(of(files).as_str().into()),
            Some(files) => Value::LocalPath(of(files).as_str().into()),
        };
        let below = self.files.as_ref().map(|files| Value::LocalPath(files.dockerfile_rel.as_str().into()));
        Value::object(
            "image",
            [
                ("id", Value::from(id)),
                ("ref", Value::from(self.reference.as_str())),
                ("context", path(|files| &files.context)),
                ("dockerfile", path(|files| &files.dockerfile)),
                ("dockerfile_rel", below.unwrap_or(Value::Null)),
                ("build_args", texts(&self.build_args)),
                ("env", crate::scope::texts(&self.env)),
                ("volumes", texts(&self.volumes)),
                ("build_preset", optional(self.build_preset.as_ref())),
                ("force_rebuild", Value::Bool(self.force_rebuild)),
                ("extra_kaniko_args", optional(self.extra_kaniko_args.as_ref())),
            ],
        )
    }
}
