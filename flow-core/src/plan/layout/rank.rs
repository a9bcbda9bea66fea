//! [`ranks`]: the column of each box.

/// The length of the longest way to each box: 0 for those without needs.
///
/// Edges that close a circle are left out: the box that comes first in the graph stands left.
/// Cost: linear in boxes and edges.
pub(super) fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut open = vec![0_usize; count];
    for (from, to) in edges {
        if let (Some(after), Some(open)) = (after.get_mut(*from), open.get_mut(*to)) {
            after.push(*to);
            *open += 1;
        }
    }
    let mut ranks = vec![0_usize; count];
    let mut is_done = vec![false; count];
    let mut ready: Vec<usize> = (0..count).rev().filter(|at| open.get(*at) == Some(&0)).collect();
    let mut rest = 0..count;
    loop {
        // Nothing is ready and something is left: a circle, which is opened at its first box.
        let next = ready.pop().or_else(|| rest.find(|at| is_done.get(*at) == Some(&false)));
        let Some(at) = next else { return ranks };
        if let Some(done) = is_done.get_mut(at)
            && !std::mem::replace(done, true)
        {
            let rank = ranks.get(at).copied().unwrap_or_default();
            for to in after.get(at).into_iter().flatten().filter(|to| is_done.get(**to) == Some(&false)) {
                if let (Some(own), Some(open)) = (ranks.get_mut(*to), open.get_mut(*to)) {
                    *own = (rank + 1).max(*own);
                    *open = open.saturating_sub(1);
                    if *open == 0 {
                        ready.push(*to);
                    }
                }
            }
        }
    }
}
