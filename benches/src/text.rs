//! Reading and checking a file of 2,000 tasks, in CPU time of this process.

use std::fmt::Write as _;

use flow_core::plan::{Inputs, params, plan};
use flow_core::port::SourceRef;
use flow_core::resolve::Workspace;
use indexmap::IndexMap;

use crate::Failure;
use crate::measure::{median, own_cpu};

/// How often each size is read.
const RUNS: usize = 9;

/// A flow of so many tasks in chains of ten, with expressions as people write them.
fn flow(tasks: usize) -> String {
    let mut text =
        String::from("kind: batch\nparams: {seed: '1'}\ndefaults: {env: {SEED: '${{ params.seed }}'}}\ntasks:\n");
    for task in 0..tasks {
        let needs = if task % 10 == 0 { "[]".to_owned() } else { format!("[task_{}]", task - 1) };
        let input = if task % 10 == 0 { "'start'" } else { "needs.task_P.outputs.path" };
        let input = input.replace('P', &task.saturating_sub(1).to_string());
        let _ = write!(
            text,
            "  - id: task_{task}\n    needs: {needs}\n    image: python:3.11\n    env:\n      INPUT: ${{{{ {input} }}}}\n    \
             bash: |\n      echo 'working on ${{{{ fmt('{{}}-{{}}', params.seed, {task}) }}}}'\n      python work.py\n"
        );
    }
    text
}

fn check(text: &str) -> Result<usize, Failure> {
    let mut workspace = Workspace::new("large");
    workspace.supply(SourceRef::Project, None);
    workspace.supply(SourceRef::Flow("large".into()), Some(("large.yml".to_owned(), text.into())));
    let (flow, problems) = workspace.resolve("bench");
    let flow = flow.filter(|_| !problems.has_errors()).ok_or_else(|| format!("{problems:?}"))?;
    let (params, _) = params(&flow, &IndexMap::new());
    let inputs = Inputs { params, workspace: "/bench".to_owned(), username: "bench".to_owned(), ..Inputs::default() };
    let (plan, problems) = plan(&flow, &inputs);
    Ok(plan.ok_or_else(|| format!("{problems:?}"))?.nodes.len())
}

/// Prints the figures.
pub(crate) fn report() -> Result<(), Failure> {
    for tasks in [2_000, 20_000] {
        let text = flow(tasks);
        let mut spent = Vec::new();
        for _ in 0..RUNS {
            let begun = own_cpu();
            let nodes = check(&text)?;
            spent.push(own_cpu() - begun);
            assert_eq!(nodes, tasks);
        }
        let millis = median(spent) * 1e3;
        println!("parse + check, {tasks} tasks, {} KB: {millis:.1} ms CPU (median of {RUNS})", text.len() / 1024);
    }
    Ok(())
}
