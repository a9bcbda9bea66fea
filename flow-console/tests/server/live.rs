//! Live jobs: listed, told in full, started and ended.

use flow_core::model::{LiveJobId, TaskStatus};
use flow_engine::testing::Script;
use serde_json::{Value, json};

use crate::kit::{Running, console, messages, refused};

/// Starts a job, and gives its id.
async fn start(running: &Running, wish: &Value) -> String {
    let answer = running.post("/live", wish).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Drives a job, and gives the one who does when it runs.
async fn drive(running: &Running, id: &str) -> tokio::task::JoinHandle<TaskStatus> {
    let (engine, job) = (running.engine.clone(), LiveJobId::new(id));
    let driven = tokio::spawn(async move { engine.drive_live(&job).await.unwrap() });
    let job = LiveJobId::new(id);
    let mut follow = running.engine.follow_live(&job, 0);
    while running.engine.live_job(&job).await.unwrap().job().status != TaskStatus::Running {
        follow.next().await.unwrap();
    }
    driven
}

#[tokio::test]
async fn a_job_is_started_from_its_form_and_ends_when_it_is_killed() {
    let running = console().await;
    let flow = running.json("/flows/live").await;
    let params = json!([{ "name": "port", "default": "8080", "descr": "where it listens" }]);
    assert_eq!(
        flow["jobs"],
        json!([
            { "id": "serve", "title": "The server", "params": params, "multi": false, "ok": true },
            { "id": "shell", "title": null, "params": [], "multi": true, "ok": true },
        ])
    );
    let mut stream = running.get("/events").send().await.unwrap();
    let id = start(&running, &json!({ "job": "serve", "params": { "port": "9090" } })).await;
    running.executor.script(&id, [Script { log: b"line one\nan ERROR here\n".to_vec(), ..Script::held() }]);
    let driven = drive(&running, &id).await;
    let page = running.json(&format!("/live/{id}")).await;
    assert_eq!((page["status"].as_str(), page["standing"].as_str()), (Some("running"), Some("driven")));
    assert_eq!((page["job"].as_str(), page["flow"].as_str()), (Some("serve"), Some("live")));
    assert_eq!((&page["params"], &page["url"]), (&json!({ "port": "9090" }), &Value::Null));
    assert_eq!((&page["life_span_seconds"], &page["restarts"]), (&json!(3600.0), &json!(0)));
    let left = page["life_left_seconds"].as_f64().unwrap();
    assert!(left > 3000.0 && left <= 3600.0, "{left}");
    assert_eq!(page["by"], "ada (console: operator)");
    assert_eq!(page["spec"]["cmd"], "serve --port 9090");
    let env = page["spec"]["env"].as_array().unwrap();
    assert!(env.contains(&json!({ "name": "API_TOKEN", "value": null, "secret": null })), "{env:?}");
    assert!(!page.to_string().contains("hush"));
    let log = running.json(&format!("/live/{id}/log")).await;
    assert_eq!((log["text"].as_str(), log["complete"].as_bool()), (Some("line one\nan ERROR here\n"), Some(false)));
    let found = running.json(&format!("/live/{id}/log/search")).await;
    assert_eq!(found["hits"], json!([{ "at": 9, "line": "an ERROR here" }]));
    assert_eq!(running.json(&format!("/live/{id}/log/first-error")).await["hit"]["at"], 9);
    let kill = async || running.post(&format!("/live/{id}/kill"), &json!({})).send().await.unwrap();
    assert_eq!(kill().await.status(), 202);
    assert_eq!(driven.await.unwrap(), TaskStatus::Cancelled);
    // Asked again it answers the same.
    let again = kill().await;
    assert_eq!(
        (again.status().as_u16(), again.json::<Value>().await.unwrap()["by"].clone()),
        (202, page["by"].clone())
    );
    let page = running.json(&format!("/live/{id}")).await;
    assert_eq!((&page["status"], &page["cancelled_by"]), (&json!("cancelled"), &page["by"]));
    assert_eq!((&page["life_left_seconds"], &page["tries"][0]["number"]), (&Value::Null, &json!(1)));
    let download = running.get(&format!("/live/{id}/log/download")).send().await.unwrap();
    assert_eq!(download.text().await.unwrap(), "line one\nan ERROR here\n");
    let changes = messages(&mut stream, "live_ended").await;
    assert!(changes.iter().all(|(_, change)| change["live"] == id.as_str() && change.get("bake").is_none()));
    let statuses: Vec<_> = changes.iter().filter_map(|(_, change)| change["status"].as_str()).collect();
    assert_eq!(statuses, ["pending", "pending", "running", "cancelled"]);
}

#[tokio::test]
async fn live_jobs_stand_in_the_list_beside_bakes() {
    let running = console().await;
    running.bake().await;
    let serve = start(&running, &json!({ "job": "serve" })).await;
    let shell = start(&running, &json!({ "job": "shell", "suffix": "one", "args": ["-l"] })).await;
    let ids = async |query: &str| {
        let list = running.json(&format!("/workloads?{query}")).await;
        list["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("kind=live&sort=started&order=ascending").await, [serve.clone(), shell.clone()]);
    assert_eq!(ids("").await.len(), 3);
    assert_eq!(ids("kind=bake").await.len(), 1);
    assert_eq!(ids("flow=live&text=ONE").await, [shell.as_str()]);
    assert_eq!(ids("tag=project:demo&user=ada%20(console:%20operator)&status=pending&sort=name").await.len(), 2);
    let list = running.json("/workloads?kind=live&text=serve").await;
    let row = &list["items"][0];
    assert_eq!((&row["kind"], &row["job"], &row["title"]), (&json!("live"), &json!("serve"), &json!("The server")));
    assert_eq!((&row["attempt"], &row["started_at"], &row["suffix"]), (&Value::Null, &Value::Null, &Value::Null));
    let jobs = running.json("/flows/live/jobs").await;
    let lines: Vec<_> = jobs["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["job"], &one["suffix"], &one["status"], &one["run"]["id"]))
        .collect();
    assert_eq!(json!(lines), json!([["serve", null, "pending", serve], ["shell", "one", "pending", shell]]));
    let spec = running.json(&format!("/live/{shell}")).await["spec"]["cmd"].clone();
    assert_eq!(spec, "sh -l");
    let batch = running.get("/flows/train/jobs").send().await.unwrap();
    assert_eq!(refused(batch).await, 409);
}

#[tokio::test]
async fn two_wishes_at_once_give_one_job() {
    let running = console().await;
    let wish = json!({ "job": "serve" });
    let (one, other) = tokio::join!(running.post("/live", &wish).send(), running.post("/live", &wish).send());
    let (one, other): (Value, Value) = (one.unwrap().json().await.unwrap(), other.unwrap().json().await.unwrap());
    assert_eq!(one["id"], other["id"]);
    assert_eq!((one["is_new"].as_bool() != other["is_new"].as_bool(), &one["status"]), (true, &json!("pending")));
    // A fresh suffix is another job, but not for a wish that is repeated.
    let shell = async |key: &str| {
        let answer = running.post("/live", &json!({ "job": "shell" })).header("idempotency-key", key).send().await;
        answer.unwrap().json::<Value>().await.unwrap()["id"].clone()
    };
    let first = shell("k1").await;
    assert_eq!(shell("k1").await, first);
    assert_ne!(shell("k2").await, first);
}

#[tokio::test]
async fn refusals_about_live_jobs_say_why() {
    let running = console().await;
    let start = async |wish: Value| refused(running.post("/live", &wish).send().await.unwrap()).await;
    assert_eq!(start(json!({ "job": "none" })).await, 404);
    assert_eq!(start(json!({ "flow": "none", "job": "serve" })).await, 404);
    assert_eq!(start(json!({ "job": "serve", "params": { "prt": "1" } })).await, 422);
    assert_eq!(start(json!({ "job": "serve", "suffix": "x" })).await, 422);
    assert_eq!(start(json!({ "job": "serve", "detach": false })).await, 422);
    assert_eq!(start(json!({ "flow": "train", "job": "load" })).await, 422);
    for path in ["/live/none", "/live/none/log", "/live/none/events", "/live/none/sources/0", "/flows/none/jobs"] {
        assert_eq!(refused(running.get(path).send().await.unwrap()).await, 404, "{path}");
    }
    let id = self::start(&running, &json!({ "job": "serve" })).await;
    running.executor.script(&id, [Script::default()]);
    let post = async |what: &str| running.post(&format!("/live/{id}/{what}"), &json!({})).send().await.unwrap();
    assert_eq!(refused(post("resume").await).await, 409);
    let engine = running.engine.clone();
    assert_eq!(engine.drive_live(&LiveJobId::new(id.as_str())).await.unwrap(), TaskStatus::Succeeded);
    let kill = post("kill").await;
    assert_eq!(kill.status(), 409);
    let problem: Value = kill.json().await.unwrap();
    assert_eq!(problem["detail"], "live job `serve` has ended: succeeded");
    assert_eq!(refused(post("resume").await).await, 409);
    let source = running.json(&format!("/live/{id}/sources/0")).await;
    assert!(source["text"].as_str().unwrap().starts_with("kind: live"), "{source}");
    let events = running.json(&format!("/live/{id}/events?limit=1")).await;
    assert_eq!(events["events"][0]["kind"]["event"], "live_created");
}
