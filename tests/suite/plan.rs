//! What a flow's text comes to before the bake: its graph, or all that is wrong with it.

use flow_core::diag::{Diagnostics, Severity};
use flow_core::model::{GitInfo, NeedsLevel};
use flow_core::plan::{self, Inputs, Plan};
use flow_core::port::SourceRef;
use flow_core::resolve::Workspace;
use flow_core::text::SourceMap;
use indexmap::IndexMap;

use crate::sim::{flow, resolved};

fn inputs(params: IndexMap<String, String>) -> Inputs {
    let git = GitInfo { sha: "abc".to_owned(), branch: "main".to_owned(), tags: Vec::new() };
    Inputs {
        params,
        git: Some(git),
        workspace: "/home/ann/my-ws".to_owned(),
        username: "ann".to_owned(),
        platform: None,
        max_rows: None,
        storage: None,
    }
}

/// The lines of a plan: `id <- needs`, a running need with `~`; else the lines of its problems.
fn outcome(text: &str) -> Vec<String> {
    let (flow, diags, workspace) = resolved(text);
    let Some(flow) = flow else { return problems(&diags, workspace.sources()) };
    let (params, diags) = plan::params(&flow, &IndexMap::new());
    if diags.has_errors() {
        return problems(&diags, workspace.sources());
    }
    match plan::plan(&flow, &inputs(params)) {
        (Some(plan), _) => graph(&plan),
        (None, diags) => problems(&diags, workspace.sources()),
    }
}

fn graph(plan: &Plan) -> Vec<String> {
    let line = |node: &flow_core::model::NodeRecord| {
        let need = |need: &flow_core::model::Need| match need.level {
            NeedsLevel::Running => format!("~{}", need.id),
            NeedsLevel::Completed => need.id.to_string(),
        };
        let needs: Vec<_> = node.needs.iter().map(need).collect();
        format!("{} <- {}", node.id, needs.join(" ")).trim_end().to_owned()
    };
    plan.nodes.iter().map(line).collect()
}

/// Each problem as `F0501 3:12 4:1 message | help`, all its places in order.
fn problems(diags: &Diagnostics, sources: &SourceMap) -> Vec<String> {
    let errors = diags.iter().filter(|one| one.severity == Severity::Error);
    let line = |one: &flow_core::diag::Diagnostic| {
        let places = one.labels.iter().filter_map(|label| sources.position(label.span));
        let places: Vec<_> = places.map(|at| format!(" {}:{}", at.line, at.column)).collect();
        let places = places.concat();
        let help = one.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{}{places} {}{help}", one.code.number(), one.message)
    };
    errors.map(line).collect()
}

