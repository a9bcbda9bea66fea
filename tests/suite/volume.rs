//! Volumes where nothing is mounted: expressions see folders, specs and keys keep mounts. Source: MCH-2, DEC-29.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::path::Path;
use std::sync::Arc;

use flow_core::event::EventKind;
use flow_core::expr::storage::HostStorage;
use flow_core::model::TaskStatus;
use flow_core::plan::on_host;
use flow_core::port::{ActionRef, EventScope, Store};
use flow_engine::source::MemorySource;
use flow_engine::storage::StorageRoot;
use flow_engine::store::MemoryStore;
use flow_engine::sys::SystemClock;
use flow_engine::testing::ScriptedExecutor;
use flow_engine::{BakeRequest, Engine, EngineError, FixedGit};

const FLOW: &str = "
kind: batch
volumes:
  data: {remote: 'storage:proj/data', mount: /data, local: files}
  inner: {remote: 'storage:proj/data/deep', mount: /inner, read_only: true}
defaults: {volumes: ['disk:fast:/scratch']}
tasks:
  - id: own
    image: x
    volumes: ['${{ volumes.data.ref }}', '${{ volumes.inner.ref }}']
    workdir: /data/sub
    env: {CODE: '${{ volumes.data.mount }}/code', BOTH: '${{ volumes.inner.mount }}:${{ volumes.data.mount }}.old'}
    cmd: 'cat ${{ volumes.data.mount / \"x\" }} /data/y ${{ parse_volume(\"storage:proj/data:/p:ro\").mount }}'
  - action: ws:act
    id: call
    args: {place: '${{ volumes.data.mount }}', ref: '${{ volumes.data.ref }}'}
";

const ACTION: &str = "
kind: batch
inputs: {place: {}, ref: {}}
tasks:
  - {id: inside, image: x, volumes: ['${{ inputs.ref }}'], workdir: '${{ inputs.place }}/in', cmd: 'ls ${{ inputs.place }}'}
";

/// A bake on a storage at `root`; the executor notes what it was to run.
async fn bake(store: &Arc<MemoryStore>, root: &str, flow: &str) -> Result<Arc<ScriptedExecutor>, EngineError> {
    let executor = Arc::new(ScriptedExecutor::new(Arc::new(SystemClock)));
    let builder = Engine::builder().store(store.clone()).git(Arc::new(FixedGit(None))).user("ada");
    let engine = builder.storage(StorageRoot::new(root)).build(executor.clone());
    let action = ActionRef::parse("ws:act").unwrap();
    let source = MemorySource::new("/work-folder").flow("main", flow).action(action, "act.yml", ACTION);
    let request = BakeRequest { batch: "main".into(), ..BakeRequest::default() };
    let created = engine.create_bake(&source, request).await?;
    assert_eq!(engine.drive(&created.attempt).await?, TaskStatus::Succeeded);
    Ok(executor)
}

#[tokio::test]
async fn specs_keep_mounts_and_launches_get_folders() {
    let store = Arc::new(MemoryStore::new());
    let executor = bake(&store, "/srv/one", FLOW).await.unwrap();
    let launches = executor.launches();
    let (own, inside) = (&launches[0].spec, &launches[1].spec);
    assert_eq!(own.cmd.as_deref(), Some("cat /data/x /data/y /data"));
    assert_eq!(own.env.get("BOTH").map(String::as_str), Some("/inner:/data.old"));
    assert_eq!(own.workdir.as_deref(), Some("/data/sub"));
    assert_eq!(own.volumes, ["disk:fast:/scratch", "storage:proj/data:/data:rw", "storage:proj/data/deep:/inner:ro"]);
    assert_eq!(inside.cmd.as_deref(), Some("ls /data"));
    let there = on_host(own, HostStorage { root: "/srv/two" }).unwrap();
    // What the text says outside of expressions stays, but for `workdir`.
    assert_eq!(there.spec.cmd.as_deref(), Some("cat /srv/two/proj/data/x /data/y /srv/two/proj/data"));
    let both = there.spec.env.get("BOTH").map(String::as_str);
    assert_eq!(both, Some("/srv/two/proj/data/deep:/srv/two/proj/data.old"));
    assert_eq!(there.spec.env.get("CODE").map(String::as_str), Some("/srv/two/proj/data/code"));
    assert_eq!(there.spec.workdir.as_deref(), Some("/srv/two/proj/data/sub"));
    let folders: Vec<&str> = there.volumes.iter().map(|volume| volume.folder.as_str()).collect();
    assert_eq!(folders, ["/srv/two/.disks/fast", "/srv/two/proj/data", "/srv/two/proj/data/deep"]);
    let there = on_host(inside, HostStorage { root: "/srv/two" }).unwrap();
    assert_eq!(there.spec.cmd.as_deref(), Some("ls /srv/two/proj/data"));
    assert_eq!(there.spec.workdir.as_deref(), Some("/srv/two/proj/data/in"));
}

