//! Params from the command line and from a file. Source: CLI-20.

use std::path::Path;

use flow_core::diag::Severity;
use flow_core::text::{FileId, SourceMap, Span};
use flow_core::yaml::{self, NodeKind};
use indexmap::IndexMap;

use crate::error::CliError;

/// `-p NAME VALUE` pairs; the last value of a name counts.
pub(crate) fn pairs(flat: &[String]) -> IndexMap<String, String> {
    let pairs = flat.chunks_exact(2).filter_map(|pair| match pair {
        [name, value] => Some((name.clone(), value.clone())),
        _ => None,
    });
    pairs.collect()
}

/// One flat YAML mapping of names to scalars, all read as texts.
///
/// Errors: `ParamsFile` where there is no such file, `Params` with the place of what does not fit.
pub(crate) fn from_file(path: &Path) -> Result<IndexMap<String, String>, CliError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| CliError::ParamsFile { path: name.clone(), error })?;
    parse(&name, &text)
}

fn parse(name: &str, text: &str) -> Result<IndexMap<String, String>, CliError> {
    let mut sources = SourceMap::new();
    let file: FileId = sources.add(name, text);
    let wrong = |span: Option<Span>, message: String| {
        let place = span.and_then(|span| sources.position(span));
        let place = place.map_or(name.to_owned(), |place| format!("{name}:{}:{}", place.line, place.column));
        CliError::Params { place, message }
    };
    let (document, diagnostics) = yaml::read(file, text);
    if let Some(first) = diagnostics.iter().find(|one| one.severity == Severity::Error) {
        return Err(wrong(first.span(), first.message.clone()));
    }
    let Some(root) = document.root else { return Err(wrong(None, "holds no params".to_owned())) };
    let NodeKind::Map(entries) = root.kind else {
        let message = format!("expected a mapping of names to values, found {}", root.describe());
        return Err(wrong(Some(root.span), message));
    };
    let mut params = IndexMap::new();
    for (key, value) in entries {
        let scalar = |node: &yaml::Node| {
            let text = node.scalar().map(|scalar| scalar.text.content.to_string());
            text.ok_or_else(|| wrong(Some(node.span), format!("expected a scalar, found {}", node.describe())))
        };
        params.insert(scalar(&key)?, scalar(&value)?);
    }
    Ok(params)
}

#[cfg(test)]
mod tests;
