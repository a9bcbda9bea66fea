//! [`FlowValues`]: what a flow itself comes to, before any task or job.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diag::Diagnostics;
use crate::expr::{Answers, Target};
use crate::plan::evaluate::{Evaluator, Problems};
use crate::plan::image::ImageSpec;
use crate::plan::level::{Base, Inputs, Level, UnitDefaults};
use crate::plan::live::base_of;
use crate::plan::volume::VolumeSpec;
use crate::resolve::{LiveFlow, ResolvedFlow};
use crate::scope::{Contexts, Place, Scope};

/// The evaluated settings of a flow. Source: CTX-10, CTX-11 (stages 0 and 1).
#[derive(Clone, Debug, PartialEq)]
pub struct FlowValues {
    /// Seconds that the bake may take.
    pub life_span: Option<f64>,
    /// Default environment.
    pub env: IndexMap<String, String>,
    /// Default tags, those of the system included.
    pub tags: BTreeSet<Arc<str>>,
    /// Default volume references.
    pub volume_refs: Vec<String>,
    /// The default folder to run in.
    pub workdir: Option<String>,
    /// Seconds that a unit may run.
    pub unit_life_span: Option<f64>,
    /// The default preset.
    pub preset: Option<String>,
    /// Seconds that a unit may wait.
    pub schedule_timeout: Option<f64>,
    /// Volumes by id.
    pub volumes: IndexMap<Arc<str>, VolumeSpec>,
    /// Images by id.
    pub images: IndexMap<Arc<str>, ImageSpec>,
}

impl FlowValues {
    /// Those of a batch flow. What cannot be evaluated is left out and stands in the diagnostics.
    pub fn of_batch(flow: &ResolvedFlow, inputs: &Inputs) -> (Self, Diagnostics) {
        let mut problems = Problems::default();
        let nothing = Contexts::new();
        let scope = Scope::new(Place::Param, &nothing);
        let answers = Answers::new();
        // The level evaluates it, too, and tells what is wrong with it.
        let mut unsaid = Problems::default();
        let mut evaluator = Evaluator { names: &scope, answers: &answers, problems: &mut unsaid };
        let life_span = evaluator.field(&flow.life_span, Target::Seconds);
        let level = Level::new(flow, inputs, &answers, &mut problems);
        let values = FlowValues { life_span, ..Self::of(level.unit, level.volumes, level.images) };
        (values, problems.into_diagnostics())
    }

    /// Those of a live flow, in the same way.
    pub fn of_live(flow: &LiveFlow, inputs: &Inputs) -> (Self, Diagnostics) {
        let mut problems = Problems::default();
        let Base { unit, volumes, images, .. } = base_of(flow, inputs, &Answers::new(), &mut problems);
        (Self::of(unit, volumes, images), problems.into_diagnostics())
    }

    fn of(unit: UnitDefaults, volumes: IndexMap<Arc<str>, VolumeSpec>, images: IndexMap<Arc<str>, ImageSpec>) -> Self {
        FlowValues {
            life_span: None,
            env: unit.env,
            tags: unit.tags,
            volume_refs: unit.volumes,
            workdir: unit.workdir,
            unit_life_span: unit.life_span,
            preset: unit.preset,
            schedule_timeout: unit.schedule_timeout,
            volumes,
            images,
        }
    }
}
