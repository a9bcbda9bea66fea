"""The names that programs import from the reference's package: here, or listed with the reason (spec 10 §9)."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import apolo_flow
from apolo_flow.types import TaskStatus

DOCS = Path(__file__).parents[2] / "docs"
LISTED = re.compile(r"^\| `(?P<name>apolo_flow[\w.]+)` \| (?P<here>yes|no) \|(?P<instead>.*)\|$", re.MULTILINE)


def listed() -> dict[str, tuple[bool, str]]:
    """Each name of the page, with whether it is here and what is said of it."""
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    return {one["name"]: (one["here"] == "yes", one["instead"].strip()) for one in LISTED.finditer(page)}


def in_rules() -> set[str]:
    """The names of our copy of the rules: a dotted name in marks, then short ones of the same module."""
    rules = (DOCS / "compat/10-python-api.md").read_text(encoding="utf-8")
    chapter = rules.split("## 9.")[1].split("## Oddities")[0]
    found, module = set(), ""
    for name in re.findall(r"`([A-Za-z_.]+)(?:\([^`]*\))?`", chapter):
        if name.startswith("apolo_flow"):
            full = name.removesuffix(".create")
            is_module = full.rpartition(".")[2].islower() and full not in ("apolo_flow.cli.main", "apolo_flow.plugin.setup")
            module = full if is_module else full.rpartition(".")[0]
            if full not in ("apolo_flow.types", "apolo_flow.parser"):
                found.add(full)
        else:
            found.add(f"{module}.{name}")
    return {name for name in found if name != "apolo_flow.plugin.manager"}


def is_here(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ImportError:
        try:
            return hasattr(importlib.import_module(module), attribute)
        except ImportError:
            return False
    return True


def test_every_name_of_the_rules_is_listed() -> None:
    assert in_rules() == set(listed())


def test_what_is_listed_as_here_is_here_and_nothing_else() -> None:
    for name, (here, instead) in listed().items():
        assert is_here(name) == here, name
        assert here or instead, f"{name} needs a reason"


def test_what_takes_the_place_of_a_name_is_there() -> None:
    for _, instead in listed().values():
        for name in re.findall(r"`apolo_flow\.(\w+)", instead):
            assert hasattr(apolo_flow, name), name


def test_a_status_is_its_word() -> None:
    assert TaskStatus("succeeded") == "succeeded" and str(TaskStatus.FAILED) == "failed"
    finished = {one.value for one in TaskStatus if one.is_finished}
    assert finished == {"succeeded", "failed", "cancelled", "skipped", "cached"}


def test_the_command_is_a_function(workspace: Path) -> None:
    from apolo_flow.cli import main

    assert main(["--version"]) == 0
    assert main(["nothing-of-that-name"]) == 2
