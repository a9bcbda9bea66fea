//! Times and spans for people.

use std::time::Duration;

use flow_core::model::Timestamp;
use jiff::tz::TimeZone;

use crate::error::CliError;

/// Where the user lives.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// The zone that `TZ` names, else the machine's; UTC where neither is known.
    pub(crate) fn of(name: Option<&str>) -> Self {
        let named = name.filter(|name| !name.is_empty()).map(|name| name.trim_start_matches(':'));
        let found = match named {
            Some(name) => TimeZone::get(name).or_else(|_| TimeZone::posix(name)),
            None => TimeZone::try_system(),
        };
        Zone(found.unwrap_or(TimeZone::UTC))
    }

    /// Reads a time: ISO 8601, where it stands without a zone in this one; or back from now: `1d2h3m4s`.
    ///
    /// Errors: `BadTime`. Source: CLI-22, ODD-8.2.
    pub(crate) fn read(&self, text: &str, now: Timestamp) -> Result<Timestamp, CliError> {
        let text = text.trim();
        if let Some(back) = read_span(text) {
            return Ok(now.before(back));
        }
        let zoned = text.parse::<jiff::Timestamp>().ok();
        let local = || Some(text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(self.0.clone()).ok()?.timestamp());
        let moment = zoned.or_else(local).ok_or_else(|| CliError::BadTime(text.to_owned()))?;
        // Nothing was made before 1970.
        Ok(Timestamp::from_unix_millis(u64::try_from(moment.as_millisecond()).unwrap_or(0)))
    }

    fn show(&self, at: Timestamp, format: &str) -> String {
        let millis = i64::try_from(at.unix_millis).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_millisecond(millis) {
            Ok(moment) => moment.to_zoned(self.0.clone()).strftime(format).to_string(),
            Err(_) => at.to_string(),
        }
    }

    /// The time of day: `12:03:01`.
    pub(crate) fn clock(&self, at: Timestamp) -> String {
        self.show(at, "%H:%M:%S")
    }

    /// Relative below a day, else the date: `5m ago`, `2026-11-20 12:03`.
    pub(crate) fn when(&self, at: Timestamp, now: Timestamp) -> String {
        let age = now.since(at);
        match age.as_secs() {
            0..=1 => "just now".to_owned(),
            2..86_400 => format!("{} ago", coarse(age)),
            _ => self.show(at, "%Y-%m-%d %H:%M"),
        }
    }

    /// The full date and time: `2026-11-20 12:03:01 +01:00`.
    pub(crate) fn full(&self, at: Timestamp) -> String {
        self.show(at, "%Y-%m-%d %H:%M:%S %:z")
    }
}

/// A span such as `30d` or `1d2h3m4s`, its parts in this order; `None` if it is none.
pub(crate) fn read_span(text: &str) -> Option<Duration> {
    back(text).map(Duration::from_millis)
}

/// The milliseconds of a span such as `1d2h3m4s`, its parts in this order; `None` if it is none.
fn back(text: &str) -> Option<u64> {
    let units = [('d', 86_400_000), ('h', 3_600_000), ('m', 60_000), ('s', 1000)];
    let (mut rest, mut total, mut first) = (text, 0_u64, 0);
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, behind) = rest.split_at(end);
        let letter = behind.chars().next()?;
        let (at, (_, millis)) = units.iter().enumerate().skip(first).find(|(_, (name, _))| *name == letter)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*millis)?)?;
        (rest, first) = (behind.get(letter.len_utf8()..)?, at + 1);
    }
    (!text.is_empty()).then_some(total)
}

/// A span in its two greatest units: `0.4s`, `12s`, `3m 05s`, `2h 07m`, `1d 04h`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{}.{}s", seconds, span.subsec_millis() / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// A span that is only guessed: `8s`, `25s`, `4m`, `2h 10m`.
pub(crate) fn roughly(guess: Duration) -> String {
    let seconds = guess.as_secs() + u64::from(guess.subsec_millis() > 0);
    let steps = |step: u64| (seconds + step / 2) / step * step;
    match seconds {
        0..10 => format!("{}s", seconds.max(1)),
        10..58 => format!("{}s", steps(5)),
        58..3570 => coarse(Duration::from_secs(steps(60))),
        _ => span(Duration::from_secs(steps(600))),
    }
}

/// A span in its greatest unit.
fn coarse(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests;
