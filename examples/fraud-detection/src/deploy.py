"""Put the chosen model into the registry and make it the latest.

In:  env `DATA_DIR`; `CHOICE`, the JSON written by `select_model.py`; `INPUT_COLUMNS`, JSON list of
     feature names; `FLOW_PARAMS`, JSON object with the flow's params; `APOLO_FLOW_BAKE_ID`, set by the
     engine.
Out: `<DATA_DIR>/registry/fraud-model/v<N>/` with `model.joblib` and `manifest.json` (metrics, params,
     versions, checksum, input columns, the bake that made it), and beside it the link `latest`.

A version appears with all its files or not at all, and is never changed. The same model gets the same
version, so a task that is tried again after a crash does not publish twice.

At last it starts the live job `serve`, or starts it anew, so that what is the latest also answers requests: the
task has `pass_config`, by which `apolo-flow` finds the engine that runs it.

Outputs: `path`, `version`, `average_precision` (on the validation data), `test_average_precision`.
"""

import json
import os
import platform
import shutil
import subprocess
import uuid
from importlib.metadata import version
from pathlib import Path

from task_io import data_dir, set_output, sha256

LIBRARIES = ("joblib", "numpy", "pandas", "scikit-learn", "scipy")


def main() -> None:
    choice = json.loads(os.environ["CHOICE"])
    model = Path(choice["model_path"]).read_bytes()
    registry = data_dir("registry", "fraud-model")

    checksum = sha256(model)
    path = find_version(registry, checksum) or publish(registry, model, make_manifest(choice, checksum))
    point_latest_to(path)
    serve_latest()

    print(f"{choice['id']} is now {path.name} and the latest")
    set_output("path", path)
    set_output("version", path.name)
    set_output("average_precision", choice["average_precision"])
    set_output("test_average_precision", choice["test"]["average_precision"])


def make_manifest(choice: dict, checksum: str) -> dict:
    """All that a user of the model, or whoever has to explain it in a year, needs to know."""
    return {
        "model": {name: choice[name] for name in ("kind", "setting", "hyperparameters")},
        "file": "model.joblib",
        "sha256": checksum,
        "input_columns": json.loads(os.environ["INPUT_COLUMNS"]),
        "metrics": {
            "validation": {name: choice[name] for name in choice["test"]},
            "test": choice["test"],
            "train_seconds": choice["train_seconds"],
        },
        "params": json.loads(os.environ["FLOW_PARAMS"]),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "created_by": {"bake": os.environ["APOLO_FLOW_BAKE_ID"], "task": choice["id"]},
    }


def versions(registry: Path) -> list[Path]:
    """The published versions, oldest first."""
    return sorted(registry.glob("v[0-9]*"), key=lambda path: int(path.name[1:]))


def find_version(registry: Path, checksum: str) -> Path | None:
    """The version that already holds this very model."""
    for path in versions(registry):
        if json.loads((path / "manifest.json").read_text())["sha256"] == checksum:
            return path
    return None


def publish(registry: Path, model: bytes, manifest: dict) -> Path:
    """Prepare the folder aside, then rename it: the rename decides who gets a number, also among rivals."""
    partial = registry / f".partial-{uuid.uuid4().hex}"
    try:
        partial.mkdir()
        (partial / "model.joblib").write_bytes(model)
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
        return claim_next_version(registry, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def claim_next_version(registry: Path, partial: Path) -> Path:
    taken = versions(registry)
    number = int(taken[-1].name[1:]) + 1 if taken else 1
    while True:
        try:
            return partial.rename(registry / f"v{number}")
        except OSError:
            if not (registry / f"v{number}").exists():
                raise
            number += 1


def point_latest_to(path: Path) -> None:
    """A link cannot be changed in place, but it can be replaced: readers never find it missing."""
    link = path.parent / f".latest-{uuid.uuid4().hex}"
    link.symlink_to(path.name)
    os.replace(link, path.parent / "latest")


def serve_latest() -> None:
    """The service reads the model once, at its start."""
    if "APOLO_FLOW_DATA" not in os.environ:
        print("no engine to serve it with; by hand: apolo-flow run serve")
        return
    subprocess.run(["apolo-flow", "kill", "serve"], check=True)
    subprocess.run(["apolo-flow", "run", "serve", "--detach"], check=True)


if __name__ == "__main__":
    main()
