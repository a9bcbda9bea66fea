//! Dates in plain scalars: the text that the reference makes of them. Source: YML-5.

/// The rendering of a plain date with time, such as `2020-01-02 03:04:05+00:00`.
///
/// `None` if the text is no timestamp; a date without time renders as it stands and needs none.
pub(super) fn render(text: &str) -> Option<String> {
    let mut scan = Scan(text);
    let date = scan.date()?;
    scan.separator()?;
    let (hour, minute, second) = (scan.number(1, 2)?, scan.after(':', 2)?, scan.after(':', 2)?);
    let fraction = scan.fraction();
    let zone = scan.zone()?;
    let in_range = hour < 24 && minute < 60 && second < 60;
    (scan.0.is_empty() && in_range).then(|| format!("{date} {hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

/// What is still to be read.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    fn date(&mut self) -> Option<String> {
        let (year, month, day) = (self.number(4, 4)?, self.dash()?, self.dash()?);
        let in_range = year > 0 && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
        in_range.then(|| format!("{year:04}-{month:02}-{day:02}"))
    }

    fn dash(&mut self) -> Option<u32> {
        self.0 = self.0.strip_prefix('-')?;
        self.number(1, 2)
    }

    fn separator(&mut self) -> Option<()> {
        let rest = self.0.strip_prefix(['T', 't']).unwrap_or_else(|| self.0.trim_start_matches([' ', '\t']));
        (rest.len() < self.0.len()).then(|| self.0 = rest)
    }

    /// `mark` and exactly `digits` digits.
    fn after(&mut self, mark: char, digits: usize) -> Option<u32> {
        self.0 = self.0.strip_prefix(mark)?;
        self.number(digits, digits)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        (digits >= least).then(|| number.parse().ok())?
    }

    /// Microseconds, six digits; nothing where they are zero.
    fn fraction(&mut self) -> String {
        let Some(rest) = self.0.strip_prefix('.') else { return String::new() };
        let end = rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(end);
        self.0 = rest;
        let micros: String = digits.chars().chain("000000".chars()).take(6).collect();
        if micros == "000000" { String::new() } else { format!(".{micros}") }
    }

    /// `Z` or an offset; nothing where there is none.
    fn zone(&mut self) -> Option<String> {
        let rest = self.0.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return self.0.is_empty().then(String::new);
        }
        self.0 = rest;
        if let Some(rest) = self.0.strip_prefix('Z') {
            self.0 = rest;
            return Some("+00:00".to_owned());
        }
        let sign = self.0.chars().next().filter(|one| matches!(one, '+' | '-'))?;
        self.0 = self.0.strip_prefix(sign)?;
        let hours = self.number(1, 2)?;
        let minutes = if self.0.starts_with(':') { self.after(':', 2)? } else { 0 };
        (hours < 24 && minutes < 60).then(|| match (sign, hours, minutes) {
            ('-', 0, 0) => "+00:00".to_owned(),
            _ => format!("{sign}{hours:02}:{minutes:02}"),
        })
    }
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
