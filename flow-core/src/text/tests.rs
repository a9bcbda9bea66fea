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