fn check(cases: &[(&str, &str, &[&str])]) {
    let wrong = cases.iter().filter_map(|(rules, tasks, wanted)| {
        let text = format!("kind: batch\n{tasks}\n");
        let found = outcome(&text);
        (found != *wanted).then(|| format!("{rules}:\n{text}found {found:#?}\nwanted {wanted:#?}"))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn graphs() {
    check(&[
        ("no tasks", "tasks: []", &[]),
        (
            "CTX-73: the chain; an empty list breaks it for itself only",
            "tasks: [{image: x}, {image: x}, {id: a, image: x}, {image: x, needs: []}, {image: x, needs: ~}]",
            &["task-1 <-", "task-2 <- task-1", "a <- task-2", "task-4 <-", "task-5 <- task-4"],
        ),
        (
            "CTX-70, CTX-77: levels, forward references; the last level wins",
            "tasks: [{id: a, image: x, needs: {b: running}}, {id: b, image: x, needs: []}, {id: c, image: x, needs: {a: completed, '${{ \"a\" }}': running}}]",
            &["a <- ~b", "b <-", "c <- ~a"],
        ),
        (
            "DEC-1: a diamond is no circle, in any order",
            "tasks: [{id: d, image: x, needs: [b, c]}, {id: b, image: x, needs: [a]}, {id: c, image: x, needs: [a]}, {id: a, image: x, needs: []}]",
            &["d <- b c", "b <- a", "c <- a", "a <-"],
        ),
    ]);
}

#[test]
fn matrices() {
    check(&[
        (
            "CTX-51, CTX-71: the first variable is slowest, names go by the alphabet",
            "tasks: [{image: x, strategy: {matrix: {b: [1, 2], a: [x, y]}}}, {image: x}]",
            &[
                "task-1-x-1 <-",
                "task-1-y-1 <-",
                "task-1-x-2 <-",
                "task-1-y-2 <-",
                "task-2 <- task-1-x-1 task-1-y-1 task-1-x-2 task-1-y-2",
            ],
        ),
        (
            "DEC-17: upper-case variables count, odd bytes are written out",
            "tasks: [{image: x, strategy: {matrix: {aB: [1.5, true, 'q w', é]}}}]",
            &["task-1-1.5 <-", "task-1-True <-", "task-1-q~20w <-", "task-1-~c3~a9 <-"],
        ),
        (
            "CTX-54, CTX-55, DEC-16: exclude by value or by looks, include at the end",
            "tasks: [{image: x, strategy: {matrix: {a: [1, 2], b: [x, y], exclude: [{a: 1, b: x}, {a: '2', b: y}], include: [{b: z, a: 9}]}}}]",
            &["task-1-1-y <-", "task-1-2-x <-", "task-1-9-z <-"],
        ),
        (
            "CTX-74: needs by the own matrix",
            "tasks: [{id: 't_${{ matrix.n }}', image: x, strategy: {matrix: {n: [1, 2]}}}, {id: 'u_${{ matrix.n }}', image: x, needs: ['t_${{ matrix.n }}'], strategy: {matrix: {n: [1, 2]}}}]",
            &["t_1 <-", "t_2 <-", "u_1 <- t_1", "u_2 <- t_2"],
        ),
        (
            "EXT-1: a group, needed by its name and by the chain",
            "tasks: [{id: t, image: x, strategy: {matrix: {n: [1, 2]}}}, {id: u, image: x}, {id: v, image: x, needs: {t: running}}]",
            &["t-1 <-", "t-2 <-", "u <- t-1 t-2", "v <- ~t-1 ~t-2"],
        ),
        (
            "EXT-1: one row keeps the id (CTX-71)",
            "tasks: [{id: t, image: x, strategy: {matrix: {n: [1]}}}, {id: u, image: x}, {id: v, image: x, needs: [t]}]",
            &["t <-", "u <- t", "v <- t"],
        ),
        (
            "CTX-51, DEC-18: an empty list beside others is left out",
            "tasks: [{image: x, strategy: {matrix: {n: '${{ [] }}', k: [1, 2]}}}]",
            &["task-1-1 <-", "task-1-2 <-"],
        ),
        (
            "DEC-18: the chain skips over an empty matrix; its group is complete",
            "tasks: [{id: a, image: x}, {id: t, image: x, strategy: {matrix: {n: []}}}, {id: b, image: x}, {id: c, image: x, needs: [t]}]",
            &["a <-", "b <- a", "c <-"],
        ),
        (
            "DEC-18: everything excluded",
            "tasks: [{id: a, image: x}, {image: x, strategy: {matrix: {n: [1], exclude: [{}]}}}, {id: b, image: x}]",
            &["a <-", "b <- a"],
        ),
    ]);
}

#[test]
fn matrices_from_expressions_and_with_errors() {
    check(&[
        (
            "CTX-50: lists from params and defaults",
            "params: {n: '2'}\ndefaults: {env: {A: k}}\ntasks: [{image: x, strategy: {matrix: {n: '${{ range(int(params.n)) }}', e: ['${{ env.A }}']}}}]",
            &["task-1-k-0 <-", "task-1-k-1 <-"],
        ),
        (
            "EXT-2: 10,000 rows are fine, more are not",
            "tasks: [{image: x, strategy: {matrix: {n: '${{ range(10001) }}'}}}]",
            &[
                "F0505 2:39 the matrix of task #1 has more than 10000 rows | let each row work on several values, or raise `matrix_rows` under `[limits]` in engine.toml",
            ],
        ),
        (
            "CTX-55: the place is the matrix",
            "tasks: [{image: x, strategy: {matrix: {k: [1], include: [{z: 1}]}}}]",
            &[
                "F0506 2:39 2:58 an `include` entry must name exactly the matrix variables: additional `z`; missing `k` | give the entry a value for each variable and for nothing else",
            ],
        ),
        (
            "oddity 7: unknown keys of exclude",
            "tasks: [{image: x, strategy: {matrix: {key: [1], exclude: [{kee: 1}]}}}]",
            &["F0506 2:61 the matrix has no variable `kee` | did you mean `key`?"],
        ),
    ]);
    let at_most = "kind: batch\ntasks: [{image: x, strategy: {matrix: {n: '${{ range(10000) }}'}}}]\n";
    assert_eq!(outcome(at_most).len(), 10_000);
}

#[test]
fn graphs_with_errors() {
    check(&[
        (
            "CTX-75",
            "tasks: [{id: train, image: x}, {id: b, image: x, needs: [trian, zz]}]",
            &[
                "F0501 2:58 there is no task `trian` | did you mean `train`?",
                "F0501 2:65 there is no task `zz` | tasks here: `b`, `train`",
            ],
        ),
        (
            "CTX-74: unnamed tasks and rows of a group have no name",
            "tasks: [{id: t, image: x, strategy: {matrix: {n: [a, b]}}}, {id: b, image: x, needs: [t_a]}]",
            &["F0501 2:87 there is no task `t_a` | tasks here: `b`, `t`"],
        ),
        (
            "DEC-2",
            "tasks: [{id: a, image: x}, {id: a, image: x, needs: []}]",
            &["F0502 2:33 2:14 two tasks have the id `a` | rename one of them"],
        ),
        (
            "DEC-2: circles through an id of two tasks are guesses",
            "tasks: [{id: a, image: x}, {id: a, image: x}]",
            &["F0502 2:33 2:14 two tasks have the id `a` | rename one of them"],
        ),
        (
            "DEC-2: rows",
            "tasks: [{id: 't_${{ matrix.n }}', image: x, strategy: {matrix: {n: [1, 1]}}}]",
            &[
                "F0502 2:14 two tasks have the id `t_1` | use matrix variables in the id so that each row gets its own, or drop equal values",
            ],
        ),
        (
            "DEC-1, CTX-76",
            "tasks: [{id: a, image: x, needs: [c]}, {id: b, image: x, needs: [a]}, {id: c, image: x}]",
            &[
                "F0503 2:35 2:76 2:66 tasks need each other in a circle: `a` → `c` → `b` → `a` | drop one of these needs",
            ],
        ),
        (
            "DEC-1: itself",
            "tasks: [{id: a, image: x, needs: [a]}]",
            &["F0503 2:35 tasks need each other in a circle: `a` → `a` | drop one of these needs"],
        ),
        ("CTX-75: no image", "tasks: [{id: a}]", &["F0504 2:9 the task has no image | add `image`"]),
        (
            "DEC-26",
            "defaults: {max_parallel: '${{ 0 }}'}\ntasks: [{id: a, image: x, strategy: {max_parallel: '${{ 0 }}', matrix: {n: [1]}}}]",
            &[
                "F0204 2:26 `max_parallel` must be 1 or more: nothing would ever run | leave it out for the default",
                "F0204 3:52 `max_parallel` must be 1 or more: nothing would ever run | leave it out for the default",
            ],
        ),
        (
            "an id that is none",
            "tasks: [{id: '${{ matrix.n }}-x', image: x, strategy: {matrix: {n: [a]}}}]",
            &["F0406 2:19 `a-x` is no identifier | use letters, digits and `_`, and begin with a letter or `_`"],
        ),
    ]);
}

#[test]
fn names_are_checked_before_the_run() {
    // DEC-28, EXP-62, CTX-13
    let cases = [
        ("cmd: '${{ nedes.a }}'", "F0401", "nedes"),
        ("cmd: '${{ needs.b }}'", "F0402", "b"),
        ("cmd: '${{ needs.a.reslt }}'", "F0402", "reslt"),
        ("env: {A: '${{ parms.p }}'}", "F0401", "parms"),
        ("env: {A: '${{ params.q }}'}", "F0402", "q"),
        ("cmd: '${{ env.B }}'", "F0402", "B"),
        ("cmd: '${{ matrix.k }}'", "F0402", "k"),
        ("cmd: '${{ flow.nope }}'", "F0402", "nope"),
        ("cmd: '${{ strategy.fail }}'", "F0402", "fail"),
        ("enable: \"${{ success('zz') }}\"", "F0402", "'zz'"),
        ("cache: {life_span: '${{ needs.a }}'}", "F0401", "needs"),
        ("cache: {life_span: '${{ 5 if success() else 6 }}'}", "F0401", "success"),
        ("tags: ['${{ 1 if False else [zzz] }}']", "F0401", "zzz"),
        ("cmd: '${{ 1 + project.id }}'", "F0403", "1 + project.id"),
    ];
    for (line, code, at) in cases {
        let text = format!(
            "kind: batch\nparams: {{p: '1'}}\ndefaults: {{env: {{A: d}}}}\ntasks:\n  - {{id: a, image: x}}\n  - id: b\n    image: x\n    {line}\n"
        );
        let column = line.find(at).expect("the place is in the line") + 5;
        let wanted = format!("{code} 8:{column} ");
        let found = outcome(&text);
        assert!(found.len() == 1 && found[0].starts_with(&wanted), "{line}: {found:?}, wanted {wanted}");
    }
}

#[test]
fn known_names_pass_the_check() {
    let text = "
kind: batch
params: {p: '1'}
defaults: {env: {A: d}, tags: ['${{ params.p }}']}
tasks:
  - {id: a, image: x}
  - id: r_${{ matrix.k }}
    image: x
    strategy: {matrix: {k: [1, 2]}, fail_fast: '${{ not strategy.fail_fast }}'}
    cache: {life_span: '${{ matrix.k }}'}
    enable: ${{ success('a') and needs.a.result == 'succeeded' }}
    cmd: >-
      ${{ needs.a.outputs.x }} ${{ matrix.ORDINAL }} ${{ env.A }} ${{ len(tags) }} ${{ git.sha }} ${{ flow.workspace }}
      ${{ project.owner }} ${{ strategy.max_parallel }} ${{ [x.result for x in values(needs)] if False else '' }}
";
    assert_eq!(outcome(text), ["a <-", "r_1 <- a", "r_2 <- a"]);
}

#[test]
fn a_running_need_is_not_in_the_context() {
    // CTX-70
    let text = "
kind: batch
tasks:
  - {id: a, image: x}
  - {id: b, image: x, needs: {a: running}, cmd: '${{ needs.a.result }}'}
";
    let found = outcome(text);
    assert!(found.len() == 1 && found[0].starts_with("F0402 5:60 "), "{found:?}");
    assert!(found[0].ends_with("| name it in `needs`, at level `completed`"), "{found:?}");
}

#[test]
fn all_problems_come_at_once() {
    // DEC-22
    let text = "
kind: batch
defaults: {workdir: '${{ env.A }}'}
tasks:
  - {id: a, cmd: '${{ zz }}'}
  - {id: a, image: x, needs: [q]}
";
    let codes: Vec<_> =
        outcome(text).iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(codes, ["F0401", "F0504", "F0401", "F0502", "F0501"]);
}

#[test]
fn params_are_settled_all_at_once() {
    // CTX-65
    let text = "kind: batch\nparams:\n  a: ~\n  bird: ${{ 'w' + 'ren' }}\n  c: {}\ntasks: []\n";
    let flow = flow(text);
    let given = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let (values, diags) = plan::params(&flow, &given(&[("a", "1"), ("c", "")]));
    assert!(diags.is_empty(), "{diags:?}");
    assert_eq!(
        values.into_iter().collect::<Vec<_>>(),
        given(&[("a", "1"), ("bird", "wren"), ("c", "")]).into_iter().collect::<Vec<(String, String)>>()
    );
    let (_, diags) = plan::params(&flow, &given(&[("brid", "owl"), ("c", "x")]));
    let sources = flow.shared.sources.as_ref();
    assert_eq!(
        problems(&diags, sources),
        [
            "F0005 the flow has no param `brid` | did you mean `bird`?",
            "F0006 3:6 the param `a` has no value | give one with `-p a VALUE`, or write a default",
        ]
    );
}

#[test]
fn levels_follow_the_needs() {
    let flow = flow(
        "kind: batch\ntasks: [{id: d, image: x, needs: [b, a]}, {id: b, image: x, needs: [a]}, {id: a, image: x, needs: []}]\n",
    );
    let (plan, _) = plan::plan(&flow, &inputs(IndexMap::new()));
    let plan = plan.expect("no mistake in it");
    assert_eq!((plan.levels.as_slice(), plan.order().as_slice()), ([2, 1, 0].as_slice(), [2, 1, 0].as_slice()));
}

#[test]
fn projects_and_folders_name_the_flow() {
    // WS-20, WS-21, WS-30, WS-32, CTX-30
    let folders = [
        ("my-proj", Some("my_proj")),
        ("Abc", Some("Abc")),
        ("my.proj", Some("my_proj")),
        ("é", Some("é")),
        ("1abc", None),
        ("ABC", None),
        ("a b", None),
    ];
    for (folder, wanted) in folders {
        let mut workspace = Workspace::new("fl-ow");
        assert_eq!(workspace.missing(), [SourceRef::Project, SourceRef::Flow("fl-ow".into())]);
        workspace.supply(SourceRef::Project, None);
        workspace
            .supply(SourceRef::Flow("fl-ow".into()), Some(("f.yml".to_owned(), "kind: batch\ntasks: []\n".into())));
        assert!(workspace.missing().is_empty());
        let (flow, diags) = workspace.resolve(folder);
        assert_eq!(flow.as_ref().map(|flow| flow.shared.project.id.as_ref()), wanted, "{folder}: {diags:?}");
        let Some(flow) = flow else { continue };
        assert_eq!((flow.shared.id.as_ref(), flow.shared.title.as_str()), ("fl_ow", "fl_ow"));
    }
}

#[test]
fn a_project_file_is_bound_below_the_flow() {
    let mut workspace = Workspace::new("main");
    let project = "id: proj\nowner: ann\ndefaults: {env: {A: p, B: p}, max_parallel: 3}\n";
    let batch = "kind: batch\nid: Fl\ntitle: T\ndefaults: {env: {B: f, C: f}}\ntasks: [{id: a, image: x, cmd: '${{ to_json(env) }} ${{ project.owner }} ${{ strategy.max_parallel }}'}]\n";
    workspace.supply(SourceRef::Flow("main".into()), Some(("main.yml".to_owned(), batch.into())));
    workspace.supply(SourceRef::Project, Some(("project.yml".to_owned(), project.into())));
    let names: Vec<_> = workspace.texts().into_iter().map(|(_, (name, _))| name).collect();
    assert_eq!(names, ["project.yml", "main.yml"], "the project first, however they came");
    let (flow, diags) = workspace.resolve("x");
    let flow = flow.unwrap_or_else(|| panic!("{diags:?}"));
    assert_eq!(
        (flow.shared.project.id.as_ref(), flow.shared.id.as_ref(), flow.shared.title.as_str()),
        ("proj", "Fl", "T")
    );
    let sim = crate::sim::Sim::with(flow, &[]).begin();
    let mut sim = sim;
    let spec = sim.spec("a").clone();
    assert_eq!(spec.cmd.as_deref(), Some(r#"{"A": "p", "B": "f", "C": "f"} ann 3"#));
    assert_eq!(spec.tags, ["flow:fl", "project:proj", "task:a"]);
    sim.succeed("a");
}

#[test]
fn a_missing_flow_is_said() {
    let mut workspace = Workspace::new("trian");
    workspace.supply(SourceRef::Project, None);
    workspace.supply(SourceRef::Flow("trian".into()), None);
    let (flow, diags) = workspace.resolve("ws");
    assert!(flow.is_none());
    let wanted = ["F0002 there is no flow `trian` | write it to `trian.yml` in the config folder"];
    assert_eq!(problems(&diags, workspace.sources()), wanted);
}

#[test]
fn calls_open_graphs_of_their_own() {
    use flow_core::expr::Answers;
    use flow_core::port::ActionRef;
    use std::sync::Arc;

    let main = "kind: batch
defaults: {env: {STAGE: draft}}
tasks:
  - {id: near, module: 'ws:tools/twice', args: {times: 2}}
  - {id: far, action: 'gh:ann/tools@v1'}
";
    let twice = "kind: batch
inputs: {times: {type: int}}
tasks:
  - {id: 'go_${{ matrix.n }}', image: x, cmd: '${{ env.STAGE }}', strategy: {matrix: {n: '${{ range(inputs.times) }}'}}}
";
    let tools = "kind: batch
tasks: [{id: here, image: x, cmd: '${{ flow.action_path }}'}]
";
    let mut workspace = Workspace::new("main");
    workspace.supply(SourceRef::Project, None);
    workspace.supply(SourceRef::Flow("main".into()), Some((".apolo/main.yml".to_owned(), Arc::from(main))));
    let near = ActionRef::parse("workspace:tools/twice").unwrap();
    let far = ActionRef::parse("github:ann/tools@v1").unwrap();
    let wanted = [SourceRef::Action(near.clone()), SourceRef::Action(far.clone())];
    assert_eq!(workspace.missing(), wanted);
    workspace.supply(SourceRef::Action(near), Some(("tools/twice.yml".to_owned(), Arc::from(twice))));
    workspace.supply(SourceRef::Action(far), Some(("/clones/tools/action.yml".to_owned(), Arc::from(tools))));
    let (flow, diags) = workspace.resolve("my-ws");
    let flow = flow.unwrap_or_else(|| panic!("{diags:#?}"));
    let inputs = inputs(IndexMap::new());
    let (top, diags) = plan::plan(&flow, &inputs);
    let top = top.unwrap_or_else(|| panic!("{diags:#?}"));
    assert_eq!(graph(&top), ["near <-", "far <- near"]);
    let opened = |at: usize, inputs_of: &[(&str, flow_core::value::Value)]| {
        let given = inputs_of.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect();
        let call = plan::OpenCall { node: top.nodes[at].clone(), inputs: given };
        graph(&plan::open(&flow, &inputs, &[call], &Answers::new()).0.unwrap())
    };
    let two = flow_core::value::Value::Int(flow_core::value::Int::Small(2));
    assert_eq!(opened(0, &[("times", two)]), ["go_0 <-", "go_1 <-"]);
    assert_eq!(opened(1, &[]), ["here <-"]);
}

#[test]
fn calls_name_files_and_repositories() {
    use flow_core::port::ActionRef;
    let cases = [
        ("ws:a/b.yml", Some("ws:a/b.yml")),
        ("workspace:a", Some("ws:a")),
        ("gh:ann/tools@v1.2", Some("gh:ann/tools@v1.2")),
        ("gh:ann/tools@feature/x", Some("gh:ann/tools@feature/x")),
        ("gh:ann/tools", None),
        ("gh:ann@v1", None),
        ("gh:ann/tools@--upload-pack=x", None),
        ("gh:-x/tools@v1", None),
        ("a/b.yml", None),
        ("ftp:a", None),
        ("ws:", None),
    ];
    for (text, wanted) in cases {
        assert_eq!(ActionRef::parse(text).ok().map(|one| one.to_string()).as_deref(), wanted, "{text}");
    }
}
