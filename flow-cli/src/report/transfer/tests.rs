//! Sizes and bars.

use flow_engine::storage::CopyProgress;

use super::{bar, size};
use crate::report::look::Look;

#[test]
fn sizes_are_short() {
    let cases = [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (u64::MAX, "15.9 EiB")];
    for (bytes, text) in cases {
        assert_eq!(size(bytes), text);
    }
}

#[test]
fn a_bar_fits_and_is_never_longer_than_whole() {
    let look = Look { color: false, unicode: false, dumb: false };
    let half = CopyProgress { files: 1, all_files: 2, bytes: 512, all_bytes: 1024 };
    assert_eq!(bar("data", half, look, 100), "data  ############............  1/2 files  512 B of 1.0 KiB");
    assert_eq!(bar("data", half, look, 12).len(), 11);
    let empty = bar("data", CopyProgress::default(), look, 100);
    assert!(empty.contains("........................  0/0 files"), "{empty}");
    let more = CopyProgress { bytes: 4096, ..half };
    assert!(bar("data", more, look, 100).contains("########################  "));
}
