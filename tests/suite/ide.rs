//! What an editor is told about places in files. A `‸` in a text is where the cursor stands.

use flow_core::ide::{Document, Page, completion, definition, hover, outline, references, rename};
use flow_core::text::{FileId, Span};

const PROJECT: &str = "id: shop
volumes:
  data: {remote: storage:data, mount: /data}
mixins:
  fast: {preset: gpu}
";

const BATCH: &str = "kind: batch
params:
  rate: {default: '1', descr: How fast}
mixins:
  py:
    image: python
tasks:
  - id: load
    mixins: [py]
    volumes: ['${{ volumes.data.ref }}']
    bash: echo ${{ params.rate }}
  - id: train
    mixins: [fast]
    needs: [load]
    enable: ${{ success('load') }}
    bash: echo ${{ needs.load.outputs.x }} ${{ len(params.rate) }}
  - id: last
    needs: {train: running}
    cmd: x
";

/// The text without the mark, and where the mark was.
fn split(text: &str) -> (String, u32) {
    let at = text.find('‸').expect("a text has a mark");
    (text.replace('‸', ""), at as u32)
}

fn pages(flow: &str) -> Vec<Page> {
    let page = |file, document, text: &str| Page { file: FileId(file), document, text: text.into() };
    vec![page(0, Document::Project, PROJECT), page(1, Document::Flow, flow)]
}

/// The labels that are offered in a flow.
fn offered(text: &str) -> Vec<String> {
    let (text, at) = split(text);
    completion(&pages(&text), FileId(1), at).into_iter().map(|one| one.label).collect()
}

fn text_of(pages: &[Page], span: Span) -> String {
    let text = &pages.iter().find(|page| page.file == span.file).expect("of these pages").text;
    format!("{}:{}:{}", span.file.0, span.start, text.get(span.start as usize..span.end as usize).expect("inside"))
}

/// The mark behind the first place of `before`.
fn marked(text: &str, before: &str) -> (Vec<Page>, u32) {
    let at = text.find(before).expect("it stands there") + before.len();
    (pages(text), at as u32)
}

#[test]
fn keys_are_offered_where_they_may_stand() {
    let top = offered("‸");
    assert!(top.contains(&"kind".to_owned()), "{top:?}");
    assert_eq!(offered("kind: batch\nta‸"), ["tasks"]);
    // A live flow has no tasks.
    assert!(offered("kind: live\nta‸").is_empty());
    assert_eq!(offered("kind: batch\ntasks:\n  - id: a\n    im‸"), ["image"]);
    assert_eq!(offered("kind: batch\ntasks:\n  - id: a\n    im‸\n    cmd: x\n  - id: b\n    cmd: y\n"), ["image"]);
    // What is there already is not offered, what belongs elsewhere neither.
    let task = offered("kind: batch\ntasks:\n  - id: a\n    ‸\n");
    assert!(task.contains(&"needs".to_owned()) && !task.contains(&"id".to_owned()), "{task:?}");
    assert!(!task.contains(&"browse".to_owned()) && !task.contains(&"args".to_owned()), "{task:?}");
    assert!(offered("kind: batch\ntasks:\n  - action: ws:a\n    ‸").contains(&"args".to_owned()));
    assert_eq!(offered("kind: batch\ntasks:\n  - id: a\n    strategy: {mat‸}"), ["matrix"]);
    assert_eq!(offered("kind: live\njobs:\n  j:\n    port_f‸"), ["port_forward"]);
    // Where a file is broken further below, too.
    assert_eq!(offered("kind: batch\ntasks:\n  - id: a\n    im‸\n  - id: [\n"), ["image"]);
}

#[test]
fn words_are_offered_where_there_are_few() {
    assert_eq!(offered("kind: ‸\n"), ["batch", "live"]);
    assert_eq!(offered("kind: batch\ntasks:\n  - cache: {strategy: n‸"), ["none"]);
    assert_eq!(offered("kind: batch\ntasks:\n  - id: a\n    restart: ‸"), ["always", "never", "on-failure"]);
    assert_eq!(offered("kind: batch\ntasks:\n  - id: a\n    pass_config: ‸"), ["false", "true"]);
    assert_eq!(offered("kind: batch\ntasks:\n  - id: a\n    retry:\n      on: [‸"), ["failed", "lost"]);
}

