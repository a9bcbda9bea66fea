//! What the API tells, and what it does.

use flow_core::model::TaskStatus;
use flow_engine::BakeRequest;
use flow_engine::testing::Script;
use serde_json::{Value, json};

use crate::kit::{Running, console, messages, refused};

#[tokio::test]
async fn a_bake_is_listed_and_told_in_full() {
    let running = console().await;
    running.executor.script("load", [Script::writes("rows=7\n")]);
    let (bake, _) = running.bake().await;
    let list = running.json("/workloads").await;
    assert_eq!(list["total"], 1);
    let row = &list["items"][0];
    assert_eq!((row["id"].as_str(), row["status"].as_str()), (Some(bake.as_str()), Some("succeeded")));
    assert_eq!((row["flow"].as_str(), row["by"].as_str()), (Some("train"), Some("ada")));
    let page = running.json(&format!("/bakes/{bake}")).await;
    assert_eq!(page["attempts"].as_array().unwrap().len(), 1);
    let attempt = running.json("/bakes/nightly/attempts/-1").await;
    assert_eq!(attempt["counts"], json!({ "succeeded": 3 }));
    assert_eq!(attempt["attempt"]["params"], json!({ "rate": "0.1" }));
    let graph = running.json("/bakes/nightly/attempts/1/graph").await;
    let nodes = graph["nodes"].as_array().unwrap();
    let ids: Vec<_> = nodes.iter().map(|node| (&node["id"], &node["status"])).collect();
    assert_eq!(json!(ids), json!([["load", "succeeded"], ["fit", "succeeded"], ["report", "succeeded"]]));
    assert!(nodes[0]["x"].as_f64() < nodes[1]["x"].as_f64() && nodes[1]["x"].as_f64() < nodes[2]["x"].as_f64());
    let edges: Vec<_> = graph["edges"].as_array().unwrap().iter().map(|edge| (&edge["from"], &edge["to"])).collect();
    assert_eq!(json!(edges), json!([[0, 1], [1, 2]]));
    assert!(graph["edges"][0]["path"].as_str().unwrap().starts_with('M'));
}

#[tokio::test]
async fn a_task_is_told_without_its_secrets() {
    let running = console().await;
    running.executor.script("load", [Script::writes("rows=7\n")]);
    running.bake().await;
    let task = running.json("/bakes/nightly/attempts/1/tasks/load").await;
    assert_eq!((task["status"].as_str(), task["outputs"]["rows"].as_str()), (Some("succeeded"), Some("7")));
    assert_eq!(task["why"]["because"], "first");
    let env = task["spec"]["env"].as_array().unwrap();
    let of = |name: &str| env.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name} in {env:?}"));
    assert_eq!(of("PLAIN")["value"], "shown");
    assert_eq!(of("API_TOKEN")["value"], Value::Null);
    assert!(!task.to_string().contains("hush"));
    let history: Vec<_> = task["history"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(json!(history), json!(["pending", "running", "succeeded"]));
    let fit = running.json("/bakes/nightly/attempts/1/tasks/fit").await;
    assert_eq!(fit["needs"][0]["id"], "load");
    assert_eq!(fit["spec"]["cmd"], "fit 0.1");
    let unknown = running.get("/bakes/nightly/attempts/1/tasks/none").send().await.unwrap();
    assert_eq!(refused(unknown).await, 404);
}

#[tokio::test]
async fn workloads_are_filtered_sorted_and_paged() {
    let running = console().await;
    for (name, tag) in [("one", "x"), ("second", "y"), ("two", "x")] {
        let request = BakeRequest {
            batch: "train".into(),
            name: Some(name.into()),
            tags: vec![tag.into()],
            ..BakeRequest::default()
        };
        running.engine.create_bake(running.source.as_ref(), request).await.unwrap();
    }
    let names = async |query: &str| {
        let list = running.json(&format!("/workloads?{query}")).await;
        let items = list["items"].as_array().unwrap();
        items.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("tag=x&sort=name&order=ascending").await, ["one", "two"]);
    assert_eq!(names("text=SECOND").await, ["second"]);
    assert_eq!(names("sort=name&per_page=2&page=2").await, ["one"]);
    assert!(names("status=failed,running").await.is_empty());
    assert!(names("kind=live").await.is_empty());
    for query in ["page=0", "per_page=501", "sort=odd", "odd=1"] {
        let answer = running.get(&format!("/workloads?{query}")).send().await.unwrap();
        assert_eq!(refused(answer).await, 400, "{query}");
    }
}

