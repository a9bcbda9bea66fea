//! The static check.
use crate::diag::Diagnostics;
use crate::model::NodeRecord;
use crate::plan::Inputs;
use crate::resolve::ResolvedFlow;
pub(crate) fn check(_flow: &ResolvedFlow, _nodes: &[NodeRecord], _inputs: &Inputs) -> Diagnostics { Diagnostics::new() }
