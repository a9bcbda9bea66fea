//! `reference`: the language for users, whole or one section.

use flow_core::diag::suggest;

use crate::args::Reference;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

const PAGE: &str = flow_core::REFERENCE;

pub(crate) fn run(session: &mut Session, own: &Reference) -> Result<Exit, CliError> {
    let text = match &own.section {
        None => PAGE.trim_end().to_owned(),
        Some(wanted) => section(wanted).ok_or_else(|| CliError::NoSection {
            section: wanted.clone(),
            help: suggest::help(wanted, "sections", names()),
        })?,
    };
    session.print(&text)?;
    Ok(Exit::Well)
}

/// The names of the sections in order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("## "))
}

/// One section with its heading.
fn section(name: &str) -> Option<String> {
    let begin = PAGE.lines().position(|line| line.strip_prefix("## ") == Some(name))?;
    let mut lines = PAGE.lines().skip(begin);
    let heading = lines.next()?;
    let body = lines.take_while(|line| !line.starts_with("## ")).filter(|line| !line.starts_with("<!--"));
    let text: Vec<&str> = std::iter::once(heading).chain(body).collect();
    Some(text.join("\n").trim_end().to_owned())
}

#[cfg(test)]
mod tests;
