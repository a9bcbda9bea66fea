//! The server for editors, spoken to as an editor does. Source: EXT-6.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::kit::Place;

const FLOW: &str = "kind: batch
params: {rate: '1'}
tasks:
  - id: load
    mixins: [small]
    bash: echo ${{ params.rate }}
  - id: train
    needs: [load]
    bash: echo é ${{ needs.load.result }}
";

struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    id: i64,
    /// What was published last of each file, by the end of its address.
    problems: Vec<(String, Vec<Value>)>,
}

impl Editor {
    fn start(place: &Place) -> Editor {
        let mut command = place.command("lsp");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut editor = Editor { child, input, output, id: 0, problems: Vec::new() };
        let told = editor.ask("initialize", &json!({"capabilities": {}}));
        assert_eq!(told["capabilities"]["positionEncoding"], "utf-16");
        editor.say("initialized", &json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn say(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The next message of the server.
    fn hear(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            if let Some(count) = line.trim().strip_prefix("Content-Length: ") {
                length = count.parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut text = vec![0; length];
        self.output.read_exact(&mut text).unwrap();
        let message: Value = serde_json::from_slice(&text).unwrap();
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().unwrap();
            let name = uri.rsplit('/').next().unwrap().to_owned();
            self.problems.push((name, message["params"]["diagnostics"].as_array().unwrap().clone()));
        }
        message
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.hear();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.request(method, params);
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].clone()
    }

    /// Waits for news of a file, and gives the messages of its problems.
    fn problems_of(&mut self, name: &str) -> Vec<Value> {
        loop {
            if let Some(at) = self.problems.iter().position(|(file, _)| file == name) {
                return self.problems.remove(at).1;
            }
            self.hear();
        }
    }

    fn leave(mut self) -> Option<i32> {
        self.ask("shutdown", &Value::Null);
        self.say("exit", &Value::Null);
        self.child.wait().unwrap().code()
    }
}

fn uri(place: &Place, name: &str) -> String {
    format!("file://{}", place.path(name).canonicalize().unwrap().display())
}

/// The place directly behind a piece of the text, as editors count it.
fn behind(text: &str, piece: &str) -> Value {
    let before = &text[..text.find(piece).unwrap() + piece.len()];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap().encode_utf16().count();
    json!({"line": line, "character": column})
}

#[test]
fn an_editor_is_told_of_problems_as_they_come_and_go() {
    let place = Place::new("  - {id: a, image: any, bash: echo x}\n");
    place.write(".apolo/live.yml", "kind: live\njobs:\n  j: {image: i, cmd: x}\n");
    let (mut editor, address) = (Editor::start(&place), uri(&place, ".apolo/live.yml"));
    // What is open counts, not what is on disk.
    let bad = "kind: live\njobs:\n  j: {imgae: i, cmd: '${{ evn.A }}'}\n";
    editor.say(
        "textDocument/didOpen",
        &json!({"textDocument": {"uri": address, "languageId": "yaml", "version": 1, "text": bad}}),
    );
    let problems = editor.problems_of("live.yml");
    let messages: Vec<&str> = problems.iter().filter_map(|one| one["message"].as_str()).collect();
    assert!(
        messages.iter().any(|one| one.contains("has no key `imgae`") && one.contains("did you mean `image`?")),
        "{messages:?}"
    );
    let wrong = problems
        .iter()
        .find(|one| one["code"] == "F0202" || one["message"].as_str().unwrap().contains("imgae"))
        .unwrap();
    assert_eq!(
        (wrong["range"]["start"]["line"].as_u64(), wrong["range"]["start"]["character"].as_u64()),
        (Some(2), Some(6))
    );
    assert_eq!((wrong["severity"].as_u64(), wrong["source"].as_str()), (Some(1), Some("apolo-flow")));
    let good = "kind: live\njobs:\n  j: {image: i, cmd: x}\n";
    let change = json!({"textDocument": {"uri": address, "version": 2}, "contentChanges": [{"text": good}]});
    editor.say("textDocument/didChange", &change);
    assert_eq!(editor.problems_of("live.yml"), Vec::<Value>::new());
    assert_eq!(editor.leave(), Some(0));
    assert!(!place.path("../data").exists(), "it keeps nothing");
}

#[test]
fn an_editor_gets_completion_meanings_definitions_and_renames() {
    let place = Place::new("");
    place.write(".apolo/project.yml", "id: p\nmixins:\n  small: {image: any}\n");
    place.write(".apolo/b.yml", FLOW);
    let (mut editor, address) = (Editor::start(&place), uri(&place, ".apolo/b.yml"));
    let at = |piece: &str| json!({"textDocument": {"uri": address}, "position": behind(FLOW, piece)});
    let told = editor.ask("textDocument/hover", &at("need"));
    assert!(told["contents"]["value"].as_str().unwrap().starts_with("`needs`: "), "{told}");
    let found = editor.ask("textDocument/definition", &at("needs: [l"));
    assert_eq!(found["range"], json!({"start": {"line": 3, "character": 8}, "end": {"line": 3, "character": 12}}));
    let found = editor.ask("textDocument/definition", &at("mixins: [s"));
    assert!(found["uri"].as_str().unwrap().ends_with("/.apolo/project.yml"), "{found}");
    let offered = editor.ask("textDocument/completion", &at("needs: [l"));
    assert_eq!(offered[0]["label"], "load");
    assert_eq!(offered.as_array().unwrap().len(), 1);
    let params = json!({"textDocument": {"uri": address}, "position": behind(FLOW, "- id: l"), "newName": "fetch"});
    let changes = editor.ask("textDocument/rename", &params);
    let edits = changes["changes"][&address].as_array().unwrap().clone();
    assert_eq!(edits.len(), 3, "{edits:?}");
    // Behind a letter that UTF-16 counts otherwise than UTF-8.
    assert!(edits.iter().any(|edit| edit["range"]["start"] == json!({"line": 8, "character": 27})), "{edits:?}");
    let refused = json!({"textDocument": {"uri": address}, "position": behind(FLOW, "- id: l"), "newName": "no name"});
    assert!(editor.request("textDocument/rename", &refused)["error"]["message"].as_str().unwrap().contains("no name"));
    let outline = editor.ask("textDocument/documentSymbol", &json!({"textDocument": {"uri": address}}));
    let names: Vec<&str> = outline.as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["rate", "load", "train"]);
    assert_eq!(editor.request("workspace/nosuch", &json!({}))["error"]["code"], -32601);
    assert_eq!(
        editor.ask(
            "textDocument/hover",
            &json!({"textDocument": {"uri": "untitled:x"}, "position": {"line": 0, "character": 0}})
        ),
        Value::Null
    );
    assert_eq!(editor.leave(), Some(0));
}
