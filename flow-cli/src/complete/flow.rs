//! [`Files`]: what the files of a workspace say about names. Read as they are, however wrong: somebody is
//! in the middle of a line, and `check` is another command.

use flow_core::ast::{Declared, Field, Flow, Image, Live, Param, Project, Section, Volume};
use flow_core::parse::{parse_flow, parse_live, parse_project};
use flow_core::port::{ConfigSource, SourceRef};
use flow_core::text::SourceMap;
use flow_core::yaml::{self, Node};
use flow_engine::source::DirectorySource;

use crate::complete::shell::Candidate;

/// What is wanted of the flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Any,
    Batch,
    Live,
}

/// The files of a workspace.
pub(super) struct Files {
    source: DirectorySource,
}

impl Files {
    pub(super) fn new(source: DirectorySource) -> Self {
        Files { source }
    }

    /// The flows of a kind with their titles, by name: those that commands take, so only the files at the
    /// top of the config folder, with both endings (ODD-8.4).
    pub(super) async fn flows(&self, kind: Kind) -> Vec<Candidate> {
        let mut found = Vec::new();
        for name in self.source.flows().await.unwrap_or_default() {
            let Some(text) = self.text(SourceRef::Flow(name.as_str().into())).await else { continue };
            let (word, about) = (top_level(&text, "kind"), top_level(&text, "title"));
            let fits = match kind {
                Kind::Any => true,
                Kind::Batch => word.as_deref() == Some("batch"),
                Kind::Live => word.as_deref() == Some("live"),
            };
            if fits {
                found.push(Candidate { value: name, about });
            }
        }
        found
    }

    /// The jobs of a live flow with their titles, in order.
    pub(super) async fn jobs(&self, flow: &str) -> Vec<Candidate> {
        let Some(live) = self.live(flow).await else { return Vec::new() };
        live.jobs.iter().map(|(name, job)| Candidate { value: name.to_string(), about: title(job) }).collect()
    }

    /// The params of a batch, or of a job of a live flow.
    pub(super) async fn params(&self, flow: &str, job: Option<&str>) -> Declared<Param> {
        let Some(text) = self.text(SourceRef::Flow(flow.into())).await else { return Declared::new() };
        let params = match (parse_flow(file(), &text).0, job) {
            (Some(Flow::Batch(batch)), _) => Some(batch.params),
            (Some(Flow::Live(mut live)), Some(job)) => live.jobs.shift_remove(job).map(|job| job.params),
            (Some(Flow::Live(_)) | None, _) => None,
        };
        params.map(Section::into_value).unwrap_or_default()
    }

    /// The volumes with a local part, of the project and of a live flow.
    pub(super) async fn volumes(&self, flow: &str) -> Vec<Candidate> {
        let (project, live) = (self.project().await, self.live(flow).await);
        let sections = [project.map(|project| project.volumes), live.map(|live| live.volumes)];
        let declared = sections.into_iter().flatten().flat_map(Section::<Declared<Volume>>::into_value);
        let local = declared.filter(|(_, volume)| volume.local.is_present());
        local.map(|(name, volume)| Candidate { value: name.to_string(), about: literal(&volume.remote) }).collect()
    }

    /// The images with a context, of the project and of a live flow.
    pub(super) async fn images(&self, flow: &str) -> Vec<Candidate> {
        let (project, live) = (self.project().await, self.live(flow).await);
        let sections = [project.map(|project| project.images), live.map(|live| live.images)];
        let declared = sections.into_iter().flatten().flat_map(Section::<Declared<Image>>::into_value);
        let built = declared.filter(|(_, image)| image.context.is_present());
        built.map(|(name, image)| Candidate { value: name.to_string(), about: literal(&image.reference) }).collect()
    }

    async fn live(&self, flow: &str) -> Option<Live> {
        parse_live(file(), &self.text(SourceRef::Flow(flow.into())).await?).0
    }

    async fn project(&self) -> Option<Project> {
        parse_project(file(), &self.text(SourceRef::Project).await?).0
    }

    async fn text(&self, wanted: SourceRef) -> Option<std::sync::Arc<str>> {
        self.source.read(&wanted).await.ok().flatten().map(|(_, text)| text)
    }
}

fn file() -> flow_core::text::FileId {
    SourceMap::new().add("flow", "")
}

fn title(job: &flow_core::ast::Job) -> Option<String> {
    match &job.body {
        flow_core::ast::JobBody::Unit(own) => literal(&own.unit.title),
        flow_core::ast::JobBody::Call(_) => None,
    }
}

fn literal(field: &Field<String>) -> Option<String> {
    match field {
        Field::Literal(literal) => Some(literal.value.clone()),
        Field::Absent | Field::Null(_) | Field::Expr(_) => None,
    }
}

/// The scalar at a key of the text's mapping. Written in the plain way it is found without reading all.
fn top_level(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let plain = |value: &str| {
        let value = value.split(" #").next().unwrap_or_default().trim();
        let letters = value.chars().all(|letter| letter.is_alphanumeric() || " .,!-_".contains(letter));
        (letters && value.starts_with(char::is_alphanumeric)).then(|| value.to_owned())
    };
    line.and_then(plain).or_else(|| {
        let root = yaml::read(file(), text).0.root?;
        scalar(&root, key)
    })
}

fn scalar(root: &Node, key: &str) -> Option<String> {
    let yaml::NodeKind::Map(entries) = &root.kind else { return None };
    let is_key = |node: &Node| node.scalar().is_some_and(|scalar| &*scalar.text.content == key);
    let (_, value) = entries.iter().find(|(name, _)| is_key(name))?;
    value.scalar().map(|scalar| scalar.text.content.to_string())
}
