//! `man`: the manual pages, from the same texts as the help.

use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use crate::args;
use crate::error::CliError;
use crate::exit::Exit;
use crate::help;
use crate::session::Session;

pub(crate) fn run(session: &mut Session, own: &args::Man) -> Result<Exit, CliError> {
    let mut command = help::command();
    command.build();
    let Some(folder) = own.dir.as_ref().map(|folder| session.io.folder.join(folder)) else {
        let text = page(command).map_err(|error| CliError::Output { what: "the manual page", error })?;
        session.print_bytes(&text)?;
        return Ok(Exit::Well);
    };
    let failed = |error| CliError::File { path: folder.display().to_string(), error };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for name in write(&folder, command).map_err(failed)? {
        session.print(&folder.join(name).display().to_string())?;
    }
    Ok(Exit::Well)
}

/// Writes a page for the program and for each command that help shows; gives the names of the files.
fn write(folder: &Path, command: Command) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut open = vec![command];
    while let Some(command) = open.pop() {
        // `help` shows the same pages.
        let inner =
            command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help").cloned();
        open.extend(inner);
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        names.push(format!("{name}.1"));
        std::fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    }
    names.sort();
    Ok(names)
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(command).manual("Apolo Flow").render(&mut text)?;
    Ok(text)
}
