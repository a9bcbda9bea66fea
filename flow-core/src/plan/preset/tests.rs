//! What a preset's name claims.

use super::Presets;
use crate::model::Claim;

fn claim(milli_cpus: u32) -> Claim {
    Claim { milli_cpus, ..Claim::default() }
}

#[test]
fn a_name_is_looked_up_where_names_are_declared() {
    let declared = |names: &[(&str, u32)]| {
        Presets(names.iter().map(|(name, milli)| ((*name).to_owned(), claim(*milli))).collect())
    };
    let none = Presets::default();
    assert_eq!(none.claim(None), Ok(Claim::default()));
    assert_eq!(none.claim(Some("gpu-small")), Ok(Claim::default()), "a name of the platform's is noted");
    let usual = declared(&[("default", 500)]);
    assert_eq!(usual.claim(None), Ok(claim(500)));
    assert_eq!(usual.claim(Some("gpu-small")), Ok(claim(500)));
    let all = declared(&[("default", 500), ("large", 4000)]);
    assert_eq!(all.claim(Some("large")), Ok(claim(4000)));
    assert_eq!(all.claim(Some("default")), Ok(claim(500)));
    let error = all.claim(Some("larg")).unwrap_err();
    assert!(error.contains("`larg`") && error.contains("did you mean `large`?"), "{error}");
}
