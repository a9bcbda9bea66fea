//! [`Mask`]: takes secrets out of a stream of bytes, in every form in which programs print them.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use flow_core::port::SecretText;

/// What stands in place of a secret.
const MARK: &[u8] = b"***";
/// A line of a secret that is shorter is no secret by itself, nor is a form of that length.
const MIN_FORM_BYTES: usize = 4;
/// The two alphabets of base 64.
const ALPHABETS: [&[u8; 64]; 2] = [
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
];
/// What the common encoders of URLs leave as it is, beside letters, digits and `-._~`.
const URL_SAFE: [&[u8]; 3] = [b"", b"/", b"!'()*"];

/// Masks a stream: plain, as base 64 at any place of a longer text, percent-encoded, as JSON has it.
///
/// A secret may be torn over many pieces: what may be the beginning of one is held back until more comes.
#[derive(Clone, Debug)]
pub struct Mask {
    finder: AhoCorasick,
    forms: Vec<Vec<u8>>,
    held: Vec<u8>,
    /// How many of the held bytes belong to a secret of which the mark was given out.
    covered: usize,
}

impl Mask {
    /// A mask of these secrets; `None` if there is nothing to mask.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretText>) -> Option<Self> {
        let mut forms = BTreeSet::new();
        secrets.into_iter().for_each(|secret| add_forms(secret.expose(), &mut forms));
        let forms: Vec<Vec<u8>> = forms.into_iter().collect();
        if forms.is_empty() {
            return None;
        }
        let finder = AhoCorasick::new(&forms).expect("a few secrets are no more than an automaton can hold");
        Some(Mask { finder, forms, held: Vec::new(), covered: 0 })
    }

    /// Takes a piece; gives what can be told of it and of what was held back.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let open = self.open_bytes(&self.held);
        self.release(self.held.len() - open)
    }

    /// Gives the rest.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.release(self.held.len())
    }

    /// A whole text, masked.
    pub fn whole(&self, text: &[u8]) -> Vec<u8> {
        let mut fresh = Mask { held: Vec::new(), covered: 0, ..self.clone() };
        let mut masked = fresh.feed(text);
        masked.extend(fresh.finish());
        masked
    }

    /// A piece of a text in which each byte of a secret is a star, so that all others keep their places.
    ///
    /// With `open_end` more may come behind the piece: what may be the beginning of a secret is left out at its end.
    pub fn cover(&self, piece: &[u8], open_end: bool) -> Vec<u8> {
        let sure = if open_end { piece.len() - self.open_bytes(piece) } else { piece.len() };
        let mut covered = piece.to_vec();
        for found in self.finder.find_overlapping_iter(piece) {
            if let Some(bytes) = covered.get_mut(found.range()) {
                bytes.fill(b'*');
            }
        }
        covered.truncate(sure);
        covered
    }

    /// How long the longest form of a secret is, in bytes.
    pub fn longest(&self) -> usize {
        self.forms.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// How many bytes at the end of `held` may be the beginning of a secret.
    fn open_bytes(&self, held: &[u8]) -> usize {
        let most = held.len().min(self.longest().saturating_sub(1));
        let is_open = |count: &usize| {
            let tail = held.get(held.len() - count..).unwrap_or_default();
            self.forms.iter().any(|form| form.len() > tail.len() && form.starts_with(tail))
        };
        (1..=most).rev().find(is_open).unwrap_or_default()
    }

    /// Gives out the first `count` held bytes, each secret in them as one mark.
    fn release(&mut self, count: usize) -> Vec<u8> {
        let found = self.finder.find_overlapping_iter(&self.held).map(|found| (found.start(), found.end()));
        let mut spans: Vec<(usize, usize)> = found.filter(|(start, _)| *start < count).collect();
        spans.sort_unstable();
        let mut given = Vec::with_capacity(count);
        // The end of the secret that the last mark stands for.
        let mut masked = self.covered;
        for (start, end) in spans {
            if start >= masked {
                given.extend_from_slice(self.held.get(masked..start).unwrap_or_default());
                given.extend_from_slice(MARK);
            }
            masked = masked.max(end);
        }
        given.extend_from_slice(self.held.get(masked..count).unwrap_or_default());
        self.held.drain(..count);
        self.covered = masked.saturating_sub(count);
        given
    }
}

/// All forms of a secret that are worth masking.
fn add_forms(secret: &str, forms: &mut BTreeSet<Vec<u8>>) {
    let lines = secret.lines().filter(|line| line.len() >= MIN_FORM_BYTES);
    let plain: BTreeSet<&str> = [secret, secret.trim()].into_iter().chain(lines).filter(|it| !it.is_empty()).collect();
    for text in plain {
        forms.insert(text.as_bytes().to_vec());
        let quoted = serde_json::to_string(text).expect("a text is JSON");
        let mut derived = vec![quoted.trim_matches('"').as_bytes().to_vec()];
        for safe in URL_SAFE {
            derived.extend(
                [(true, true), (true, false), (false, true), (false, false)]
                    .map(|(upper, plus)| percent_encoded(text.as_bytes(), safe, upper, plus)),
            );
        }
        for alphabet in ALPHABETS {
            derived.extend((0..3).map(|shift| base64_inside(text.as_bytes(), shift, alphabet)));
        }
        forms.extend(derived.into_iter().filter(|form| form.len() >= MIN_FORM_BYTES));
    }
}

/// A text as URLs have it; `upper`: how hex digits are written, `plus`: whether a blank is `+`.
fn percent_encoded(text: &[u8], safe: &[u8], upper: bool, plus: bool) -> Vec<u8> {
    let mut encoded = Vec::new();
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte),
            b' ' if plus => encoded.push(b'+'),
            other if safe.contains(&other) => encoded.push(other),
            other if upper => encoded.extend(format!("%{other:02X}").bytes()),
            other => encoded.extend(format!("%{other:02x}").bytes()),
        }
    }
    encoded
}

/// The letters that a text gives in base 64 when `shift` bytes stand before it, whatever stands around it.
fn base64_inside(text: &[u8], shift: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let bytes: Vec<u8> = std::iter::repeat_n(0, shift).chain(text.iter().copied()).collect();
    // Six bits each; those that a neighbour has a part in are left out.
    let first = (shift * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    let sextet = |at: usize| {
        let bit = at * 6;
        let high = bytes.get(bit / 8).copied().unwrap_or_default();
        let low = bytes.get(bit / 8 + 1).copied().unwrap_or_default();
        let pair = u16::from(high) << 8 | u16::from(low);
        usize::from(pair >> (10 - bit % 8) & 0x3f)
    };
    (first..last).filter_map(|at| alphabet.get(sextet(at)).copied()).collect()
}

#[cfg(test)]
mod tests;
