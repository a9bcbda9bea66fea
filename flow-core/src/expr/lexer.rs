//! Cuts a template into text and tokens. What tokens mean together belongs to `parser`.
//!
//! Differs from EXP-5 by DEC-7: operators need no blank behind them, `]]` and `}}` close nested
//! brackets, line feeds are blanks, and names may begin with `None`, `True`, `False`. A minus is
//! always a token of its own here; the parser makes it part of a number.

use std::ops::Range;

use crate::expr::ast::Bytes;

/// What a token is; its text is found by its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Text between expressions.
    Text,
    /// `${{` or `$[[`
    Open,
    /// `}}` or `]]` where it closes no bracket.
    Close,
    None,
    Bool,
    Real,
    Hex,
    Oct,
    Bin,
    Int,
    Str,
    /// `==` and its like, and `and`, `or` before a blank.
    Operator,
    /// `not` before a blank.
    Not,
    Name,
    Punctuation,
    /// The end of the template.
    End,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) range: Bytes,
}

/// A character that begins no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LexError {
    pub(crate) range: Bytes,
    /// It opens a string that does not end.
    pub(crate) unclosed_string: bool,
}

/// Cuts the whole template; the last token is [`TokenKind::End`].
pub(crate) fn lex(source: &str) -> Result<Vec<Token>, LexError> {
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new(), brackets: Vec::new() };
    while lexer.at < source.len() {
        lexer.text();
        while lexer.at < source.len() && lexer.token()? {}
    }
    lexer.push(TokenKind::End, source.len()..source.len());
    Ok(lexer.tokens)
}

/// Where the next `${{` or `$[[` stands.
pub(crate) fn find_open(source: &str) -> Option<usize> {
    match (source.find("${{"), source.find("$[[")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    tokens: Vec<Token>,
    /// The brackets that are open in the current expression.
    brackets: Vec<char>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn push(&mut self, kind: TokenKind, range: Range<usize>) {
        self.at = range.end;
        self.tokens.push(Token { kind, range: range.start as u32..range.end as u32 });
    }

    /// Takes `length` bytes as one token.
    fn take(&mut self, kind: TokenKind, length: usize) {
        self.push(kind, self.at..self.at + length);
    }

    /// Takes the text up to the next expression, and its opening mark.
    fn text(&mut self) {
        let length = find_open(self.rest());
        let text = length.unwrap_or(self.rest().len());
        if text > 0 {
            self.take(TokenKind::Text, text);
        }
        if length.is_some() {
            self.take(TokenKind::Open, 3);
            self.brackets.clear();
        }
    }

    /// Takes one token of an expression; `false` once the expression is closed.
    fn token(&mut self) -> Result<bool, LexError> {
        let blank = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.at += blank;
        let Some(first) = self.rest().chars().next() else { return Ok(false) };
        if self.rest().starts_with("${{") || self.rest().starts_with("$[[") {
            self.take(TokenKind::Open, 3);
        } else if matches!(first, '}' | ']') {
            return Ok(self.closer(first));
        } else if first.is_ascii_digit() {
            self.number();
        } else if first.is_ascii_alphabetic() {
            self.word();
        } else if matches!(first, '\'' | '"') {
            self.string(first)?;
        } else {
            self.symbol(first)?;
        }
        Ok(true)
    }

    /// A closing bracket: of an open one, or else of the expression if doubled.
    fn closer(&mut self, first: char) -> bool {
        let opener = if first == '}' { '{' } else { '[' };
        if self.brackets.last() == Some(&opener) {
            self.brackets.pop();
            self.take(TokenKind::Punctuation, 1);
            return true;
        }
        if self.rest().chars().nth(1) == Some(first) {
            self.take(TokenKind::Close, 2);
            return false;
        }
        self.take(TokenKind::Punctuation, 1);
        true
    }

    fn number(&mut self) {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let radix = match (bytes.first(), bytes.get(1).map(u8::to_ascii_lowercase)) {
            (Some(b'0'), Some(b'x')) => Some((TokenKind::Hex, 16)),
            (Some(b'0'), Some(b'o')) => Some((TokenKind::Oct, 8)),
            (Some(b'0'), Some(b'b')) => Some((TokenKind::Bin, 2)),
            _ => None,
        };
        if let Some((kind, radix)) = radix {
            let digits = count(rest.get(2..).unwrap_or(""), |c| c == '_' || c.is_digit(radix));
            if digits > 0 {
                return self.take(kind, digits + 2);
            }
        }
        let digits = count(rest, |c| c.is_ascii_digit());
        if bytes.get(digits) == Some(&b'.') {
            let length = real_length(rest, digits + 1);
            return self.take(TokenKind::Real, length);
        }
        let length = count(rest, |c| c == '_' || c.is_ascii_digit());
        self.take(TokenKind::Int, length);
    }

    fn word(&mut self) {
        let rest = self.rest();
        let length = count(rest, |c| c == '_' || c.is_ascii_alphanumeric());
        let before_blank = rest.get(length..).is_some_and(|after| after.starts_with([' ', '\t', '\n', '\r']));
        let kind = match rest.get(..length).unwrap_or("") {
            "None" => TokenKind::None,
            "True" | "False" => TokenKind::Bool,
            "or" | "and" if before_blank => TokenKind::Operator,
            "not" if before_blank => TokenKind::Not,
            _ => TokenKind::Name,
        };
        self.take(kind, length);
    }

    fn string(&mut self, quote: char) -> Result<(), LexError> {
        match self.rest().get(1..).and_then(|rest| rest.find(quote)) {
            Some(length) => {
                self.take(TokenKind::Str, length + 2);
                Ok(())
            }
            None => Err(self.error(1, true)),
        }
    }

    fn symbol(&mut self, first: char) -> Result<(), LexError> {
        let rest = self.rest();
        if ["==", "!=", "<=", ">="].iter().any(|operator| rest.starts_with(operator)) {
            self.take(TokenKind::Operator, 2);
        } else if matches!(first, '<' | '>' | '|' | '+' | '-' | '*' | '/' | '%') {
            self.take(TokenKind::Operator, 1);
        } else if matches!(first, '.' | ',' | ':' | '(' | ')' | '[' | '{') {
            match first {
                '(' | '[' | '{' => self.brackets.push(first),
                ')' if self.brackets.last() == Some(&'(') => drop(self.brackets.pop()),
                _ => {}
            }
            self.take(TokenKind::Punctuation, 1);
        } else {
            return Err(self.error(first.len_utf8(), false));
        }
        Ok(())
    }

    fn error(&self, length: usize, unclosed_string: bool) -> LexError {
        LexError { range: self.at as u32..(self.at + length) as u32, unclosed_string }
    }
}

fn count(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

/// The length of a real: digits behind the dot at `after_dot`, then any number of exponents.
fn real_length(text: &str, after_dot: usize) -> usize {
    let digits_at = |at: usize| count(text.get(at..).unwrap_or(""), |c| c.is_ascii_digit());
    let mut end = after_dot + digits_at(after_dot);
    let bytes = text.as_bytes();
    while matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = digits_at(end + 1 + sign);
        if digits == 0 {
            break;
        }
        end += 1 + sign + digits;
    }
    end
}
