//! [`MergedDefaults`]: defaults of the project below those of the flow. Source: CTX-30, CTX-33.

use crate::ast::{Cache, Defaults, Entries, Field, Items, Retry, Section};

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
    /// When tasks are tried again (EXT-3).
    pub retry: Option<Retry>,
}

impl MergedDefaults {
    /// Puts `child` (the flow) over `parent` (the project).
    pub fn merge(parent: Option<&Defaults>, child: Option<&Defaults>) -> Self {
        let parent = parent.cloned().unwrap_or_default();
        let child = child.cloned().unwrap_or_default();
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
            caches: [parent.cache, child.cache].into_iter().filter_map(Section::into_written).collect(),
            retry: over_section(child.retry, parent.retry).into_written(),
        }
    }
}

/// A key that is there hides the outer one, with null too (CTX-33).
fn over<T>(child: Field<T>, parent: Field<T>) -> Field<T> {
    if child.is_present() { child } else { parent }
}

fn over_section<T>(child: Section<T>, parent: Section<T>) -> Section<T> {
    if child.is_present() { child } else { parent }
}
