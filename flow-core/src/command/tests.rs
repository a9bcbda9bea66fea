//! What the shared vectors do not say: split chunks, the bound, output files.

use super::{MAX_HELD, Scanner, Told, parse_output_file};

/// What is echoed and told of a stream fed in chunks of `size` bytes.
fn scan(stream: &[u8], size: usize) -> (Vec<u8>, Told) {
    let mut scanner = Scanner::new();
    let mut echoed = Vec::new();
    for chunk in stream.chunks(size) {
        scanner.feed(chunk, &mut |bytes| echoed.extend_from_slice(bytes));
    }
    let told = scanner.finish(&mut |bytes| echoed.extend_from_slice(bytes));
    (echoed, told)
}

#[test]
fn what_is_found_does_not_depend_on_the_chunks() {
    let stream = "start\r\n::set-output name=a::é\r\n10%\r20%\r:: save-state  name = s ::x y \n\
                  ::stop-commands::tok\n::set-output name=b::1\n::tok::\n::what::\n::set-output name=c::\nend\rrest";
    let whole = scan(stream.as_bytes(), stream.len());
    assert_eq!(String::from_utf8_lossy(&whole.0), "start\r\n10%\r20%\r::set-output name=b::1\n::what::\nend\rrest");
    assert_eq!(
        whole.1.outputs.iter().collect::<Vec<_>>(),
        [(&"a".to_owned(), &"é".to_owned()), (&"c".to_owned(), &String::new())]
    );
    assert_eq!(whole.1.states["s"], "x y");
    for size in 1..stream.len() {
        assert_eq!(scan(stream.as_bytes(), size), whole, "chunks of {size}");
    }
}

#[test]
fn an_overlong_line_is_plain_text_and_the_next_line_is_not() {
    let mut stream = b"::set-output name=a::".to_vec();
    stream.resize(MAX_HELD + 10, b'x');
    let long = stream.len();
    stream.extend_from_slice(b"yz\n::set-output name=b::1\n");
    let (echoed, told) = scan(&stream, 1 << 20);
    assert_eq!(echoed.len(), long + 3);
    assert_eq!(told.outputs.keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn output_files() {
    let text = "a=1\n\nb = x=y \r\nc<<END\nline 1\n  line 2\n\nEND\na=<<2\nd<<E\nE\ne=\n";
    let found = parse_output_file(text).expect("a good file");
    let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(found, [("a", "<<2"), ("b", " x=y "), ("c", "line 1\n  line 2\n"), ("d", ""), ("e", "")]);
    assert!(parse_output_file("").expect("an empty file").is_empty());
}

#[test]
fn bad_lines_of_output_files_are_all_reported() {
    let error = parse_output_file("a=1\nnothing\n1x=2\n\nb<<END\nv\n").expect_err("bad lines");
    let lines: Vec<u32> = error.lines.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [2, 3, 5]);
    let message = error.to_string();
    assert!(message.starts_with("line 2: expected `name=value`"), "{message}");
    assert!(message.ends_with("line 5: the block of `b` has no end"), "{message}");
}
