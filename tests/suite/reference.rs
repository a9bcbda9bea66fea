//! `flow-core/reference.md`: its tables are those of the core, its examples are true.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::fmt::Write;

use flow_core::diag::Code;
use flow_core::expr::{Answers, Eval, FUNCTIONS, Names, Template};
use flow_core::parse::{mappings, parse_action, parse_batch, parse_live};
use flow_core::scope::{Context, GraphKind, Place};
use flow_core::text::{FileId, Span, Text};
use flow_core::value::Value;
use flow_tests::repository;

const PAGE: &str = "flow-core/reference.md";

/// Set it to write the tables anew.
const RENEW: &str = "RENEW_REFERENCE";

fn functions() -> String {
    let mut out = "| function | what it gives |\n|---|---|\n".to_owned();
    for function in FUNCTIONS {
        writeln!(out, "| `{}` | {} |", function.signature, function.about).unwrap();
    }
    out
}

/// Where expressions stand, in words for people.
const PLACES: &[(&str, Place)] = &[
    ("`params` of a batch", Place::Param),
    ("`defaults`, `volumes`, `images` of a batch", Place::Defaults),
    ("`cache`, `retry`, `fail_fast`, `max_parallel` in `defaults`", Place::LateDefaults),
    ("`fail_fast`, `max_parallel` of a task", Place::Strategy(GraphKind::Flow)),
    ("`matrix` of a task", Place::Matrix(GraphKind::Flow)),
    ("`id` and `needs` of a task", Place::Id),
    ("`cache` and `retry` of a task", Place::Cache(GraphKind::Flow)),
    ("all else of a task", Place::Task(GraphKind::Flow)),
    ("`defaults`, `volumes`, `images` of a live flow", Place::LiveDefaults),
    ("`params` of a job", Place::LiveParam),
    ("all else of a job", Place::Job),
    ("the job of a live action", Place::ActionJob),
    ("`fail_fast`, `max_parallel` of a task of an action", Place::Strategy(GraphKind::Action)),
    ("`matrix` of a task of an action", Place::Matrix(GraphKind::Action)),
    ("all else of a task of an action", Place::Task(GraphKind::Action)),
    ("a task of a module", Place::Task(GraphKind::Module)),
    ("`outputs` of an action", Place::Output(GraphKind::Action)),
    ("`main` of a stateful action, a local action", Place::InputsOnly),
];

fn contexts() -> String {
    let mut out = "| place | contexts |\n|---|---|\n".to_owned();
    for (place, known) in PLACES {
        let names: Vec<String> =
            Context::ALL.iter().filter(|one| known.has(**one)).map(|one| format!("`{}`", one.name())).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(" ") };
        writeln!(out, "| {place} | {names} |").unwrap();
    }
    out
}

fn keys() -> String {
    let mut out = String::new();
    for mapping in mappings() {
        let what = mapping.what.trim_start_matches("a ").trim_start_matches("an ");
        writeln!(out, "### {what}\n\n| key | meaning |\n|---|---|").unwrap();
        for key in mapping.keys {
            let mark = if key.required { " (must be there)" } else { "" };
            writeln!(out, "| `{}`{mark} | {} |", key.name, key.about).unwrap();
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

fn codes() -> String {
    let mut out = "| code | name | meaning |\n|---|---|---|\n".to_owned();
    for code in Code::ALL {
        writeln!(out, "| {} | {} | {} |", code.number(), code.name(), code.meaning()).unwrap();
    }
    out
}

/// The page with a table put between its marks.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let (mark, end) = (format!("<!-- {name} -->\n"), "<!-- end -->");
    let (before, rest) = page.split_once(&mark).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{mark}{table}{end}{after}")
}

#[test]
fn the_tables_of_the_reference_are_those_of_the_core() {
    let path = repository().join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let tables = [("keys", keys()), ("functions", functions()), ("contexts", contexts()), ("codes", codes())];
    let fresh = tables.iter().fold(page.clone(), |page, (name, table)| with_table(&page, name, table));
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, &fresh).unwrap();
        return;
    }
    assert!(page == fresh, "{PAGE} is stale: run `make reference` and look at what changed");
}

#[test]
fn the_flows_of_the_reference_have_no_problem() {
    let page = std::fs::read_to_string(repository().join(PAGE)).unwrap();
    let blocks: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        let file = FileId(0);
        let found = match block {
            _ if block.contains("\njobs:") => parse_live(file, block).1,
            _ if block.contains("\ninputs:") => parse_action(file, block).1,
            _ => parse_batch(file, block).1,
        };
        assert!(found.is_empty(), "{found:?}\n{block}");
    }
}

#[test]
fn the_values_of_the_reference_are_true() {
    struct Nothing;
    impl Names for Nothing {
        fn get(&self, _: &str) -> Option<Value> {
            None
        }
        fn list(&self) -> Vec<&str> {
            Vec::new()
        }
    }
    let page = std::fs::read_to_string(repository().join(PAGE)).unwrap();
    let rows = page.lines().skip_while(|line| *line != "| expression | value |").skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 8);
    for row in rows {
        let (expression, value) = row.trim_matches(['|', ' ', '`']).split_once("` | `").unwrap();
        let content = format!("${{{{ {expression} }}}}");
        let span = Span::new(FileId(0), 0..u32::try_from(content.len()).unwrap());
        let (template, found) = Template::parse(&Text::plain(content.as_str(), span));
        let eval = template.unwrap_or_else(|| panic!("{found:?}")).eval(&Nothing, &Answers::new());
        let Eval::Done(done) = eval else { panic!("{row}: {eval:?}") };
        assert_eq!(done.repr(), value, "{row}");
    }
}