#[test]
fn names_are_offered_where_they_are_wanted() {
    let needs = BATCH.replace("[load]", "[‸]");
    assert_eq!(offered(&needs), ["last", "load", "train"]);
    assert_eq!(offered(&BATCH.replace("{train: running}", "\n      - t‸")), ["train"]);
    // Mixins of the flow, and those that the project shares.
    assert_eq!(offered(&BATCH.replace("[py]", "[‸]")), ["fast", "py"]);
    assert_eq!(offered(&BATCH.replace("params.rate }}", "params.‸ }}")), ["rate"]);
    assert_eq!(offered(&BATCH.replace("volumes.data.ref", "volumes.d‸")), ["data"]);
    assert_eq!(offered(&BATCH.replace("needs.load.outputs.x", "needs.‸")), ["last", "load", "train"]);
    assert_eq!(offered(&BATCH.replace("params.rate }}", "para‸")), ["params"]);
    assert_eq!(offered(&BATCH.replace("params.rate }}", "hash_files_‸ }}")), ["hash_files_relative"]);
    // Params of a job are its own.
    let live = "kind: live\njobs:\n  a:\n    params: {one: '1'}\n    cmd: x\n  b:\n    params: {two: '2'}\n    cmd: ${{ params.‸ }}\n";
    assert_eq!(offered(live), ["two"]);
}

#[test]
fn names_lead_to_their_declarations() {
    let leads = |before: &str| {
        let (pages, at) = marked(BATCH, before);
        definition(&pages, FileId(1), at).map(|(name, _)| text_of(&pages, name))
    };
    let place = |page: u32, text: &str, before: &str, name: &str| {
        Some(format!("{page}:{}:{name}", text.find(before).expect("it is there") + before.len()))
    };
    assert_eq!(leads("needs: [lo"), place(1, BATCH, "- id: ", "load"));
    assert_eq!(leads("success('l"), place(1, BATCH, "- id: ", "load"));
    assert_eq!(leads("needs.lo"), place(1, BATCH, "- id: ", "load"));
    assert_eq!(
        leads("{tra"),
        place(
            1,
            BATCH,
            "- id: load\n    mixins: [py]\n    volumes: ['${{ volumes.data.ref }}']\n    bash: echo ${{ params.rate }}\n  - id: ",
            "train"
        )
    );
    assert_eq!(leads("params.r"), place(1, BATCH, "params:\n  ", "rate"));
    assert_eq!(leads("volumes.d"), place(0, PROJECT, "volumes:\n  ", "data"));
    assert_eq!(leads("mixins: [f"), place(0, PROJECT, "mixins:\n  ", "fast"));
    assert_eq!(leads("kind: ba"), None);
}

#[test]
fn names_are_found_and_renamed_everywhere() {
    let (pages, at) = marked(BATCH, "- id: lo");
    let found = references(&pages, FileId(1), at);
    let places: Vec<String> = found.iter().map(|span| text_of(&pages, *span)).collect();
    assert_eq!(places.len(), 4, "{places:?}");
    assert!(places.iter().all(|place| place.ends_with(":load")), "{places:?}");
    let mut text = BATCH.to_owned();
    for span in rename(&pages, FileId(1), at, "fetch").expect("a good name").iter().rev() {
        text.replace_range(span.start as usize..span.end as usize, "fetch");
    }
    assert_eq!(text, BATCH.replace("load", "fetch"));
    // What the project declares is renamed in the flows that use it.
    let at = PROJECT.find("data:").expect("it is there") as u32;
    let shared = references(&pages, FileId(0), at);
    assert_eq!(shared.iter().map(|span| span.file.0).collect::<Vec<_>>(), [0, 1]);
    assert!(rename(&pages, FileId(1), at, "no name").is_err());
    assert!(rename(&pages, FileId(1), 2, "name").is_err(), "no name stands there");
}

#[test]
fn what_stands_at_a_place_is_told() {
    let told = |before: &str| {
        let (pages, at) = marked(BATCH, before);
        hover(&pages, FileId(1), at).map(|hover| hover.text)
    };
    assert_eq!(told("tas"), Some("`tasks`: The tasks in order.".to_owned()));
    assert!(told("    mixi").expect("a key of a task").starts_with("`mixins`: "));
    assert!(told("${{ le").expect("a function").starts_with("`len(x)`\n\nThe length"));
    let param = told("params.r").expect("a param");
    assert_eq!(param, "param `rate`\n\n```yaml\n  rate: {default: '1', descr: How fast}\n```");
    assert!(told("volumes.d").expect("of the project").contains("storage:data"));
    assert_eq!(told("echo"), None);
    let names: Vec<String> = outline(FileId(1), Document::Flow, BATCH).into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["rate", "py", "load", "train", "last"]);
}

#[test]
fn no_text_and_no_place_breaks_it() {
    for text in [BATCH, PROJECT, "kind: [", "\u{feff}kind: batch", "a: &x [*x]", "${{ ", "é: ${{ é.é‸"] {
        let step = if text.len() > 100 { 7 } else { 1 };
        for at in (0..=text.len() as u32).step_by(step) {
            let pages = pages(text);
            let _ = (completion(&pages, FileId(1), at), hover(&pages, FileId(1), at));
            let _ = (definition(&pages, FileId(1), at), references(&pages, FileId(1), at));
        }
    }
    assert!(completion(&[], FileId(7), 3).is_empty());
}
