//! Expressions: parsing and evaluating one as people write them, per CPU second of this process.

use flow_core::expr::{Answers, Eval, Names, Template};
use flow_core::text::{FileId, Span, Text};
use flow_core::value::Value;

use crate::Failure;
use crate::measure::{median, own_cpu};

/// The expression.
const TEXT: &str = "${{ fmt('{}-{}', matrix.a, needs.x.outputs.y) }}";
/// What it gives.
const RESULT: &str = "one-two";
/// How often in one run.
const TIMES: u32 = 200_000;

struct Contexts {
    matrix: Value,
    needs: Value,
}

impl Names for Contexts {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "matrix" => Some(self.matrix.clone()),
            "needs" => Some(self.needs.clone()),
            _ => None,
        }
    }

    fn list(&self) -> Vec<&str> {
        vec!["matrix", "needs"]
    }
}

/// Prints the figures.
pub(crate) fn report() -> Result<(), Failure> {
    let text = Text::plain(TEXT, Span::new(FileId(0), 0..TEXT.len() as u32));
    let parse = || Template::parse(&text).0.ok_or("it does not parse");
    let template = parse()?;
    let outputs = Value::map([("y", Value::from("two"))]);
    let need = Value::object("need", [("outputs", outputs)]);
    let contexts = Contexts { matrix: Value::map([("a", Value::from("one"))]), needs: Value::map([("x", need)]) };
    let answers = Answers::new();
    let eval = || template.eval(&contexts, &answers);
    if !matches!(eval(), Eval::Done(value) if value.as_str() == Some(RESULT)) {
        return Err(format!("{TEXT} gives {:?}", eval()).into());
    }
    println!("evaluate {TEXT}: {:.0} per CPU second", rate(|| drop(std::hint::black_box(eval()))));
    println!("parse the same: {:.0} per CPU second", rate(|| drop(std::hint::black_box(parse()))));
    Ok(())
}

/// How often some work is done in a CPU second: the median of seven runs.
fn rate(work: impl Fn()) -> f64 {
    median((0..7).map(|_| {
        let begun = own_cpu();
        for _ in 0..TIMES {
            work();
        }
        f64::from(TIMES) / (own_cpu() - begun)
    }))
}
