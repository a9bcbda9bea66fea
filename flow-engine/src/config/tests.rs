//! Where settings come from, and what is said of wrong ones.

use super::*;

/// Reads with an `engine.toml` in the config folder and some variables; the folder's path is cut off the error.
fn read(file: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let config = tempfile::tempdir().unwrap();
    std::fs::write(config.path().join(FILE), file).unwrap();
    let find = |name: &str| variables.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned());
    let folder = format!("{}/", config.path().display());
    Settings::read(Some(config.path()), &find).map_err(|error| error.to_string().replace(&folder, ""))
}

#[test]
fn the_store_is_where_it_was_said_first() {
    let cases: [(&str, &[(&str, &str)], &str); 5] = [
        ("", &[("HOME", "/h")], "/h/.local/share/apolo-flow"),
        ("", &[("HOME", "/h"), ("XDG_DATA_HOME", "/d")], "/d/apolo-flow"),
        ("", &[("HOME", "/h"), ("XDG_DATA_HOME", "")], "/h/.local/share/apolo-flow"),
        ("", &[("HOME", "/h"), ("XDG_DATA_HOME", "below/here")], "/h/.local/share/apolo-flow"),
        ("[store]\npath = '/s'", &[("XDG_DATA_HOME", "/d")], "/s"),
    ];
    for (file, variables, data) in cases {
        let settings = read(file, variables).unwrap();
        assert_eq!(settings.data, Path::new(data), "{file} {variables:?}");
    }
}

#[test]
fn no_store_depends_on_the_current_folder() {
    let no_home = "HOME: names no folder, so there is no place for the store";
    for variables in [&[] as &[(&str, &str)], &[("HOME", "")], &[("HOME", "h"), ("XDG_DATA_HOME", "d")]] {
        assert_eq!(read("", variables), Err(no_home.to_owned()), "{variables:?}");
    }
    for path in ["", "here", "~/x"] {
        let wrong = read(&format!("[store]\npath = '{path}'"), &[("HOME", "/h")]);
        assert_eq!(wrong, Err(format!("store.path: `{path}` is not an absolute path")));
    }
}

#[test]
fn a_wrong_file_is_told_in_one_line_with_its_place() {
    // EXT-7: unknown keys are errors.
    let cases = [
        (
            "bogus = 1",
            "engine.toml:1:1: unknown field `bogus`, expected one of `executor`, `store`, `limits`, `presets`, `logs`, `secrets`, `storage`, `actions`",
        ),
        ("[executor]\nslots = 'four'", "engine.toml:2:9: invalid type: string \"four\", expected a nonzero u32"),
        ("[executor]\nslots = 0", "engine.toml:2:9: invalid value: integer `0`, expected a nonzero u32"),
        ("[limits]\nmatrix_rows = 0", "engine.toml:2:15: invalid value: integer `0`, expected a nonzero u32"),
        ("not toml [", "engine.toml:1:5: key with no value, expected `=`"),
        ("[executor]\nname = 'docker'", "executor: `docker` is not available in this version; use `local`"),
    ];
    for (file, message) in cases {
        assert_eq!(read(file, &[("HOME", "/h")]), Err(message.to_owned()), "{file}");
    }
}

#[test]
fn the_executor_may_be_named_by_a_variable() {
    let name = |name| read("[executor]\nslots = 3", &[("HOME", "/h"), ("APOLO_FLOW_EXECUTOR", name)]);
    assert_eq!(name("").unwrap().machine.cpus, Some(3));
    assert!(name("local").is_ok() && name("slurm").is_err());
}

#[test]
fn presets_are_claims() {
    let text = "[executor]\ncpu = 4\nmemory = '8G'\ngpu = 2\n[presets.default]\ncpu = 0.5\n\
        [presets.large]\ncpu = 2\nmemory = '1.5 GiB'\ngpu = 1\n[presets.gpu]\ngpu = 1";
    let settings = read(text, &[("HOME", "/h")]).unwrap();
    assert_eq!(settings.machine, Machine { cpus: Some(4), memory_bytes: Some(8 << 30), gpus: Some(2) });
    let claims: Vec<String> = settings.presets.0.iter().map(|(name, claim)| format!("{name}: {claim}")).collect();
    let expected = ["default: 0.5 CPUs, no GPU", "gpu: 1 CPU, 1 GPU", "large: 2 CPUs, 1.5 GiB of memory, 1 GPU"];
    assert_eq!(claims, expected);
}

#[test]
fn a_wrong_preset_is_told_with_its_place() {
    let size = "a size as a text, such as `\"4G\"` or `\"512M\"`";
    let cpus = "a number of CPUs of at least 0.001, such as `2` or `0.5`";
    let unknown = "unknown field `cpus`, expected one of `cpu`, `memory`, `gpu`";
    let cases = [
        ("[presets.a]\ncpus = 1", format!("engine.toml:2:1: {unknown}")),
        ("[presets.a]\ncpu = 0", format!("engine.toml:2:7: invalid value: floating point `0.0`, expected {cpus}")),
        ("[presets.a]\ncpu = 'two'", format!("engine.toml:2:7: invalid type: string \"two\", expected {cpus}")),
        ("[presets.a]\nmemory = 4", format!("engine.toml:2:10: invalid type: integer `4`, expected {size}")),
        ("[presets.a]\nmemory = '4'", format!("engine.toml:2:10: invalid value: string \"4\", expected {size}")),
        ("[presets.a]\nmemory = '4X'", format!("engine.toml:2:10: invalid value: string \"4X\", expected {size}")),
        ("[executor]\nslots = 1\ncpu = 1", "executor.slots: says the same as `cpu`; keep one of them".to_owned()),
    ];
    for (file, message) in cases {
        assert_eq!(read(file, &[("HOME", "/h")]), Err(message), "{file}");
    }
}

#[test]
fn durability_is_one_of_two_words() {
    let home = [("HOME", "/h")];
    assert_eq!(read("", &home).unwrap().durability, Durability::ProcessDeath);
    assert_eq!(read("[store]\ndurability = 'power-loss'", &home).unwrap().durability, Durability::PowerLoss);
    let wrong = read("[store]\ndurability = 'always'", &home).unwrap_err();
    assert!(wrong.starts_with("engine.toml:2:14: unknown variant `always`"), "{wrong}");
    assert!(wrong.contains("`process-death`") && wrong.contains("`power-loss`"), "{wrong}");
}

#[test]
fn logs_have_bounds() {
    let limits = |text: &str| read(text, &[("HOME", "/h")]).unwrap().limits;
    assert_eq!(limits(""), Limits { max_log_bytes: 4 << 30, min_free_bytes: 256 << 20 });
    let said = limits("[logs]\nmax_size = '1G'\nmin_free = '0B'");
    assert_eq!(said, Limits { max_log_bytes: 1 << 30, min_free_bytes: 0 });
    assert_eq!(limits("[logs]\nmax_size = '1B'").max_log_bytes, 64 << 10, "a head and a tail are kept");
}

#[test]
fn the_file_of_secrets_is_one_place() {
    assert_eq!(read("[secrets]\nfile = '/s'", &[("HOME", "/h")]).unwrap().secrets, Some("/s".into()));
    let wrong = read("[secrets]\nfile = 's'", &[("HOME", "/h")]);
    assert_eq!(wrong, Err("secrets.file: `s` is not an absolute path".to_owned()));
}
