//! What is shown of an environment.

use super::EnvView;

#[test]
fn secrets_are_not_shown() {
    let view = |name: &str, value: &str| EnvView::from((name.to_owned(), value.to_owned()));
    assert_eq!(view("RATE", "0.1").value.as_deref(), Some("0.1"));
    for name in ["API_TOKEN", "dbPassword", "AWS_SECRET_ACCESS_KEY", "API_KEY"] {
        assert_eq!(view(name, "hush").value, None, "{name}");
    }
    let reference = view("DB", "secret:db");
    assert_eq!((reference.value, reference.secret.as_deref()), (None, Some("db")));
}