#[tokio::test]
async fn logs_come_in_pieces_from_any_place() {
    let running = console().await;
    let text = (0..5000).fold(String::new(), |text, line| text + &format!("line {line} ünï\n"));
    running.executor.script("load", [Script::prints(&format!("{text}an ERROR here\nlast\n"))]);
    running.bake().await;
    let log = "/bakes/nightly/attempts/1/tasks/load/log";
    let mut whole = String::new();
    let mut from = 0;
    loop {
        let page = running.json(&format!("{log}?from={from}&max=1000")).await;
        assert_eq!(page["from"], from);
        whole.push_str(page["text"].as_str().unwrap());
        from = page["next"].as_u64().unwrap();
        if page["complete"] == true {
            break;
        }
    }
    assert_eq!(whole, format!("{text}an ERROR here\nlast\n"));
    let tail = running.json(&format!("{log}?max=30")).await;
    assert_eq!((tail["text"].as_str(), tail["next"].as_u64()), (Some("an ERROR here\nlast\n"), tail["end"].as_u64()));
    assert_eq!(tail["lines"], json!([text.len(), text.len() + 14]));
    let found = running.json(&format!("{log}/search?text=line%204999")).await;
    let at = found["hits"][0]["at"].as_u64().unwrap();
    assert_eq!(usize::try_from(at).unwrap(), text.find("line 4999").unwrap());
    let first = running.json(&format!("{log}/search")).await;
    assert_eq!(first["hits"][0]["line"], "an ERROR here");
    let jump = running.json(&format!("{log}/first-error")).await;
    assert_eq!(jump["hit"], json!({ "at": text.len(), "line": "an ERROR here" }));
    assert_eq!(
        running.json(&format!("{log}/first-error?from={}", text.len() + 1)).await["hit"],
        json!({ "at": text.len() + 1, "line": "n ERROR here" })
    );
    assert_eq!(running.json(&format!("{log}/first-error?from={}", text.len() + 14)).await["hit"], Value::Null);
    let download = running.get(&format!("{log}/download")).send().await.unwrap();
    assert_eq!(download.headers()["content-disposition"], "attachment; filename=\"load-1.log\"");
    assert_eq!(download.text().await.unwrap(), whole);
    assert_eq!(refused(running.get(&format!("{log}?try=9")).send().await.unwrap()).await, 404);
    // An empty log, packed, ends as well; places behind the end are empty.
    let empty = running.get("/bakes/nightly/attempts/1/tasks/fit/log/download").header("accept-encoding", "gzip");
    assert!(empty.send().await.unwrap().bytes().await.is_ok());
    let behind = running.json(&format!("{log}?from={}", u64::MAX / 2)).await;
    assert_eq!((behind["text"].as_str(), behind["complete"].as_bool()), (Some(""), Some(true)));
    for bounds in ["max=0", "max=262145", "max=-1"] {
        assert_eq!(refused(running.get(&format!("{log}?{bounds}")).send().await.unwrap()).await, 400, "{bounds}");
    }
}

#[tokio::test]
async fn events_stream_live_and_resume_by_position() {
    let running = console().await;
    let mut stream = running.get("/events").send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let (bake, _) = running.bake().await;
    let live = messages(&mut stream, "attempt_ended").await;
    let ended: Vec<_> = live.iter().filter(|(_, change)| change["event"] == "ended").collect();
    let tasks: Vec<_> = ended.iter().map(|(_, change)| change["task"].as_str().unwrap()).collect();
    assert_eq!(tasks, ["load", "fit", "report"]);
    assert!(live.iter().all(|(_, change)| change["bake"] == bake.as_str() && change["attempt"] == 1));
    // A browser that comes again misses nothing and gets nothing twice.
    let (middle, _) = live[live.len() / 2];
    let mut again = running.get("/events?after=0").header("last-event-id", middle).send().await.unwrap();
    let rest = messages(&mut again, "attempt_ended").await;
    assert_eq!(rest, live[live.len() / 2 + 1..]);
    // From the beginning, and of one bake only.
    let mut whole = running.get(&format!("/events?after=0&bake={bake}")).send().await.unwrap();
    assert_eq!(messages(&mut whole, "attempt_ended").await, live);
    let page = running.json(&format!("/bakes/{bake}/attempts/1/events?limit=2")).await;
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    assert_eq!(page["events"][0]["kind"]["event"], "attempt_created");
    for limit in ["0", "513", "-1"] {
        let answer = running.get(&format!("/bakes/{bake}/attempts/1/events?limit={limit}")).send().await.unwrap();
        assert_eq!(refused(answer).await, 400, "{limit}");
    }
}

