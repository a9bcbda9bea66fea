//! `show`: all about one task, and its log without the workflow commands. Source: CLI-25.

use flow_core::command::Scanner;
use flow_core::model::{Task, Timestamp, Try};
use flow_engine::Engine;

use crate::args::Show;
use crate::cmd::find;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::json::{self, ShowView, TaskView};
use crate::report::time::span;
use crate::report::{clean, words};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, own: &Show) -> Result<Exit, CliError> {
    let engine = session.engine_to_read()?;
    let found = find::attempt(&engine, &own.bake, own.which.attempt).await?;
    let task = engine.task(&found.attempt, &own.task).await?;
    if own.json {
        let view = ShowView {
            version: json::VERSION,
            bake: found.row.bake.id.as_str(),
            attempt: found.attempt.number,
            task: TaskView::from(&task),
        };
        session.print(&json::text(&view))?;
        return Ok(Exit::Well);
    }
    let word = found.standing.word(found.attempt.status);
    let attempt = format!("Attempt #{} {}", found.attempt.number, session.out_look.status(word, word));
    session.print(&attempt)?;
    for line in facts(session, &task, session.now()) {
        session.print(&line)?;
    }
    let task = engine.as_run(&task).await?;
    if task.tries.is_empty() {
        return Ok(Exit::Well);
    }
    if own.r#try as usize > task.tries.len() {
        return Err(CliError::NoTry { task: own.task.clone(), number: own.r#try, count: task.tries.len() });
    }
    session.print("")?;
    log(session, &engine, &task, own).await?;
    Ok(Exit::Well)
}

fn facts(session: &Session, task: &Task, now: Timestamp) -> Vec<String> {
    let (look, word) = (session.out_look, task.status.word());
    let note = words::note_now(task, now).map(|note| format!(": {}", clean::line(&note))).unwrap_or_default();
    let mut lines =
        vec![format!("Task {} {}{note}", look.strong(&clean::line(&task.id.to_string())), look.status(word, word))];
    let faint = |text: &str| look.faint(text);
    lines.extend(task.history.iter().map(|item| {
        let word = item.status.word();
        format!("  {}  {}", faint(&session.zone.full(item.at)), look.status(word, word))
    }));
    if task.tries.len() > 1 {
        lines.extend(task.tries.iter().map(one_try));
    }
    if let Some(from) = &task.cached_from {
        lines.push(format!("  taken over from {}", clean::line(from.as_str())));
    }
    for (title, values) in [("Outputs", &task.outputs), ("State", &task.state)] {
        if !values.is_empty() {
            lines.push(title.to_owned());
            lines.extend(values.iter().map(|(name, value)| format!("  {}: {}", clean::line(name), clean::line(value))));
        }
    }
    lines
}

fn one_try(one: &Try) -> String {
    let took = one.started_at.zip(one.ended_at).map(|(start, end)| format!(" after {}", span(end.since(start))));
    let ended = match &one.outcome {
        Some(outcome) => {
            let why = words::outcome(outcome).map(|why| format!(" ({})", clean::line(&why))).unwrap_or_default();
            format!("{}{}{why}", outcome.status, took.unwrap_or_default())
        }
        None => "at work".to_owned(),
    };
    format!("  try {}: {ended}", one.number)
}

/// The log: commands are taken out as they are when they are carried out (spec 07).
async fn log(session: &mut Session, engine: &Engine, task: &Task, own: &Show) -> Result<(), CliError> {
    let Some(mut reader) = engine.log(task, own.r#try, 0) else { return Ok(()) };
    let mut scanner = Scanner::new();
    let mut filter = session.log_filter();
    loop {
        let chunk = reader.read().await?;
        if chunk.bytes.is_empty() {
            break;
        }
        let mut echo = Vec::new();
        if own.raw {
            echo = chunk.bytes;
        } else {
            scanner.feed(&chunk.bytes, &mut |bytes| echo.extend_from_slice(bytes));
        }
        session.print_bytes(&filter.feed(echo))?;
    }
    let mut echo = Vec::new();
    if !own.raw {
        scanner.finish(&mut |bytes| echo.extend_from_slice(bytes));
    }
    session.print_bytes(&filter.feed(echo))?;
    session.print_bytes(&filter.finish())
}
