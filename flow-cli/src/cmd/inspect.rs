//! `inspect`: a bake, one attempt of it, and its tasks. Source: CLI-23.

use flow_core::model::{Task, TaskStatus, Timestamp};
use flow_engine::{Inspection, Standing};

use crate::args::Inspect;
use crate::cmd::{find, graph_file};
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::json::{self, BakeView, InspectView, TaskView};
use crate::report::table::{Cell, Table};
use crate::report::time::span;
use crate::report::{clean, words};
use crate::session::Session;

/// How much of the outputs and notes of a task the table shows.
const SHORT: usize = 60;

pub(crate) async fn run(session: &mut Session, own: &Inspect) -> Result<Exit, CliError> {
    let found = find::attempt(&session.engine_to_read()?, &own.bake, own.which.attempt).await?;
    let name = format!("{}_{}.gv", found.row.bake.id, found.attempt.number);
    graph_file::write(session, &own.graph, &name, |max_rows| found.graph(max_rows))?;
    if own.json {
        let view = InspectView {
            version: json::VERSION,
            bake: BakeView::new(&found.row.bake, &found.attempt, found.standing),
            tasks: found.tasks.iter().map(TaskView::from).collect(),
        };
        session.print(&json::text(&view))?;
        return Ok(Exit::Well);
    }
    for line in heading(session, &found) {
        session.print(&line)?;
    }
    if !found.tasks.is_empty() {
        session.print("")?;
        let now = session.now();
        let table = tasks(session, &found.tasks, now);
        session.print_table(&table)?;
    }
    if found.standing == Standing::Stalled {
        let id = &found.row.bake.id;
        session.note(&format!("no engine drives it; take it up again: `apolo-flow resume {id}`"));
    }
    Ok(Exit::Well)
}

fn heading(session: &Session, found: &Inspection) -> Vec<String> {
    let (bake, attempt, look, now) = (&found.row.bake, &found.attempt, session.out_look, session.now());
    let word = found.standing.word(attempt.status);
    let (when, moment) = (session.zone.when(attempt.created_at, now), session.zone.full(attempt.created_at));
    let mut facts = vec![
        ("Bake", clean::line(bake.id.as_str())),
        ("Batch", clean::line(&bake.batch)),
        ("Attempt", format!("#{} {}", attempt.number, look.status(word, word))),
        ("Started", format!("{when} by {} ({moment})", clean::line(&bake.by))),
    ];
    if let Some(number) = found.restarts {
        facts.insert(3, ("Restarts", format!("#{number}")));
    }
    if let Some(name) = &bake.name {
        facts.insert(1, ("Name", clean::line(name)));
    }
    if let Some(ended) = attempt.ended_at {
        facts.push(("Duration", span(ended.since(attempt.created_at))));
    }
    if !bake.tags.is_empty() {
        facts.push(("Tags", clean::line(&bake.tags.join(", "))));
    }
    if !attempt.params.is_empty() {
        let params: Vec<String> = attempt.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        facts.push(("Params", clean::line(&params.join("  "))));
    }
    if let Some(git) = &bake.git {
        let sha: String = git.sha.chars().take(12).collect();
        facts.push(("Git", clean::line(&format!("{sha} on {}", git.branch))));
    }
    facts.push(("Folder", clean::line(&bake.workspace)));
    if let Some(mark) = &attempt.cancel {
        let when = session.zone.when(mark.at, now);
        facts.push(("Cancel", format!("asked for by {} {when}", clean::line(&mark.by))));
    }
    facts.into_iter().map(|(name, fact)| format!("{} {fact}", look.faint(&format!("{name:<9}")))).collect()
}

fn tasks(session: &Session, tasks: &[Task], now: Timestamp) -> Table {
    let mut table = Table::new(&["ID", "STATUS", "STARTED", "DURATION", "TRIES", "OUTPUTS AND NOTES"]);
    for task in tasks {
        let word = task.status.word();
        let last = task.tries.last();
        let started = last.and_then(|last| last.started_at);
        let took = started.map(|at| last.and_then(|last| last.ended_at).unwrap_or(now).since(at));
        let outputs = task.outputs.iter().map(|(name, value)| format!("{name}={value}"));
        let note =
            words::note_now(task, now).filter(|_| task.status != TaskStatus::Succeeded || task.taken_from.is_some());
        let said: Vec<String> = note.into_iter().chain(outputs).collect();
        table.push(vec![
            clean::line(&task.id.to_string()).into(),
            Cell { text: word.to_owned(), status: Some(word) },
            started.map(|at| session.zone.when(at, now)).unwrap_or_default().into(),
            took.map(span).unwrap_or_default().into(),
            if task.tries.is_empty() { String::new() } else { task.tries.len().to_string() }.into(),
            clean::short(&said.join("  "), SHORT).into(),
        ]);
    }
    table
}
