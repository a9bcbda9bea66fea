"""What Python adds to the engine: `python benches/python.py`, with the package of a release build installed.

    (cd python && maturin build --profile release --out ../target/wheels)
    pip install target/wheels/apolo_flow-*.whl
    cargo build --release -p flow-benches
    python benches/python.py

Prints each figure with its bound, and ends with exit code 1 if one is missed. Machines are noisy: each figure is the
median of several runs (of a rate of expressions the best), in CPU time of the process with all its threads, and what
is compared runs in turn.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from apolo_flow import Contexts, Engine, Expr, load_text
from apolo_flow.testing import ScriptedExecutor

ROOT = Path(__file__).parents[1]
RUST = ROOT / "target/release/flow-bench"
TASKS = 1_000
CHAIN = 10


def main() -> int:
    held = [expressions(), importing(), events(), bakes()]
    return 0 if all(held) else 1


def told(what: str, figure: float, bound: float, unit: str, *, at_least: bool = False) -> bool:
    held = figure >= bound if at_least else figure <= bound
    sign = ">=" if at_least else "<="
    print(f"{'ok    ' if held else 'MISSED'} {what}: {figure:,.3g} {unit} (wanted {sign} {bound:,g})")
    return held


def rate(work: Callable[[], object], count: int) -> float:
    """How often a second of the processor does some work; the best of several runs."""
    best = 0.0
    for _ in range(7):
        begun = time.process_time()
        for _ in range(count):
            work()
        best = max(best, count / (time.process_time() - begun))
    return best


def expressions() -> bool:
    contexts = {"params": {"rate": 3, "name": "ada"}, "needs": {"load": {"outputs": {"rows": "7"}}}}
    kept = Contexts(contexts)
    held = True
    for text in ("${{ params.rate }}", "${{ upper(params.name) }} with ${{ params.rate * 2 }}"):
        expr = Expr(text)
        for how, given in (("kept", kept), ("given", contexts)):
            figure = rate(partial(expr.evaluate, given), 100_000)
            held &= told(f"evaluate {text!r}, contexts {how}", figure, 200_000, "a CPU second", at_least=True)
    return held


def importing() -> bool:
    script = "import time; t = time.process_time(); import apolo_flow; print(time.process_time() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", script])) for _ in range(9)]
    return told("import apolo_flow", 1e3 * statistics.median(times), 50, "ms")


def flow(tasks: int) -> str:
    """The flow of the engine's own bench: chains of ten, a hundred tasks at once."""
    lines = ["kind: batch", "defaults: {max_parallel: 100}", "tasks:"]
    for task in range(tasks):
        needs = "" if task % CHAIN == 0 else f"t{task - 1}"
        lines.append(f"  - {{id: t{task}, needs: [{needs}], image: any, cmd: work {task}}}")
    return "\n".join(lines)


def events() -> bool:
    engine = Engine(store="memory", executor=ScriptedExecutor())
    bake = load_text(flow(5_000), engine=engine).batch().bake()
    bake.wait()
    rates = []
    for _ in range(5):
        begun = time.process_time()
        count = sum(len(batch) for batch in bake.events().batches())
        rates.append(count / (time.process_time() - begun))
    what = f"events in batches, {count:,} of a bake"
    return told(what, statistics.median(rates), 50_000, "a CPU second", at_least=True)


def bakes() -> bool:
    if not RUST.exists():
        print(f"MISSED {RUST} is not there: cargo build --release -p flow-benches")
        return False
    text = flow(TASKS)
    ratios = []
    for _ in range(9):
        rust = float(subprocess.check_output([RUST, "run-scripted", str(TASKS)]))
        batch = load_text(text, engine=Engine(store="memory", executor=ScriptedExecutor())).batch()
        begun = time.process_time()
        assert batch.bake().wait() == "succeeded"
        ratios.append((time.process_time() - begun, rust))
    python, rust = (statistics.median(side) for side in zip(*ratios, strict=True))
    print(f"       {TASKS} scripted tasks: {1e3 * python:.0f} ms CPU from Python, {1e3 * rust:.0f} ms from Rust")
    return told("ratio Python / Rust", statistics.median(one / other for one, other in ratios), 1.3, "times")


if __name__ == "__main__":
    sys.exit(main())
