//! Claims in numbers and words.

use super::{Claim, bytes_text};

fn claim(milli_cpus: u32, memory_bytes: u64, gpus: u32) -> Claim {
    Claim { milli_cpus, memory_bytes, gpus }
}

#[test]
fn a_claim_fits_if_all_of_it_does() {
    let room = claim(4000, 1 << 30, 1);
    for (one, fits) in [
        (claim(4000, 1 << 30, 1), true),
        (claim(4001, 0, 0), false),
        (claim(1, (1 << 30) + 1, 0), false),
        (claim(1, 0, 2), false),
    ] {
        assert_eq!(one.fits(&room), fits, "{one}");
    }
    let one = claim(500, 1 << 20, 1);
    assert_eq!(room.without(&one).with(&one), room);
    assert_eq!(claim(1, 1, 0).without(&room), claim(0, 0, 0));
}

#[test]
fn words_name_what_is_short_and_nothing_else() {
    let (total, free) = (claim(8000, 32 << 30, 2), claim(1500, 8 << 30, 0));
    let cases = [
        (claim(1000, 0, 0), ""),
        (claim(4000, 0, 0), "4 CPUs (1.5 of 8 free)"),
        (claim(1000, 16 << 30, 1), "16 GiB of memory (8 GiB of 32 GiB free) and 1 GPU (0 of 2 free)"),
    ];
    for (one, words) in cases {
        assert_eq!(one.shortage(&free, &total), words);
    }
    assert_eq!(Claim::default().to_string(), "1 CPU, no GPU");
    assert_eq!(total.to_string(), "8 CPUs, 32 GiB of memory, 2 GPUs");
}

#[test]
fn bytes_are_told_in_their_largest_unit() {
    let cases = [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (4 << 30, "4 GiB"), (5 << 50, "5 PiB")];
    for (bytes, text) in cases {
        assert_eq!(bytes_text(bytes), text);
    }
}
