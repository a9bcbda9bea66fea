//! What the syntax holds of a good project file; mistakes are fixtures of the suite.

use super::parse_project;
use crate::ast::Field;
use crate::text::FileId;

#[test]
fn a_project() {
    let text = "id: demo\nproject_name: team-a\nowner: 'alice'\ndefaults:\n  max_parallel: 3\n";
    let (project, diagnostics) = parse_project(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let project = project.expect("a project");
    assert_eq!(&*project.id.value, "demo");
    assert_eq!(project.project_name.map(|name| name.value).as_deref(), Some("team-a"));
    assert_eq!(project.owner.map(|owner| owner.value).as_deref(), Some("alice"));
    assert!(matches!(project.defaults.into_value().max_parallel, Field::Literal(count) if count.value == 3));
}

#[test]
fn role_is_a_warning() {
    let (project, diagnostics) = parse_project(FileId(0), "id: demo\nrole: x\n");
    assert!(project.is_some() && !diagnostics.has_errors());
    assert_eq!(diagnostics.len(), 1);
}