#[tokio::test]
async fn another_root_finds_the_results_of_the_first() {
    let store = Arc::new(MemoryStore::new());
    assert_eq!(bake(&store, "/srv/one", FLOW).await.unwrap().launches().len(), 2);
    assert_eq!(bake(&store, "/mnt/two/storage", FLOW).await.unwrap().launches().len(), 0, "all is cached");
    let changed = FLOW.replace("mount: /data,", "mount: /elsewhere,");
    assert_eq!(bake(&store, "/srv/one", &changed).await.unwrap().launches().len(), 2, "another mount");
}

#[tokio::test]
async fn what_is_no_folder_of_the_storage_is_told_at_its_place() {
    let told = |text: &'static str| async move {
        let flow = format!("kind: batch\n{text}");
        match bake(&Arc::new(MemoryStore::new()), "/srv", &flow).await {
            Err(EngineError::Config(problems)) => {
                let one = problems.diagnostics.iter().next().unwrap();
                let place = problems.sources.position(one.span().unwrap()).unwrap();
                format!("{}:{} {}", place.line, place.column, one.message)
            }
            other => format!("{other:?}"),
        }
    };
    let tasks = "tasks: [{id: a, image: x, volumes: ['storage:a:/a', 'blob:b:/b']}]";
    assert_eq!(told(tasks).await, "2:53 a volume cannot be of scheme `blob:`");
    let tasks = "tasks: [{id: a, image: x, volumes: ['storage:a/../b:/a']}]";
    let message = "2:37 `storage:a/../b` is no place in the storage: each part between slashes must be a name";
    assert_eq!(told(tasks).await, message);
    let volumes = "volumes:\n  v: {remote: 'image:x', mount: /v}\ntasks: [{id: a, image: x}]";
    let message = "3:15 `image:x` is no place in the storage: only `storage:` and `disk:` are kept on this machine";
    assert_eq!(told(volumes).await, message);
    let secrets = "tasks: [{id: a, image: x, volumes: ['secret:key:/k']}]";
    assert_eq!(told(secrets).await, "2:37 this version cannot run secrets as `volumes` yet");
}

#[tokio::test]
async fn an_upload_is_answered_once() {
    // EXP-46, house: what was answered is recorded, and never asked again.
    let folder = tempfile::tempdir().unwrap();
    let (work, root) = (folder.path().join("work"), folder.path().join("storage"));
    std::fs::create_dir_all(work.join("files")).unwrap();
    std::fs::write(work.join("files/x"), "one").unwrap();
    let flow = "
kind: batch
volumes: {data: {remote: 'storage:data', mount: /data, local: files}}
tasks: [{id: a, image: x, volumes: ['${{ upload(volumes.data).ref }}'], cmd: 'ls ${{ volumes.data.mount }}'}]
";
    let store = Arc::new(MemoryStore::new());
    let executor = Arc::new(ScriptedExecutor::new(Arc::new(SystemClock)));
    let builder = Engine::builder().store(store.clone()).git(Arc::new(FixedGit(None))).user("ada");
    let engine = builder.storage(StorageRoot::new(&root)).build(executor.clone());
    let source = MemorySource::new(work.to_str().unwrap()).flow("main", flow);
    let request = BakeRequest { batch: "main".into(), ..BakeRequest::default() };
    let created = engine.create_bake(&source, request).await.unwrap();
    assert!(!root.exists(), "nothing is copied before the bake runs");
    assert_eq!(engine.drive(&created.attempt).await.unwrap(), TaskStatus::Succeeded);
    assert_eq!(std::fs::read_to_string(root.join("data/x")).unwrap(), "one");
    let events = store.events(&EventScope::All, 0, 100).await.unwrap();
    let answered = events.iter().filter(|event| matches!(event.kind, EventKind::Answered { .. })).count();
    assert_eq!((answered, executor.launches().len()), (1, 1));
    assert!(Path::new(&root).is_dir());
}
