//! Remote actions, from bare repositories on this machine. Source: MCH-7, CTX-60.

use std::path::PathBuf;
use std::process::Command;

use crate::kit::{Place, Ran};
use crate::terminal::OnTerminal;

const FLOW: &str = "kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - id: call
    action: gh:acme/tools@v1
    args: {word: hello}
";

const ACTION: &str = "kind: batch
inputs: {word: {}}
tasks:
  - {id: say, image: any, bash: 'echo ${{ inputs.word }} from $(cat ${{ flow.action_path }}/data/name)'}
  - {id: own, action: 'ws:own'}
";

/// A place whose `gh:` actions come from repositories below `remotes`.
struct Remotes {
    place: Place,
}

impl Remotes {
    fn new() -> Self {
        let remotes = Remotes { place: Place::new("  - {id: a, image: any, bash: echo x}\n") };
        let folder = remotes.folder();
        let settings = format!("[actions]\nprotocol = 'file'\nfolder = '{}'\n", folder.display());
        remotes.place.write(".apolo/engine.toml", &settings);
        remotes.place.write(".apolo/r.yml", FLOW);
        remotes.place.write("own.yml", "kind: batch\ntasks: [{id: ws, image: any, bash: echo of the workspace}]\n");
        remotes.git(&folder, &["init", "-q", "--bare", "acme/tools.git"]);
        remotes.git(&folder, &["init", "-q", "-b", "main", "work"]);
        remotes.commit("action.yml", ACTION);
        remotes.commit("data/name", "afar");
        remotes.push("v1");
        remotes
    }

    fn folder(&self) -> PathBuf {
        let folder = self.place.path("../remotes");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn git(&self, folder: &std::path::Path, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]);
        git.args(arguments).current_dir(folder).env("HOME", self.folder()).env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn work(&self, arguments: &[&str]) -> String {
        self.git(&self.folder().join("work"), arguments)
    }

    fn commit(&self, name: &str, text: &str) -> String {
        let path = self.folder().join("work").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self.work(&["add", "-A"]);
        self.work(&["commit", "-q", "-m", name]);
        self.work(&["rev-parse", "HEAD"])
    }

    /// Gives the last commit a tag, and sends it with the branch.
    fn push(&self, tag: &str) {
        self.work(&["tag", "-f", "-a", "-m", tag, tag]);
        self.work(&["push", "-q", "-f", "../acme/tools.git", "main", tag]);
    }

    /// Takes the repositories away, as a cut cable does.
    fn cut(&self) {
        std::fs::remove_dir_all(self.folder().join("acme")).unwrap();
    }

    fn run(&self, line: &str) -> Ran {
        self.place.run(line)
    }

    fn lock(&self) -> String {
        self.place.read(".apolo/flow.lock")
    }
}

#[test]
fn an_action_is_fetched_once_and_pinned() {
    let remotes = Remotes::new();
    let pinned = remotes.work(&["rev-parse", "HEAD"]);
    remotes.run("bake r -n one --local-executor").expect(0);
    assert_eq!(remotes.run("logs one call.say").expect(0).out, "hello from afar\n");
    // `ws:` means the workspace, also inside of an action from elsewhere.
    assert_eq!(remotes.run("logs one call.own.ws").expect(0).out, "of the workspace\n");
    assert!(remotes.lock().contains("[actions.\"gh:acme/tools@v1\"]\nkind = \"tag\"\n"), "{}", remotes.lock());
    assert!(remotes.lock().contains(&format!("commit = \"{pinned}\"")));
    remotes.cut();
    remotes.run("check r").expect(0);
    remotes.run("bake r --locked --local-executor").expect(0);
    // A bake keeps its texts: it needs neither the lock nor the cache to go on.
    std::fs::remove_file(remotes.place.path(".apolo/flow.lock")).unwrap();
    remotes.run("restart one --no-from-failed --local-executor").expect(0);
    let told = remotes.run("check r").expect(4).err;
    assert!(told.contains("F0020") && told.contains(".apolo/r.yml:5:13") && told.contains("git cannot read"), "{told}");
    let told = remotes.run("check r --locked").expect(4).err;
    assert!(told.contains("is not in `flow.lock`") && told.contains("apolo-flow update gh:acme/tools@v1"), "{told}");
}

