//! What the syntax holds of a good file; mistakes are fixtures of the suite.

use crate::ast::{Batch, CacheStrategy, CommandKind, Entries, Field, Items, Section, Task, TaskBody, Unit};
use crate::model::NeedsLevel;
use crate::parse::parse_batch;
use crate::text::{FileId, Span};
use crate::value::{Int, Value};

fn parse(text: &str) -> Batch {
    let (batch, diagnostics) = parse_batch(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    batch.expect("a batch flow")
}

fn unit(task: &Task) -> &Unit {
    match &task.body {
        TaskBody::Unit(unit) => unit,
        TaskBody::Call(_) => panic!("a call"),
    }
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

fn literal<T: Clone>(field: &Field<T>) -> T {
    match field {
        Field::Literal(literal) => literal.value.clone(),
        Field::Absent | Field::Null(_) | Field::Expr(_) => panic!("no literal"),
    }
}

const FULL: &str = r#"kind: batch
id: train_all
title: Training
life_span: 1d6h15m
params:
  rounds: "2"
  data: {default: "${{ 'a' + 'b' }}", descr: where from}
  needed:
defaults:
  env: {STAGE: draft}
  tags: [nightly, 7]
  workdir: /data//dir/
  life_span: 90
  fail_fast: no
  max_parallel: 4
  cache: {strategy: none, life_span: 2h}
tasks:
  - id: prepare
    image: alpine
    cmd: prepare.sh
    enable: always()
  - id: fold_${{ matrix.k }}
    needs: {prepare: running}
    strategy:
      fail_fast: ${{ True }}
      matrix:
        k: ${{ range(2) }}
        size: [1, x, 1.5, true, '1']
        exclude: [{size: 1}]
        include:
          - {k: 7, size: "${{ 8 }}"}
    env:
      SRC: "it's ${{ needs.prepare.outputs.path }}"
      COUNT: 5
    bash: |
      echo ${{ matrix.k }}
  - needs: []
    env: ${{ {'A':'b'} }}
    tags: ${{ ['t'] }}
    python: ~
    cache:
"#;

#[test]
fn the_top_of_a_flow() {
    let batch = parse(FULL);
    assert_eq!(batch.id.map(|id| id.value.to_string()).as_deref(), Some("train_all"));
    assert_eq!(batch.title.map(|title| title.value).as_deref(), Some("Training"));
    assert!((literal(&batch.life_span) - 108_900.0).abs() < f64::EPSILON);
    let params = batch.params.into_value();
    assert_eq!(literal(&params["rounds"].default), "2");
    assert!(matches!(params["data"].default, Field::Expr(_)));
    assert_eq!(params["data"].descr.as_deref(), Some("where from"));
    assert!(matches!(params["needed"].default, Field::Null(_)));
    assert_eq!(slice(FULL, params["needed"].name), "needed");
}

#[test]
fn defaults() {
    let defaults = parse(FULL).defaults.into_value();
    let Entries::Written(env) = defaults.env else { panic!("no env") };
    assert_eq!(literal(&env.value["STAGE"].1), "draft");
    let Items::Written(tags) = defaults.tags else { panic!("no tags") };
    assert_eq!(tags.value.iter().map(literal).collect::<Vec<_>>(), ["nightly", "7"]);
    assert_eq!(literal(&defaults.workdir), "/data/dir");
    assert!((literal(&defaults.life_span) - 90.0).abs() < f64::EPSILON);
    assert!(!literal(&defaults.fail_fast));
    assert_eq!(literal(&defaults.max_parallel), 4);
    let cache = defaults.cache.into_written().expect("a cache");
    assert_eq!(cache.strategy.map(|strategy| strategy.value), Some(CacheStrategy::None));
    assert!((literal(&cache.life_span) - 7200.0).abs() < f64::EPSILON);
}

#[test]
fn tasks() {
    let tasks = parse(FULL).tasks;
    let [prepare, fold, last] = tasks.as_slice() else { panic!("three tasks") };
    assert_eq!(literal(&prepare.id), "prepare");
    assert!(matches!(literal(&prepare.enable), Value::Always));
    assert!(!prepare.needs.is_present() && !prepare.strategy.is_present());
    let command = unit(prepare).command.as_ref().expect("a command");
    assert_eq!(command.kind, CommandKind::Cmd);
    let Field::Literal(text) = &command.text else { panic!("a literal") };
    assert_eq!(text.value.constant(), Some("prepare.sh"));

    assert!(matches!(fold.id, Field::Expr(_)));
    let needs = &fold.needs.written().expect("needs").value;
    assert_eq!((literal(&needs[0].id).as_str(), needs[0].level), ("prepare", NeedsLevel::Running));
    let Entries::Written(env) = &unit(fold).env else { panic!("no env") };
    assert_eq!(literal(&env.value["COUNT"].1), "5");
    assert!(matches!(env.value["SRC"].1, Field::Expr(_)));
    assert!(matches!(unit(fold).command.as_ref().map(|command| &command.text), Some(Field::Expr(_))));

    assert_eq!(last.needs.written().map(|needs| needs.value.len()), Some(0));
    assert!(matches!(unit(last).env, Entries::Expr(_)));
    assert!(matches!(unit(last).tags, Items::Expr(_)));
    assert!(matches!(unit(last).command.as_ref().map(|command| &command.text), Some(Field::Null(_))));
    assert!(matches!(last.cache, Section::Null(_)));
}

#[test]
fn matrix_literals_keep_their_type() {
    let tasks = parse(FULL).tasks;
    let strategy = tasks[1].strategy.written().expect("a strategy");
    assert!(matches!(strategy.fail_fast, Field::Expr(_)));
    assert!(matches!(strategy.matrix.variables["k"].1, Items::Expr(_)));
    let Items::Written(sizes) = &strategy.matrix.variables["size"].1 else { panic!("no sizes") };
    let sizes: Vec<Value> = sizes.value.iter().map(literal).collect();
    assert!(matches!(
        &sizes[..],
        [Value::Int(Int::Small(1)), Value::Str(_), Value::Float(_), Value::Bool(true), Value::Str(_)]
    ));
    assert!(matches!(literal(&strategy.matrix.exclude[0].value["size"].1), Value::Int(Int::Small(1))));
    assert!(matches!(strategy.matrix.include[0].value["size"].1, Field::Expr(_)));
}

#[test]
fn an_expression_error_in_a_block_has_its_true_place() {
    let text = "kind: batch\ntasks:\n  - bash: |\n      echo one\n      echo ${{ a b }} two\n";
    let (_, diagnostics) = parse_batch(FileId(0), text);
    let span = diagnostics.iter().next().and_then(crate::diag::Diagnostic::span).expect("a place");
    assert_eq!(slice(text, span), "b");
}

#[test]
fn sections_that_are_null_count_as_absent() {
    let batch =
        parse("kind: batch\nparams:\ndefaults:\nimages:\nvolumes: {}\ntasks: [{needs: ~, strategy: ~, volumes: []}]\n");
    assert!(matches!(batch.params, Section::Null(_)));
    assert!(batch.tasks[0].needs.written().is_none() && batch.tasks[0].strategy.written().is_none());
}

#[test]
fn anchors_and_merge_keys_reach_the_syntax() {
    let text = "kind: batch\ntasks:\n  - &base {id: one, env: {A: b}}\n  - {<<: *base, id: two}\n";
    let batch = parse(text);
    assert_eq!(literal(&batch.tasks[1].id), "two");
    assert!(matches!(&unit(&batch.tasks[1]).env, Entries::Written(env) if env.value.len() == 1));
}
