"""Scratch workspaces and a data folder for each test."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace; what the engine keeps goes into the test's own folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("APOLO_FLOW_EXECUTOR", raising=False)
    folder = tmp_path / "shop"
    (folder / ".apolo").mkdir(parents=True)
    return folder


def write(workspace: Path, name: str, text: str) -> None:
    """Write a flow file."""
    (workspace / ".apolo" / f"{name}.yml").write_text(text, encoding="utf-8")
