//! Clocks and medians.

use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};
use rustix::time::{ClockId, clock_gettime};

use crate::Failure;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// CPU seconds of all its processes.
    pub cpu: f64,
    /// Seconds on the wall.
    pub wall: f64,
}

/// CPU seconds of this process so far.
pub(crate) fn own_cpu() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// CPU seconds of all processes that this one has reaped. Resolution: a tick of 10 ms.
fn reaped_cpu() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("an odd /proc/self/stat")?;
    // cutime and cstime are fields 16 and 17; the state behind the name is field 3.
    let ticks = fields.split(' ').skip(13).take(2).map(|field| field.parse().unwrap_or(0.0)).sum::<f64>();
    Ok(ticks / rustix::param::clock_ticks_per_second() as f64)
}

/// Runs a command to its end, and all that it leaves behind too.
pub(crate) fn run(command: &mut Command) -> Result<Cost, Failure> {
    // Whatever outlives the command, such as a supervisor, comes to us and is counted when it ends.
    set_child_subreaper(Some(getpid()))?;
    let before = reaped_cpu()?;
    let begun = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let wall = begun.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{command:?} ended with {status}").into());
    }
    while wait(WaitOptions::empty()).is_ok() {}
    Ok(Cost { cpu: reaped_cpu()? - before, wall })
}

/// The middle value; 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
