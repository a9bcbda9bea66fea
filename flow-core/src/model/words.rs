//! [`split`]: a command line into words, by the quoting rules of a POSIX shell; [`join`]: back again.
//!
//! Expansion (`$`, globs, `~`), operators and comments do not belong here: no shell is run (MCH-1).

/// Splits a command line into words.
///
/// Shape: in order; a quoted empty text is a word. Outside quotes a backslash keeps the next
/// character, in double quotes only before `"`, `\`, `$` and a backquote; a backslash before a line
/// end joins the lines. Errors: an unclosed quote, a backslash at the end.
/// Source: MCH-1.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => single_quoted(&mut letters, word.get_or_insert_default())?,
            '"' => double_quoted(&mut letters, word.get_or_insert_default())?,
            '\\' => match letters.next() {
                None => return Err("the command line ends with a backslash".into()),
                Some('\n') => {}
                Some(kept) => word.get_or_insert_default().push(kept),
            },
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Words as one command line that a POSIX shell reads as just these words: what holds more than letters, digits and
/// `_@%+=:,./-` stands in single quotes.
///
/// Source: LIV-22, LIV-27.
pub fn join(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\"'\"'"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Reads up to the closing `'`; every character stands for itself.
fn single_quoted(letters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), String> {
    for letter in letters {
        if letter == '\'' {
            return Ok(());
        }
        word.push(letter);
    }
    Err("the command line has an unclosed `'`".into())
}

/// Reads up to the closing `"`.
fn double_quoted(letters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), String> {
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Ok(()),
            '\\' => match letters.next() {
                None => break,
                Some('\n') => {}
                Some(kept @ ('"' | '\\' | '$' | '`')) => word.push(kept),
                Some(other) => word.extend(['\\', other]),
            },
            plain => word.push(plain),
        }
    }
    Err("the command line has an unclosed `\"`".into())
}

#[cfg(test)]
mod tests;
