//! Frames survive being cut.

use super::{MAX_FRAME_BYTES, Request, decode, encode};

#[test]
fn frames_come_out_whole_and_in_order() {
    let wanted = [Request::Hello { version: 7 }, Request::Find { tags: vec!["a:\u{1f980}".into()] }, Request::Ping];
    let bytes: Vec<u8> = wanted.iter().flat_map(encode).collect();
    let (mut buffer, mut got) = (Vec::new(), Vec::new());
    for byte in bytes {
        buffer.push(byte);
        got.extend(decode::<Request>(&mut buffer).expect("frames are well formed"));
    }
    assert_eq!(got, wanted);
    assert!(buffer.is_empty());
}

#[test]
fn bad_frames_are_refused() {
    let mut long = ((MAX_FRAME_BYTES + 1) as u32).to_le_bytes().to_vec();
    assert!(decode::<Request>(&mut long).is_err());
    let mut unknown = encode(&"dance");
    assert!(decode::<Request>(&mut unknown).is_err());
}
