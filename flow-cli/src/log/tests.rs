//! Bounded, for the owner only, and no reason to fail.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn full_files_are_put_away_and_the_oldest_goes() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("logs");
    let log = OwnLog { data: Some(data.path().into()), folder: Some(folder.clone()), limit: 100 };
    for number in 0..30 {
        log.line(Timestamp::default(), &format!("line {number} with\nsome\x1b[31m text to fill the file"));
    }
    assert_eq!(names(&folder), [NAME.to_owned(), format!("{NAME}.1"), format!("{NAME}.2"), format!("{NAME}.3")]);
    let text = std::fs::read_to_string(folder.join(NAME)).unwrap();
    assert!(text.contains("line 29 with") && !text.contains('\x1b') && text.lines().count() <= 2, "{text}");
    let size: u64 = names(&folder).iter().map(|name| folder.join(name).metadata().unwrap().len()).sum();
    assert!(size < 4 * 250, "{size}");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(NAME))), (0o700, 0o600));
}

#[test]
fn without_a_data_folder_nothing_is_made() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    OwnLog::new(Some(data.clone()), Some(data.join("logs"))).line(Timestamp::default(), "x");
    OwnLog::new(None, None).line(Timestamp::default(), "x");
    assert_eq!(names(home.path()), Vec::<String>::new());
    // A file where the folder should be: no log, and no failure.
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("logs"), "").unwrap();
    OwnLog::new(Some(data.clone()), Some(data.join("logs"))).line(Timestamp::default(), "x");
}
