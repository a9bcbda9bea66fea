//! Finding what a command line names, with a helpful answer where it does not exist.

use flow_core::diag::suggest;
use flow_core::port::BakeFilter;
use flow_engine::{Engine, EngineError, Inspection};

use crate::error::CliError;

/// How many bakes a suggestion looks through.
const KNOWN: u32 = 500;

/// All about an attempt of a bake. Errors: `UnknownBake` with the nearest name or id.
pub(crate) async fn attempt(engine: &Engine, bake: &str, number: i64) -> Result<Inspection, CliError> {
    match engine.inspect(bake, number).await {
        Err(EngineError::UnknownBake(text)) => {
            let rows = engine.bakes(&BakeFilter { limit: KNOWN, ..BakeFilter::default() }).await?;
            let bakes = || rows.iter().map(|(row, _)| &row.bake);
            let known: Vec<&str> =
                bakes().filter_map(|bake| bake.name.as_deref()).chain(bakes().map(|bake| bake.id.as_str())).collect();
            let help = suggest::nearest(&text, known).map(|near| format!("did you mean `{near}`?"));
            Err(CliError::UnknownBake { text, help })
        }
        other => Ok(other?),
    }
}
