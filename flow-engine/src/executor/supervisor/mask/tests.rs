//! Nothing of a secret comes through, in any form, however it is torn.

use flow_core::port::SecretText;

use super::{ALPHABETS, Mask, base64_inside};

fn mask(secrets: &[&str]) -> Mask {
    let secrets: Vec<SecretText> = secrets.iter().map(|text| SecretText::new(*text)).collect();
    Mask::new(&secrets).expect("something to mask")
}

fn whole(secrets: &[&str], text: &str) -> String {
    String::from_utf8(mask(secrets).whole(text.as_bytes())).expect("text")
}

#[test]
fn forms_are_masked() {
    let cases: [(&[&str], &str, &str); 12] = [
        (&["hunter2!"], "pw=hunter2! and hunter2 alone", "pw=*** and hunter2 alone"),
        (&["hunter2!"], "hunter2!hunter2!", "******"),
        (&["a b/c!"], "q=a%20b%2Fc%21&r=a+b%2fc%21&s=a%20b/c%21", "q=***&r=***&s=***"),
        // `printf 'hunter2!' | base64`, and as the password of `user:`
        (&["hunter2!"], "aHVudGVyMiE=", "***E="),
        (&["hunter2!"], "dXNlcjpodW50ZXIyIQ==", "dXNlcjp***Q=="),
        (&["two\nlines"], "first\ntwo\nlines\nend", "first\n***\nend"),
        (&["two\nlines"], r#"{"a": "two\nlines"}"#, r#"{"a": "***"}"#),
        (&["long-line-one\nlong-line-two"], "> long-line-two", "> ***"),
        (&["abc", "bcd"], "xabcdx", "x***x"),
        (&["abc", "abcdef"], "abcdef abc", "*** ***"),
        (&["end\n"], "the end", "the ***"),
        (&["aa"], "aaaa a", "*** a"),
    ];
    for (secrets, text, masked) in cases {
        let given = whole(secrets, text);
        assert!(secrets.iter().all(|secret| !given.contains(secret)), "{text} -> {given}");
        assert_eq!(given, masked, "{text}");
    }
}

#[test]
fn base64_is_masked_at_every_place() {
    let secret = "correct horse";
    for alphabet in ALPHABETS {
        for before in 0..7 {
            let around = format!("{}{secret}tail", "x".repeat(before));
            let encoded = String::from_utf8(base64_inside(around.as_bytes(), 0, alphabet)).unwrap();
            let masked = whole(&[secret], &encoded);
            assert!(masked.contains("***"), "{encoded} -> {masked}");
            // At most one letter on each side holds a part of the secret's bits.
            assert!(masked.len() + 12 < encoded.len() + 3, "{encoded} -> {masked}");
        }
    }
}

#[test]
fn pieces_change_nothing() {
    let secrets = ["hunter2!", "hunter2!hunter3!", "unter", "two\nlines"];
    let text = "a hunter2! b hunter2!hunter3! hunter2!hunter2! two\nlines two\nline hunt";
    let expected = whole(&secrets, text);
    for size in 1..20 {
        let mut mask = mask(&secrets);
        let mut given: Vec<u8> = text.as_bytes().chunks(size).flat_map(|piece| mask.feed(piece)).collect();
        given.extend(mask.finish());
        assert_eq!(String::from_utf8(given).unwrap(), expected, "pieces of {size}");
    }
}

#[test]
fn only_what_may_be_a_secret_is_held_back() {
    let mut mask = mask(&["hunter2!"]);
    assert_eq!(mask.feed(b"password? hun"), b"password? ");
    assert_eq!(mask.feed(b"dred\xff\n"), b"hundred\xff\n");
    assert_eq!(mask.finish(), b"");
    assert!(Mask::new(&[SecretText::new("")]).is_none());
}