#[tokio::test]
async fn an_operator_starts_and_a_repeated_wish_starts_nothing() {
    let running = console().await;
    let wish = json!({ "flow": "train", "params": { "rate": "0.5" }, "name": "mine", "tags": ["t"] });
    let start = async |key: &str| {
        let answer = running.post("/bakes", &wish).header("idempotency-key", key).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.unwrap()["bake"].as_str().unwrap().to_owned()
    };
    let first = start("k1").await;
    assert_eq!(start("k1").await, first);
    assert_ne!(start("k2").await, first);
    let attempt = running.json(&format!("/bakes/{first}/attempts/1")).await;
    assert_eq!(attempt["attempt"]["params"]["rate"], "0.5");
    assert_eq!(attempt["bake"]["by"], "ada (console: operator)");
    let wrong = running.post("/bakes", &json!({ "flow": "train", "params": { "rat": "1" } })).send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    let problem: Value = wrong.json().await.unwrap();
    assert!(problem["diagnostics"][0]["message"].as_str().unwrap().contains("`rat`"), "{problem}");
    assert_eq!(refused(running.post("/bakes", &json!({ "flw": 1 })).send().await.unwrap()).await, 422);
    let form = running.client.post(running.url("/api/v1/bakes")).bearer_auth(&running.operator).body("flow=train");
    assert_eq!(refused(form.send().await.unwrap()).await, 415);
}

/// Waits by the events until a task runs.
async fn until_running(running: &Running, attempt: &flow_core::model::Attempt, id: &str) {
    let mut follow = running.engine.follow(attempt, 0);
    while running.engine.task(attempt, id).await.map(|task| task.status).ok() != Some(TaskStatus::Running) {
        follow.next().await.unwrap();
    }
}

#[tokio::test]
async fn cancels_are_recorded_and_refusals_say_why() {
    let running = console().await;
    running.executor.script("load", [Script::held(), Script::default()]);
    let request = BakeRequest { batch: "train".into(), name: Some("nightly".into()), ..BakeRequest::default() };
    let created = running.engine.create_bake(running.source.as_ref(), request).await.unwrap();
    let attempt = running.engine.inspect(created.bake.as_str(), 1).await.unwrap().attempt;
    let engine = running.engine.clone();
    let driven = tokio::spawn(async move { engine.drive(&created.attempt).await.unwrap() });
    until_running(&running, &attempt, "load").await;
    assert_eq!(refused(running.post("/bakes/nightly/restart", &json!({})).send().await.unwrap()).await, 409);
    assert_eq!(refused(running.post("/bakes/nightly/resume", &json!({})).send().await.unwrap()).await, 409);
    let cancel = running.post("/bakes/nightly/attempts/1/tasks/load/cancel", &json!({})).send().await.unwrap();
    assert_eq!(cancel.status(), 202);
    assert_eq!(cancel.json::<Value>().await.unwrap()["by"], "ada (console: operator)");
    assert_eq!(driven.await.unwrap(), TaskStatus::Cancelled);
    let events = running.json("/bakes/nightly/attempts/1/events?limit=512").await;
    let asked = events["events"].as_array().unwrap().iter().find(|one| one["kind"]["event"] == "cancel_asked").unwrap();
    assert_eq!(asked["kind"]["by"], "ada (console: operator)");
    assert_eq!(refused(running.post("/bakes/nightly/cancel", &json!({})).send().await.unwrap()).await, 409);
    let again = running.post("/bakes/nightly/attempts/1/tasks/load/cancel", &json!({})).send().await.unwrap();
    assert_eq!(refused(again).await, 409);
    let restart = running.post("/bakes/nightly/restart", &json!({ "from_failed": true })).send().await.unwrap();
    assert_eq!(restart.status(), 201);
    assert_eq!(restart.json::<Value>().await.unwrap()["attempt"], 2);
}

