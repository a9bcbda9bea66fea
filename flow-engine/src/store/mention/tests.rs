//! Digests are found wherever they stand.

use flow_core::model::Digest;

use super::mentions;

fn found(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    mentions(text, |digest| all.push(digest.to_owned()));
    all
}

#[test]
fn a_digest_is_found_in_any_document() {
    let (one, other) = (Digest::of(b"one").to_string(), Digest::of(b"two").to_string());
    assert_eq!(found(&format!("{{\"spec\":\"{one}\",\"über\":[\"{other}\"]}}")), [one.clone(), other]);
    assert_eq!(found(&one), std::slice::from_ref(&one));
    assert!(found(&format!("{one}0")).is_empty(), "a longer number is no digest");
    assert!(found(&one[1..]).is_empty());
    assert!(found("").is_empty());
}
