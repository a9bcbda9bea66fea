//! [`image_build`]: the unit that builds a task's image; [`build_commands`]: the same as calls of the platform's
//! command. Source: BAT-18, BAT-80, BAT-82.

use crate::ast::{Declared, Field, Image};
use crate::model::{ImageBuild, UnitSpec, words};
use crate::plan::evaluate::Problems;
use crate::plan::image::ImageSpec;
use crate::plan::open::Opened;
use crate::plan::prepare::NodeView;
use crate::resolve::{CalledBody, ResolvedFlow};

/// Whether a flow, or an action that it calls, declares an image that is built; with its first place.
pub fn builds_images(flow: &ResolvedFlow) -> bool {
    let called = flow.shared.actions.iter().filter_map(|action| match &action.body {
        CalledBody::Tasks(tasks) => Some(&tasks.images),
        CalledBody::Live(_) | CalledBody::Stateful(_) | CalledBody::Local(_) => None,
    });
    std::iter::once(&*flow.shared.images).chain(called).any(|images| built(images).next().is_some())
}

/// The images of a mapping that say what they are built from.
pub(crate) fn built(images: &Declared<Image>) -> impl Iterator<Item = &Image> {
    images.values().filter(|image| matches!(image.context, Field::Literal(_) | Field::Expr(_)))
}

/// The unit that builds the image of a node, if an image of that name with a context is declared where the node
/// stands or around it; the nearest counts. `None` if the image is simply used.
pub fn image_build(flow: &ResolvedFlow, view: &NodeView<'_>, image: &str) -> Option<UnitSpec> {
    if !builds_images(flow) {
        return None;
    }
    (0..=view.calls.len()).rev().find_map(|depth| {
        let calls = view.calls.get(..depth)?;
        let opened = Opened::at(flow, view.inputs, calls, view.answers, &mut Problems::default())?;
        opened.level.images.values().filter(|one| one.reference == image).find_map(unit)
    })
}

fn unit(image: &ImageSpec) -> Option<UnitSpec> {
    let files = image.files.as_ref()?;
    Some(UnitSpec {
        image: Some(image.reference.clone()),
        preset: image.build_preset.clone(),
        env: image.env.clone(),
        volumes: image.volumes.clone(),
        build: Some(ImageBuild {
            context: files.context.clone(),
            dockerfile: files.dockerfile_rel.clone(),
            in_storage: files.in_storage,
            build_args: image.build_args.clone(),
            force: image.force_rebuild,
            extra_args: image.extra_kaniko_args.clone(),
        }),
        ..UnitSpec::default()
    })
}

/// Calls of the platform's command that build an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildCommands {
    /// Words behind `apolo` that bring the context to the storage; empty where it is there.
    pub upload: Vec<Vec<String>>,
    /// The builder's command, its program first.
    pub build: Vec<String>,
}

/// The platform's command lines for a build; `None` if the unit builds nothing.
///
/// `project`: the platform's project; `flow`: the flow's id. Source: BAT-18, BAT-82, LIV-51.
pub fn build_commands(unit: &UnitSpec, project: &str, flow: &str) -> Option<BuildCommands> {
    let (build, image) = (unit.build.as_ref()?, unit.image.as_ref()?);
    let mut upload = Vec::new();
    let mut context = build.context.clone();
    if !build.in_storage {
        let below = image.split([':', '/']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        context = format!("storage:/{project}/.flow/{flow}/{below}");
        let call = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        upload.push(call(&["mkdir", "--parents", &context]));
        upload.push(call(&["cp", "--recursive", "--update", "--no-target-directory", &build.context, &context]));
    }
    let mut line: Vec<String> = ["apolo-extras", "image", "build"].map(str::to_owned).into();
    line.push(format!("--project={project}"));
    line.push(format!("--file={}", build.dockerfile));
    line.extend(build.build_args.iter().map(|text| format!("--build-arg={text}")));
    line.extend(unit.volumes.iter().map(|text| format!("--volume={text}")));
    line.extend(unit.env.iter().map(|(name, value)| format!("--env={name}={value}")));
    line.extend(build.force.then(|| "--force-overwrite".to_owned()));
    line.extend(unit.preset.iter().map(|preset| format!("--preset={preset}")));
    line.extend(
        build.extra_args.iter().map(|text| format!("--extra-kaniko-args={}", words::join(std::slice::from_ref(text)))),
    );
    line.extend([context, image.clone()]);
    Some(BuildCommands { upload, build: line })
}
