"""check and bake, as a notebook uses them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import apolo_flow
import pytest
from apolo_flow import Engine, load
from apolo_flow.testing import ScriptedExecutor
from conftest import write

GREET = """
kind: batch
params: {name: {default: world}}
tasks:
  - id: greet
    image: any
    bash: echo "::set-output name=text::hello ${{ params.name }}"
  - id: shout
    image: any
    env: {TEXT: "${{ upper(needs.greet.outputs.text) }}"}
    bash: echo "text=$TEXT" >> "$APOLO_FLOW_OUTPUT"
"""


def test_bake_gives_every_task_with_its_outputs(workspace: Path) -> None:
    write(workspace, "hello", GREET)
    result = apolo_flow.bake(workspace, "hello", {"name": "Ada"})
    assert result.status == "succeeded"
    assert result.batch == "hello"
    assert result.params == {"name": "Ada"}
    assert list(result.tasks) == ["greet", "shout"]
    assert result.tasks["shout"].outputs == {"text": "HELLO ADA"}
    assert [one.number for one in result.tasks["shout"].tries] == [1]


def test_a_second_bake_is_cached(workspace: Path) -> None:
    write(workspace, "hello", GREET)
    apolo_flow.bake(workspace, "hello")
    again = apolo_flow.bake(workspace, "hello")
    assert {task.status for task in again.tasks.values()} == {"cached"}
    assert again.tasks["greet"].outputs == {"text": "hello world"}


def test_a_failed_bake_is_a_result(workspace: Path) -> None:
    write(workspace, "bad", "kind: batch\ntasks:\n  - {id: a, image: x, cmd: /bin/false}\n  - {id: b, image: x, cmd: x}\n")
    result = apolo_flow.bake(workspace, "bad")
    assert result.status == "failed"
    assert [task.status for task in result.tasks.values()] == ["failed", "skipped"]


def test_check_finds_all_problems_with_their_places(workspace: Path) -> None:
    write(workspace, "bad", "kind: batch\ntasks:\n  - id: a\n    imgae: x\n    cmd: ${{ nope }}\n")
    problems = apolo_flow.check(workspace, "bad")
    places = {(one.name, one.line, one.column) for one in problems}
    assert ("unknown-key", 4, 5) in places
    assert len(problems) >= 2
    key = next(one for one in problems if one.name == "unknown-key")
    assert key.severity == "error"
    assert key.help is not None and "image" in key.help
    assert "imgae" in str(key)


def test_check_without_a_name_looks_at_all_flows(workspace: Path) -> None:
    write(workspace, "good", GREET)
    assert apolo_flow.check(workspace) == []
    write(workspace, "bad", "kind: batch\n")
    assert [one.file for one in apolo_flow.check(workspace)] == [".apolo/bad.yml"]


def test_bake_of_a_bad_flow_raises_with_diagnostics(workspace: Path) -> None:
    write(workspace, "bad", "kind: batch\ntasks:\n  - {id: a, image: x, cmd: x, needs: [b]}\n")
    with pytest.raises(apolo_flow.ConfigError) as caught:
        apolo_flow.bake(workspace, "bad")
    assert [one.name for one in caught.value.diagnostics] == ["unknown-need"]


def test_a_missing_workspace_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(apolo_flow.ConfigError, match="is not a folder"):
        apolo_flow.check(tmp_path / "nowhere")


def test_the_command_comes_with_the_package(workspace: Path) -> None:
    write(workspace, "hello", GREET)
    command = [sys.executable, "-m", "apolo_flow"]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert apolo_flow.__version__ in version.stdout
    bake = subprocess.run([*command, "bake", "hello"], cwd=workspace, capture_output=True, text=True)
    assert bake.returncode == 0, bake.stderr
    listed = subprocess.run([*command, "bakes"], cwd=workspace, capture_output=True, text=True, check=True)
    assert "hello" in listed.stdout


def test_ctrl_c_cancels_and_waits(workspace: Path) -> None:
    write(workspace, "long", "kind: batch\ntasks:\n  - {id: wait, image: x, bash: 'touch started; sleep 600'}\n")
    script = f"import apolo_flow; apolo_flow.bake({str(workspace)!r}, 'long')"
    child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
    while not (workspace / "started").exists() and child.poll() is None:
        os.sched_yield()
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    result = apolo_flow_bakes(workspace)
    assert "cancelled" in result


def apolo_flow_bakes(workspace: Path) -> str:
    """List bakes by the command."""
    command = [sys.executable, "-m", "apolo_flow", "bakes"]
    return subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=True).stdout


def test_actions_of_other_repositories_are_fetched_and_locked(workspace: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirrors/team/kit.git"
    mirror.mkdir(parents=True)
    text = "kind: batch\noutputs: {x: {value: '${{ needs.in.outputs.x }}'}}\ntasks: [{id: in, image: x, cmd: in}]\n"
    (mirror / "action.yml").write_text(text, encoding="utf-8")
    git = ["git", "-C", str(mirror), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "one"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    write(workspace, "b", "kind: batch\ntasks: [{id: call, action: gh:team/kit@v1}]")
    settings = f"[actions]\nprotocol = 'file'\nfolder = '{tmp_path / 'mirrors'}'\n"
    (workspace / ".apolo/engine.toml").write_text(settings, encoding="utf-8")

    with pytest.raises(apolo_flow.ConfigError):
        load(workspace, locked=True).batch("b").plan()
    executor = ScriptedExecutor()
    executor.script("call.in", outputs="x=7")
    bake = load(workspace, engine=Engine(store="memory", executor=executor)).batch("b").bake().result()
    assert bake.tasks["call"].outputs == {"x": "7"}
    assert "team/kit" in (workspace / ".apolo/flow.lock").read_text(encoding="utf-8")
    assert load(workspace, locked=True).check() == []
