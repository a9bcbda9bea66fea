//! The way back from content to file, by notation.

use crate::text::FileId;
use crate::yaml::{Node, NodeKind, read};

/// The value of the key `v` of a text, and what stands in the file where `piece` of it came from.
fn back(text: &str, piece: &str) -> (String, String) {
    let (document, diagnostics) = read(FileId(0), text);
    assert!(diagnostics.is_empty(), "{text:?}: {diagnostics:?}");
    let Some(Node { kind: NodeKind::Map(entries), .. }) = document.root else { panic!("no mapping: {text:?}") };
    let scalar = entries.iter().find(|(key, _)| key.scalar().is_some_and(|key| &*key.text.content == "v"));
    let found = &scalar.and_then(|(_, value)| value.scalar()).expect("a scalar").text;
    let start = found.content.find(piece).unwrap_or_else(|| panic!("{piece:?} in {:?}", found.content));
    let span = found.span_of(start as u32..(start + piece.len()) as u32);
    (found.content.to_string(), text[span.start as usize..span.end as usize].to_owned())
}

#[test]
fn pieces_of_the_content_lead_back_to_the_file() {
    // Text, decoded content, a piece of the content, the same piece as it stands in the file.
    let table = [
        ("v: a ${{ b }}", "a ${{ b }}", "b", "b"),
        ("v: 'it''s ${{ b }}'", "it's ${{ b }}", "${{ b }}", "${{ b }}"),
        ("v: 'it''s ${{ b }}'", "it's ${{ b }}", "it's", "it''s"),
        ("v: \"\\t\\u00e9é${{ b }}\"", "\téé${{ b }}", "${{ b", "${{ b"),
        ("v: \"${{ '\\x41' }}\"", "${{ 'A' }}", "A' }", "\\x41' }"),
        ("v: \"${{ '\\Lé' }}\"", "${{ '\u{2028}é' }}", "é", "é"),
        ("v: \"a \\\n   b ${{ c }}\"", "a b ${{ c }}", "c", "c"),
        ("v: \"a\n\n   b ${{ c }}\"", "a\nb ${{ c }}", "b ${{ c }}", "b ${{ c }}"),
        ("v: \"a\n\n\\n${{ c }}\"", "a\n\n${{ c }}", "c", "c"),
        ("v: \"a \\\n\n   b ${{ c }}\"", "a \nb ${{ c }}", "b ${{ c", "b ${{ c"),
        ("v: a  \n   b ${{ c }}\n", "a b ${{ c }}", "c", "c"),
        ("v: a\n\n\n   b ${{ c }}\n", "a\n\nb ${{ c }}", "${{ c", "${{ c"),
        ("v: |\n  a\n  b ${{ c }}\n", "a\nb ${{ c }}\n", "c", "c"),
        ("v: |\n\n    a\n      b ${{ c }}\n", "\na\n  b ${{ c }}\n", "${{ c }}", "${{ c }}"),
        ("v: |\n\n    a\n      b ${{ c }}\n", "\na\n  b ${{ c }}\n", "a", "a"),
        ("v: |2-\n    a\n  b ${{ c }}\n", "  a\nb ${{ c }}", "b ${{ c", "b ${{ c"),
        ("v: |\r\n  a\r\n  é ${{ c }}\r\n", "a\né ${{ c }}\n", "é ${{ c", "é ${{ c"),
        ("v: >\n  a\n  b ${{ c }}\n\n  d ${{ e }}\n", "a b ${{ c }}\nd ${{ e }}\n", "e", "e"),
        ("v: >\n  a\n    more ${{ c }}\n  d ${{ e }}\n", "a\n  more ${{ c }}\nd ${{ e }}\n", "${{ e", "${{ e"),
        ("\u{feff}v: '${{ c }}'\n", "${{ c }}", "c", "c"),
        ("k:\n- 1\nv: &x |\n      $[[ c ]]\n", "$[[ c ]]\n", "$[[ c ]]", "$[[ c ]]"),
    ];
    for (text, content, piece, wanted) in table {
        assert_eq!(back(text, piece), (content.to_owned(), wanted.to_owned()), "{text:?}");
    }
}

#[test]
fn a_block_scalar_spans_from_its_mark_to_its_last_visible_character() {
    let text = "v: !!str |- # why\n  a ${{ c }}\n\n# behind\nw: 1\n";
    let (document, _) = read(FileId(0), text);
    let Some(Node { kind: NodeKind::Map(entries), .. }) = document.root else { panic!("no mapping") };
    let span = entries[0].1.span;
    assert_eq!(&text[span.start as usize..span.end as usize], "|- # why\n  a ${{ c }}");
}
