//! Numbers in words.

#[test]
fn bytes_have_one_digit_behind_the_point() {
    let cases = [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_549, "1.5 kB"), (999_949, "999.9 kB")];
    let large = [(999_950, "1.0 MB"), (4_294_967_296, "4.3 GB"), (u64::MAX, "18.4 EB")];
    for (count, text) in cases.into_iter().chain(large) {
        assert_eq!(super::bytes(count), text);
    }
}
