//! Where secrets are found, and how their absence is told.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn the_first_source_that_has_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.env");
    write(&path, "# mine\nhub-token=from file\n\nother = too=many\n", 0o600);
    let variables = [("APOLO_FLOW_SECRET_HUB_TOKEN", "from variable"), ("HUB_TOKEN", "no")];
    let environment = EnvironmentSecrets::new(variables.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let chain = SecretChain(vec![Arc::new(environment), Arc::new(FileSecrets::new(&path))]);
    assert_eq!(chain.text("hub-token").await, Ok(SecretText::new("from variable")));
    assert_eq!(chain.text("other").await, Ok(SecretText::new(" too=many")));
    let missing = chain.text("none.1").await.unwrap_err().to_string();
    assert!(missing.contains("`APOLO_FLOW_SECRET_NONE_1`") && missing.contains("secrets.env"), "{missing}");
}

#[tokio::test]
async fn a_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.env");
    for mode in [0o640, 0o604, 0o620] {
        write(&path, "a=hush\n", mode);
        let error = FileSecrets::new(&path).text("a").await.unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}

#[tokio::test]
async fn a_malformed_file_shows_nothing_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.env");
    write(&path, "hush-hush\n", 0o600);
    let error = FileSecrets::new(&path).text("a").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush-hush"), "{error}");
    assert_eq!(format!("{:?}", SecretText::new("hush")), "***");
}
