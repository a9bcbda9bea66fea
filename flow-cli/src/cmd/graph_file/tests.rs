//! Where a graph is written.

use std::path::Path;

use super::Files;
use crate::args::Graph;

fn files(own: &Graph) -> [Option<String>; 3] {
    let files = Files::of(own, Path::new("/here"), "bake-1_2.gv");
    [files.dot, files.svg, files.pdf].map(|path| path.map(|path| path.display().to_string()))
}

fn graph(output: Option<&str>) -> Graph {
    Graph { output: output.map(Into::into), ..Graph::default() }
}

/// CLI-24: the default is `<bake id>_<attempt>.gv` in the current folder.
#[test]
fn files_are_named_after_the_bake() {
    let some = |name: &str| Some(format!("/here/{name}"));
    assert_eq!(files(&Graph { dot: true, ..graph(None) }), [some("bake-1_2.gv"), None, None]);
    assert_eq!(files(&Graph { pdf: true, ..graph(None) }), [None, None, some("bake-1_2.pdf")]);
    assert_eq!(files(&Graph { view: true, ..graph(None) }), [None, some("bake-1_2.svg"), None]);
    assert_eq!(files(&Graph { view: true, pdf: true, ..graph(None) }), [None, None, some("bake-1_2.pdf")]);
}

#[test]
fn a_file_alone_says_by_its_ending_what_is_wanted() {
    let some = |name: &str| Some(format!("/here/{name}"));
    assert_eq!(files(&graph(Some("x.svg"))), [None, some("x.svg"), None]);
    assert_eq!(files(&graph(Some("x.pdf"))), [None, None, some("x.pdf")]);
    assert_eq!(files(&graph(Some("x.dot"))), [some("x.dot"), None, None]);
    assert_eq!(files(&graph(Some("x"))), [some("x.gv"), None, None]);
}

#[test]
fn a_dot_in_a_name_is_no_ending() {
    let both = Graph { dot: true, svg: true, ..graph(Some("/out/run-0.1")) };
    assert_eq!(files(&both), [Some("/out/run-0.1.gv".to_owned()), Some("/out/run-0.1.svg".to_owned()), None]);
    let other = Graph { svg: true, ..graph(Some("/out/x.gv")) };
    assert_eq!(files(&other), [None, Some("/out/x.svg".to_owned()), None]);
}
