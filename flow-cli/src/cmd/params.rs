//! Params from the command line and from a file. Source: CLI-20.

use indexmap::IndexMap;

/// `-p NAME VALUE` pairs; the last value of a name counts.
pub(crate) fn pairs(flat: &[String]) -> IndexMap<String, String> {
    let pairs = flat.chunks_exact(2).filter_map(|pair| match pair {
        [name, value] => Some((name.clone(), value.clone())),
        _ => None,
    });
    pairs.collect()
}
