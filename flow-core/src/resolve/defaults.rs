//! [`MergedDefaults`]: defaults of the project below those of the flow. Source: CTX-30, CTX-33.

use crate::ast::{Cache, Defaults, Entries, Field, Items};

/// Defaults of all levels, merged but not evaluated.
///
/// Shape: `env` lists its layers from the outermost in, so that inner entries win and the outer
/// order of keys stays (CTX-34); `tags` and `volumes` list theirs from the innermost out, which is
/// the order of the items; `caches` goes from the outermost in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergedDefaults {
    /// Layers of environment.
    pub env: Vec<Entries<String>>,
    /// Layers of tags.
    pub tags: Vec<Items<String>>,
    /// Layers of volume references.
    pub volumes: Vec<Items<String>>,
    /// The folder to run in.
    pub workdir: Field<String>,
    /// Seconds that a task may run.
    pub life_span: Field<f64>,
    /// The preset.
    pub preset: Field<String>,
    /// Seconds that a task may wait.
    pub schedule_timeout: Field<f64>,
    /// Whether one failure stops the bake.
    pub fail_fast: Field<bool>,
    /// How many tasks run at once.
    pub max_parallel: Field<i64>,
    /// Cache settings of the levels that have some.
    pub caches: Vec<Cache>,
}

impl MergedDefaults {
    /// Puts `child` (the flow) over `parent` (the project).
    pub fn merge(parent: Option<Defaults>, child: Defaults) -> Self {
        let parent = parent.unwrap_or_default();
        MergedDefaults {
            env: vec![parent.env, child.env],
            tags: vec![child.tags, parent.tags],
            volumes: vec![child.volumes, parent.volumes],
            workdir: over(child.workdir, parent.workdir),
            life_span: over(child.life_span, parent.life_span),
            preset: over(child.preset, parent.preset),
            schedule_timeout: over(child.schedule_timeout, parent.schedule_timeout),
            fail_fast: over(child.fail_fast, parent.fail_fast),
            max_parallel: over(child.max_parallel, parent.max_parallel),
            caches: parent.cache.into_written().into_iter().chain(child.cache.into_written()).collect(),
        }
    }
}

/// A key that is there hides the outer one, with null too (CTX-33).
fn over<T>(child: Field<T>, parent: Field<T>) -> Field<T> {
    if child.is_present() { child } else { parent }
}
