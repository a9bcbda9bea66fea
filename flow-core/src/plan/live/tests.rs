use super::made_name;

#[test]
fn names_are_made_of_project_and_job() {
    let long = "a_very_long_project_identifier_of_a_person_1";
    let cases = [
        ("my__proj_", "Job__a", None, "my-proj-Job-a"),
        (long, "some_job_name", None, "a-very-long-project-identi-some-job-name"),
        ("my_ws", "j", Some("s_1"), "my-ws-j-s-1"),
        ("my_flow", "m_job", Some("Suf_X"), "my-flow-m-job-Suf-X"),
    ];
    for (project, job, suffix, wanted) in cases {
        assert_eq!(made_name(project, job, suffix), wanted);
    }
}

#[test]
fn a_long_job_leaves_no_dash_in_front() {
    let job = "j".repeat(45);
    assert_eq!(made_name("my_ws", &job, None), "j".repeat(40));
}
