//! «Did you mean»: the nearest known name by edit distance.

/// The candidate nearest to `name`, if it is near enough to be a slip of the finger.
///
/// Ties go to the first candidate. Cost: the product of the lengths for each candidate.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let limit = (length / 3).max(1);
    // Each character more or less is a step.
    let near = candidates.into_iter().filter(|candidate| candidate.chars().count().abs_diff(length) <= limit);
    let scored = near.map(|candidate| (distance(name, candidate), candidate));
    let (steps, best) = scored.min_by_key(|(steps, _)| *steps)?;
    (steps <= limit).then_some(best)
}

/// A help text: the nearest name, else the list of names that exist.
///
/// `kind` is the plural of what is listed, such as `tasks`. `None` if there are no candidates.
pub fn help<'a>(name: &str, kind: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(best) = nearest(name, candidates.iter().copied()) {
        return Some(format!("did you mean `{best}`?"));
    }
    let known: Vec<String> = candidates.iter().take(12).map(|one| format!("`{one}`")).collect();
    let more = if candidates.len() > known.len() { ", …" } else { "" };
    (!known.is_empty()).then(|| format!("{kind} here: {}{more}", known.join(", ")))
}

/// Steps of insertion, removal, replacement and swap of neighbours from `a` to `b`, ignoring case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut steps = (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                steps = steps.min(at(&before, j - 1) + 1);
            }
            row.push(steps);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
