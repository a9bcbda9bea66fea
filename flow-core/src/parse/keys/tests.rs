//! The sentences fit the keys.

use std::collections::BTreeSet;

use super::{ABOUT, mappings};

#[test]
fn every_key_has_a_sentence_and_every_sentence_a_key() {
    let keys: BTreeSet<&str> = mappings().iter().flat_map(|mapping| mapping.keys.iter().map(|key| key.name)).collect();
    let told: BTreeSet<&str> = ABOUT.iter().map(|(name, _)| *name).collect();
    assert_eq!(keys, told);
    assert!(mappings().iter().flat_map(|mapping| &mapping.keys).all(|key| key.about.ends_with('.')));
    assert!(ABOUT.is_sorted_by_key(|(name, _)| *name));
}
