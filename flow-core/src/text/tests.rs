use super::*;

#[test]
fn positions_count_code_points_from_one() {
    let mut map = SourceMap::new();
    let file = map.add("a.yml", "é: x\nb: y\n");
    let at = |start| map.position(Span::new(file, start..start)).unwrap();
    assert_eq!(at(0), Position { line: 1, column: 1 });
    assert_eq!(at(4), Position { line: 1, column: 4 });
    assert_eq!(at(6), Position { line: 2, column: 1 });
    assert_eq!(at(99), Position { line: 3, column: 1 });
}

#[test]
fn text_maps_content_back_to_the_file() {
    // `k: |` at 0, two content lines indented by 2 at 7 and 12 ("ab\ncd").
    let span = Span::new(FileId(0), 3..14);
    let text = Text { content: "ab\ncd".into(), span, segments: Arc::from([(0, 7), (3, 12)]) };
    assert_eq!(text.place(1), 8);
    assert_eq!(text.span_of(3..5), Span::new(FileId(0), 12..14));
    assert_eq!(text.span_of(0..2), Span::new(FileId(0), 7..9));
}

#[test]
fn cursors_of_editors_are_bytes_and_back() {
    let text = "a\né𝄞b\r\n\nz";
    let lines = LineIndex::new(text);
    for (columns, offset, cursor) in [
        (Columns::Utf8, 0, (0, 0)),
        (Columns::Utf8, 8, (1, 6)),
        (Columns::Utf16, 8, (1, 3)),
        (Columns::Utf16, 9, (1, 4)),
        (Columns::Utf16, 11, (2, 0)),
        (Columns::Utf16, 13, (3, 1)),
    ] {
        assert_eq!(lines.cursor(text, offset, columns), cursor, "{offset}");
        assert_eq!(lines.offset(text, cursor, columns), offset, "{cursor:?}");
    }
    assert_eq!(lines.offset(text, (1, 2), Columns::Utf16), 4, "inside of a pair: its begin");
    assert_eq!(lines.offset(text, (1, 99), Columns::Utf16), 9, "behind the line: its end");
    assert_eq!(lines.offset(text, (9, 0), Columns::Utf8), text.len() as u32);
    assert_eq!(lines.cursor(text, 99, Columns::Utf8), (3, 1));
}
