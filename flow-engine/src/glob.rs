//! [`matching`]: the paths below a folder that a pattern names.
//!
//! Source: EXP-50. Hidden entries match `*`; links to folders are not followed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The paths that match, in component-wise order, each once.
///
/// Pattern: components of `*`, `?`, `[seq]`, `[!seq]`; `**` is any number of folders.
/// Errors: an empty or absolute pattern, a folder that cannot be read.
pub(crate) fn matching(root: &Path, pattern: &str) -> Result<BTreeSet<PathBuf>, String> {
    if pattern.is_empty() {
        return Err("a file pattern must not be empty".to_owned());
    }
    if pattern.starts_with('/') {
        return Err(format!("the file pattern `{pattern}` must be relative"));
    }
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let mut found = BTreeSet::new();
    collect(root, &parts, &mut found)?;
    Ok(found)
}

fn collect(at: &Path, parts: &[&str], found: &mut BTreeSet<PathBuf>) -> Result<(), String> {
    let Some((first, rest)) = parts.split_first() else {
        found.insert(at.to_owned());
        return Ok(());
    };
    if *first == "**" {
        collect(at, rest, found)?;
    }
    for entry in entries(at)? {
        let is_folder = entry.is_dir() && !entry.is_symlink();
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if *first == "**" {
            if is_folder {
                collect(&entry, parts, found)?;
            }
        } else if name_matches(name, first) && (rest.is_empty() || entry.is_dir()) {
            collect(&entry, rest, found)?;
        }
    }
    Ok(())
}

/// The entries of a folder; none of something else.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |error: std::io::Error| format!("cannot read `{}`: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

/// Whether a name matches one component of a pattern.
fn name_matches(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) = (name.chars().collect(), pattern.chars().collect());
    chars_match(&name, &pattern)
}

fn chars_match(name: &[char], pattern: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return name.is_empty() };
    match first {
        '*' => (0..=name.len()).any(|skip| chars_match(name.get(skip..).unwrap_or_default(), rest)),
        '?' => name.split_first().is_some_and(|(_, name)| chars_match(name, rest)),
        '[' => match class(rest) {
            Some((members, negated, rest)) => name
                .split_first()
                .is_some_and(|(letter, name)| in_class(*letter, members) != negated && chars_match(name, rest)),
            // Without an end it is the bracket itself.
            None => name.split_first().is_some_and(|(letter, name)| *letter == '[' && chars_match(name, rest)),
        },
        letter => name.split_first().is_some_and(|(own, name)| own == letter && chars_match(name, rest)),
    }
}

/// The members of a class behind its `[`, whether it is negated, and what follows its `]`.
fn class(pattern: &[char]) -> Option<(&[char], bool, &[char])> {
    let negated = pattern.first() == Some(&'!');
    let body = pattern.get(usize::from(negated)..)?;
    // A `]` right at the beginning is a member.
    let end = body.iter().skip(1).position(|letter| *letter == ']')? + 1;
    Some((body.get(..end)?, negated, body.get(end + 1..)?))
}

fn in_class(letter: char, members: &[char]) -> bool {
    let mut rest = members;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if let ['-', last, after @ ..] = after {
            rest = after;
            if (*first..=*last).contains(&letter) {
                return true;
            }
        } else if *first == letter {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