#[test]
fn a_tag_that_moved_is_an_error_with_both_commits() {
    let remotes = Remotes::new();
    let first = remotes.work(&["rev-parse", "HEAD"]);
    remotes.run("check r").expect(0);
    let second = remotes.commit("data/name", "elsewhere");
    remotes.push("v1");
    // What is pinned and here is used; nobody looks.
    remotes.run("check r").expect(0);
    let told = remotes.run("update").expect(1).err;
    assert!(told.contains(&first) && told.contains(&second) && told.contains("--allow-moved"), "{told}");
    // Without the cache it has to be fetched, and then the same is told.
    let cache = remotes.place.path("../data/apolo-flow/actions");
    std::fs::remove_dir_all(&cache).unwrap();
    let told = remotes.run("check r").expect(4).err;
    assert!(told.contains(&first) && told.contains(&second) && told.contains(".apolo/r.yml:5:13"), "{told}");
    let told = remotes.run("check r --locked").expect(4).err;
    assert!(told.contains("is not on this machine") && told.contains(&first), "{told}");
    let moved = remotes.run("update gh:acme/tools@v1 --allow-moved --json").expect(0);
    crate::json::compare("update", &moved.out);
    let moved = moved.json();
    assert_eq!(moved["updates"][0]["before"].as_str(), Some(first.as_str()));
    assert_eq!(moved["updates"][0]["now"].as_str(), Some(second.as_str()));
    remotes.run("bake r -n two --locked --local-executor").expect(0);
    assert_eq!(remotes.run("logs two call.say").expect(0).out, "hello from elsewhere\n");
}

#[test]
fn branches_move_by_updates_only() {
    let remotes = Remotes::new();
    remotes.place.write(".apolo/r.yml", &FLOW.replace("@v1", "@main"));
    remotes.run("check r").expect(0);
    let first = remotes.lock();
    let second = remotes.commit("data/name", "later");
    remotes.push("v2");
    remotes.run("check r").expect(0);
    assert_eq!(remotes.lock(), first);
    assert!(first.contains("kind = \"branch\""));
    let said = remotes.run("update").expect(0).out;
    assert!(said.contains("gh:acme/tools@main") && said.contains(&second), "{said}");
    assert!(remotes.lock().contains(&second));
    assert!(remotes.run("update").expect(0).out.contains("unchanged"));
    // A whole commit id is a version as well.
    remotes.place.write(".apolo/r.yml", &FLOW.replace("@v1", &format!("@{second}")));
    remotes.run("check r").expect(0);
    let told = remotes.run("update gh:acme/tools@nope").expect(1).err;
    assert!(told.contains("no branch or tag `nope`"), "{told}");
    let told = remotes.run("update tools").expect(2).err;
    assert!(told.contains("gh:owner/name@version"), "{told}");
}

#[test]
fn nothing_that_a_repository_says_is_run_or_followed() {
    let remotes = Remotes::new();
    let told = |remotes: &Remotes, tag: &str| {
        remotes.push(tag);
        remotes.place.write(".apolo/r.yml", &FLOW.replace("@v1", &format!("@{tag}")));
        remotes.run("check r").expect(4).err
    };
    let work = remotes.folder().join("work");
    std::os::unix::fs::symlink("../../secret", work.join("out")).unwrap();
    remotes.commit("a", "a");
    let said = told(&remotes, "links");
    assert!(said.contains("the repository holds `out`") && said.contains(".apolo/r.yml:5:13"), "{said}");
    std::fs::remove_file(work.join("out")).unwrap();
    std::os::unix::fs::symlink(".", work.join("data/here")).unwrap();
    std::os::unix::fs::symlink("data/here/here/../../..", work.join("up")).unwrap();
    remotes.commit("b", "b");
    assert!(told(&remotes, "winding").contains("the repository holds `up`"));
    std::fs::remove_file(work.join("up")).unwrap();
    // A filter that would run a program at a checkout, and a submodule.
    remotes.commit(".gitattributes", "data/name filter=bad\n* filter=lfs\n");
    let pointer = format!("{},data/sub", remotes.work(&["rev-parse", "HEAD"]));
    remotes.work(&["update-index", "--add", "--cacheinfo", &format!("160000,{pointer}")]);
    remotes.work(&["commit", "-q", "-m", "sub"]);
    let config = format!(
        "[filter \"bad\"]\nsmudge = touch {0}\nclean = cat\n[core]\nhooksPath = {1}\n",
        remotes.place.path("smudged").display(),
        remotes.place.path("hooks").display()
    );
    std::fs::write(remotes.place.path("../.gitconfig"), config).unwrap();
    remotes.push("odd");
    remotes.place.write(".apolo/r.yml", &FLOW.replace("@v1", "@odd"));
    remotes.run("bake r -n odd --local-executor").expect(0);
    assert_eq!(remotes.run("logs odd call.say").expect(0).out, "hello from afar\n");
    assert!(!remotes.place.path("smudged").exists());
    // Only the protocol that was said is spoken.
    remotes.place.write(".apolo/engine.toml", "[actions]\nprotocol = 'git'\n");
    assert!(remotes.run("check r").expect(1).err.contains("unknown variant `git`"));
    for text in ["gh:-acme/tools@v1", "gh:acme/..@v1", "gh:acme/tools@--upload-pack=x", "gh:acme/tools@a b"] {
        remotes.place.write(".apolo/engine.toml", "");
        remotes.place.write(".apolo/r.yml", &FLOW.replace("gh:acme/tools@v1", &format!("'{text}'")));
        let said = remotes.run("check r").expect(4).err;
        assert!(said.contains("is no `owner/name@version`"), "{said}");
    }
}

