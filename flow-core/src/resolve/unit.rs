//! [`UnitDefinition`]: what a task or a job runs, its mixins merged. Source: CTX-33…35, DEC-12.

use crate::ast::{Command, Entries, Field, Items, Mixin, Unit};

/// What a unit runs, mixins applied, nothing evaluated.
///
/// Shape: `env` lists its layers from the outermost in, so that inner entries win and the outer
/// order of keys stays (CTX-34); `volumes` and `tags` list theirs from the unit's own out, which is
/// the order of the items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitDefinition {
    /// A title for people.
    pub title: Field<String>,
    /// A name for the executor.
    pub name: Field<String>,
    /// The container image.
    pub image: Field<String>,
    /// The preset.
    pub preset: Field<String>,
    /// Seconds that it may wait.
    pub schedule_timeout: Field<f64>,
    /// The entrypoint.
    pub entrypoint: Field<String>,
    /// The command.
    pub command: Option<Command>,
    /// The folder to run in.
    pub workdir: Field<String>,
    /// Layers of environment.
    pub env: Vec<Entries<String>>,
    /// Layers of volume references.
    pub volumes: Vec<Items<String>>,
    /// Layers of tags.
    pub tags: Vec<Items<String>>,
    /// Seconds that it may run.
    pub life_span: Field<f64>,
    /// HTTP port.
    pub http_port: Field<i64>,
    /// Whether the port asks who is there.
    pub http_auth: Field<bool>,
    /// Whether it may use this engine.
    pub pass_config: Field<bool>,
    /// Restart policy.
    pub restart: Field<String>,
}

impl UnitDefinition {
    /// Merges a unit with its mixins, the nearest first (CTX-35).
    pub(crate) fn merge(own: &Unit, mixins: &[&Mixin]) -> Self {
        let line = Line { own, mixins };
        UnitDefinition {
            title: line.nearest(|unit| &unit.title),
            name: line.nearest(|unit| &unit.name),
            image: line.nearest(|unit| &unit.image),
            preset: line.nearest(|unit| &unit.preset),
            schedule_timeout: line.nearest(|unit| &unit.schedule_timeout),
            entrypoint: line.nearest(|unit| &unit.entrypoint),
            command: line.units().find_map(|unit| unit.command.clone()),
            workdir: line.nearest(|unit| &unit.workdir),
            env: line.units().map(|unit| unit.env.clone()).rev().collect(),
            volumes: line.units().map(|unit| unit.volumes.clone()).collect(),
            tags: line.units().map(|unit| unit.tags.clone()).collect(),
            life_span: line.nearest(|unit| &unit.life_span),
            http_port: line.nearest(|unit| &unit.http_port),
            http_auth: line.nearest(|unit| &unit.http_auth),
            pass_config: line.nearest(|unit| &unit.pass_config),
            restart: line.nearest(|unit| &unit.restart),
        }
    }
}

/// A unit and its mixins.
struct Line<'a> {
    own: &'a Unit,
    mixins: &'a [&'a Mixin],
}

impl<'a> Line<'a> {
    fn units(&self) -> impl DoubleEndedIterator<Item = &'a Unit> {
        std::iter::once(self.own).chain(self.mixins.iter().map(|mixin| &mixin.unit))
    }

    fn nearest<T: Clone + 'a>(&self, field: impl Fn(&'a Unit) -> &'a Field<T>) -> Field<T> {
        nearest(self.units().map(field))
    }
}

/// The first field whose key is there, with null too (CTX-33).
pub(crate) fn nearest<'a, T: Clone + 'a>(fields: impl Iterator<Item = &'a Field<T>>) -> Field<T> {
    let mut fields = fields;
    fields.find(|field| field.is_present()).cloned().unwrap_or_default()
}
