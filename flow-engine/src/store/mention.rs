//! [`mentions`]: the digests that stand in a text, whatever the text is.

/// The letters of a digest.
const LENGTH: usize = 64;

/// Calls `found` with each run of 64 hexadecimal digits in lower case.
pub(super) fn mentions(text: &str, mut found: impl FnMut(&str)) {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut begin = 0;
    for (at, byte) in text.bytes().chain([b'.']).enumerate() {
        if is_digit(&byte) {
            continue;
        }
        if at - begin == LENGTH
            && let Some(digest) = text.get(begin..at)
        {
            found(digest);
        }
        begin = at + 1;
    }
}

#[cfg(test)]
mod tests;