#[tokio::test]
async fn flows_are_shown_before_they_run() {
    let running = console().await;
    let list = running.json("/flows").await;
    let flows: Vec<_> = list["flows"].as_array().unwrap().iter().map(|one| (&one["name"], &one["kind"])).collect();
    assert_eq!(json!(flows), json!([["live", "live"], ["train", "batch"]]));
    let flow = running.json("/flows/train").await;
    assert_eq!(flow["params"], json!([{ "name": "rate", "default": "0.1", "descr": "how fast it learns" }]));
    assert_eq!(flow["graph"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!((flow["title"].as_str(), flow["errors"].as_u64()), (Some("Training"), Some(0)));
    assert!(flow["sources"][0]["text"].as_str().unwrap().starts_with("kind: batch"));
    assert_eq!(refused(running.get("/flows/none").send().await.unwrap()).await, 404);
}

#[tokio::test]
async fn the_description_names_every_route() {
    let running = console().await;
    let description = running.json("/openapi.json").await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    let paths = description["paths"].as_object().unwrap();
    for path in ["/workloads", "/events", "/bakes", "/bakes/{bake}/attempts/{number}/tasks/{task}/log", "/flows/{flow}"]
    {
        assert!(paths.contains_key(path), "{path}");
    }
    assert_eq!(refused(running.get("/nowhere").send().await.unwrap()).await, 404);
    let wrong =
        running.client.delete(running.url("/api/v1/about")).bearer_auth(&running.operator).send().await.unwrap();
    assert_eq!(refused(wrong).await, 405);
}

#[tokio::test]
async fn cached_results_are_told_with_what_used_them_and_cleared() {
    let running = console().await;
    running.executor.script("load", [Script::writes("rows=7\n")]);
    let (first, _) = running.bake().await;
    let (second, _) = running.bake().await;
    let cache = running.json("/cache?flow=train").await;
    assert_eq!((cache["total"].as_u64(), cache["entries"].as_array().unwrap().len()), (Some(3), 3));
    let load = running.json("/cache?flow=train&task=load").await["entries"][0].clone();
    assert_eq!((&load["task"], &load["uses"]), (&json!("load"), &json!(1)));
    assert_eq!(load["from"], json!({ "bake": first, "attempt": 1 }));
    assert_eq!(load["used_by"], json!([{ "bake": second, "attempt": 1 }]));
    assert!(!load.to_string().contains("rows"), "outputs are told with their task");
    assert_eq!(running.json("/cache?flow=none").await["total"], 0);
    assert_eq!(running.json("/cache?limit=1").await["entries"].as_array().unwrap().len(), 1);
    let clear = async |wish: Value| {
        let answer = running.post("/cache/clear", &wish).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["cleared"].as_u64().unwrap()
    };
    assert_eq!(clear(json!({ "flow": "train", "task": "load", "key": "0" })).await, 0);
    assert_eq!(clear(json!({ "flow": "train", "task": "load", "key": load["key"] })).await, 1);
    assert_eq!(clear(json!({})).await, 2);
    assert_eq!(running.json("/cache").await["total"], 0);
    for wish in [json!({ "task": "load" }), json!({ "flow": "train", "key": "0" })] {
        assert_eq!(refused(running.post("/cache/clear", &wish).send().await.unwrap()).await, 422);
    }
    for query in ["limit=0", "limit=1001", "odd=1"] {
        assert_eq!(refused(running.get(&format!("/cache?{query}")).send().await.unwrap()).await, 400, "{query}");
    }
}

#[tokio::test]
async fn shared_pages_are_the_same_packed_or_not() {
    let running = console().await;
    running.bake().await;
    let get = async |coding: &'static str| {
        let request = running.get("/bakes/nightly/attempts/1").header("accept-encoding", coding);
        let answer = request.send().await.unwrap();
        let packing = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        (packing, answer.bytes().await.unwrap())
    };
    let (packing, packed) = get("br, gzip").await;
    assert_eq!(packing.as_deref(), Some("gzip"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed.as_ref()), &mut text).unwrap();
    let (plain, bytes) = get("identity").await;
    assert_eq!((plain, text.as_bytes()), (None, bytes.as_ref()));
    assert_eq!(get("gzip;q=0").await.0, None);
    // What has changed is shown at once: a page that is quickly made is always of now.
    let before: Value = serde_json::from_str(&text).unwrap();
    running
        .engine
        .restart(
            "nightly",
            -1,
            flow_engine::RestartRequest { takeover: flow_engine::Takeover::Nothing, ..Default::default() },
        )
        .await
        .unwrap();
    let after = running.json("/bakes/nightly/attempts/1").await;
    assert_eq!((before["attempts"].as_u64(), after["attempts"].as_u64()), (Some(1), Some(2)));
    assert!(after["position"].as_u64() > before["position"].as_u64());
}