#[test]
fn a_local_action_from_elsewhere_runs_only_where_it_is_allowed() {
    let remotes = Remotes::new();
    remotes.commit("action.yml", "kind: local\ninputs: {word: {}}\ncmd: sh -c 'echo ${{ inputs.word }} > ran'\n");
    remotes.push("v2");
    remotes.place.write(".apolo/r.yml", &FLOW.replace("@v1", "@v2"));
    let told = remotes.run("check r").expect(0).err;
    assert!(told.contains("F0021") && told.contains("nobody has allowed it"), "{told}");
    let told = remotes.run("bake r --local-executor").expect(4).err;
    assert!(told.contains("F0021") && told.contains(".apolo/r.yml:5:13") && told.contains("--allow-local"), "{told}");
    assert!(!remotes.place.path("ran").exists());
    remotes.run("update gh:acme/tools@v2 --allow-local").expect(0);
    assert!(remotes.lock().contains("allow_local = true"));
    remotes.run("bake r --local-executor").expect(0);
    assert_eq!(remotes.place.read("ran"), "hello\n");
    // A permission is for one commit.
    remotes.commit("action.yml", "kind: local\ninputs: {word: {}}\ncmd: touch other\n");
    remotes.push("v2");
    remotes.run("update --allow-moved").expect(0);
    assert!(!remotes.lock().contains("allow_local"));
    remotes.run("bake r --local-executor").expect(4);
    assert!(!remotes.place.path("other").exists());
}

#[test]
fn a_person_at_a_terminal_is_asked_once_about_a_local_action() {
    // MCH-7.
    let remotes = Remotes::new();
    remotes.commit("action.yml", "kind: local\ninputs: {word: {}}\ncmd: sh -c 'echo ${{ inputs.word }} >> ran'\n");
    remotes.push("v2");
    remotes.place.write(".apolo/r.yml", &FLOW.replace("@v1", "@v2"));
    let bake = || OnTerminal::of(remotes.place.command("bake r --local-executor"));
    let asked = "allow it, for this commit? [y/N] ";
    for no in ["\n", "n\n", "what?\n"] {
        let mut refused = bake();
        refused.hear_next("gh:acme/tools@v2 would run on this machine:");
        refused.hear_next("echo ${{ inputs.word }} >> ran");
        refused.hear_next(asked);
        refused.answer(no);
        let (code, heard) = refused.end();
        assert!(code == Some(4) && heard.contains("nobody has allowed it"), "{code:?} {heard}");
        assert!(!remotes.lock().contains("allow_local") && !remotes.place.path("ran").exists());
    }
    let mut allowed = bake();
    allowed.hear_next(asked);
    allowed.answer("y\n");
    let (code, heard) = allowed.end();
    assert_eq!(code, Some(0), "{heard}");
    assert!(remotes.lock().contains("allow_local = true"), "the answer is kept");
    let (code, heard) = bake().end();
    assert!(code == Some(0) && !heard.contains("allow it"), "nobody is asked again: {heard}");
    assert_eq!(remotes.place.read("ran"), "hello\nhello\n");
}
