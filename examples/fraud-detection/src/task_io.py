"""How a task talks to the engine and to the disk.

Outputs. A task hands a value to later tasks either by printing a command line (`set_output`, one line of
text) or by appending to the file named by `APOLO_FLOW_OUTPUT` (`set_output_block`, any text). Later tasks
read both as `${{ needs.<task>.outputs.<name> }}`.

Files. `save` names a file after its content: a task that is retried writes the same file again, and a
result taken from the cache still points at the bytes it was computed from, whatever ran in between.
"""

import hashlib
import os
import uuid
from pathlib import Path


def set_output(name: str, value: object) -> None:
    """Publish a one-line output by printing a command that the engine takes out of the log."""
    print(f"::set-output name={name}::{value}", flush=True)


def set_output_block(name: str, text: str) -> None:
    """Publish an output of many lines through the output file; outside of a bake, just print it."""
    end = f"END_{uuid.uuid4().hex}"
    block = f"{name}<<{end}\n{text}\n{end}\n"
    output_file = os.environ.get("APOLO_FLOW_OUTPUT")
    if output_file is None:
        print(block, end="")
        return
    with open(output_file, "a", encoding="utf-8") as file:
        file.write(block)


def data_dir(*parts: str) -> Path:
    """A folder below `DATA_DIR`, created when missing."""
    folder = Path(os.environ["DATA_DIR"], *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def save(folder: Path, stem: str, suffix: str, content: bytes) -> Path:
    """Write `<stem>-<digest><suffix>`: a reader sees the whole file or none."""
    path = folder / f"{stem}-{sha256(content)[:12]}{suffix}"
    partial = folder / f".{path.name}.{uuid.uuid4().hex}.partial"
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()
