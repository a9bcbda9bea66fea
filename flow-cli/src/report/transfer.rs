//! How copies of volumes are told: a bar while they go, words at their end.

use flow_engine::Direction;
use flow_engine::storage::CopyProgress;

use crate::report::clean;
use crate::report::diagnostic::counted;
use crate::report::json::VolumeView;
use crate::report::look::Look;
use crate::report::table::Strip;

/// Columns of a bar.
const BAR: u64 = 24;
/// More names than this are too much to look at.
const NAMES: usize = 100;

/// One line of progress that fits the terminal.
pub(crate) fn bar(volume: &str, now: CopyProgress, look: Look, columns: usize) -> String {
    let part = now.bytes.saturating_mul(BAR).checked_div(now.all_bytes).unwrap_or(0).min(BAR);
    let part = usize::try_from(part).unwrap_or_default();
    let rest = usize::try_from(BAR).unwrap_or_default().saturating_sub(part);
    let mut strip = Strip::new(columns.saturating_sub(1));
    strip.push(&clean::line(volume), str::to_owned);
    strip.push("  ", str::to_owned);
    strip.push(&look.pick("━", "#").repeat(part), |text| look.status("succeeded", text));
    strip.push(&look.pick("─", ".").repeat(rest), |text| look.faint(text));
    let counts = format!("  {}/{} files  {} of {}", now.files, now.all_files, size(now.bytes), size(now.all_bytes));
    strip.push(&counts, str::to_owned);
    strip.finish()
}

/// What came of a copy, or would come of it: one line, then names where they are wanted.
pub(crate) fn told(view: &VolumeView, direction: Direction) -> String {
    let way = match direction {
        Direction::Upload => "to",
        Direction::Download => "from",
    };
    let mut lines = Vec::new();
    let bytes = size(view.bytes.unwrap_or_default());
    if let Some(written) = &view.written {
        let files = counted(written.len(), "file");
        lines.push(format!("{}: {files} ({bytes}) would be copied {way} {}", view.volume, view.remote));
        lines.extend(written.iter().take(NAMES).map(|name| format!("  {name}")));
        lines.extend(written.get(NAMES..).map(|rest| format!("  and {} more", rest.len())));
    } else {
        let files = counted(view.copied.unwrap_or_default(), "file");
        let unchanged = view.unchanged.unwrap_or_default();
        lines.push(format!("{}: {files} ({bytes}) copied {way} {}, {unchanged} unchanged", view.volume, view.remote));
    }
    if let Some(newer) = view.newer.as_ref().filter(|newer| !newer.is_empty()) {
        lines.push(format!("  left alone, since they are newer there: {}", newer.join(", ")));
    }
    lines.join("\n")
}

/// What came of removing a volume.
pub(crate) fn removed(view: &VolumeView, dry: bool) -> String {
    match (view.removed, dry) {
        (Some(true), true) => format!("{}: {} would be removed", view.volume, view.remote),
        (Some(true), false) => format!("{}: {} removed", view.volume, view.remote),
        _ => format!("{}: there is nothing at {}", view.volume, view.remote),
    }
}

/// `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut whole, mut rest, mut unit) = (bytes, 0, "B");
    for next in units {
        if whole < 1024 {
            break;
        }
        (rest, whole, unit) = (whole % 1024, whole / 1024, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{whole}.{} {unit}", rest * 10 / 1024) }
}

#[cfg(test)]
mod tests;
