"""Make up data: points near the line y = 3x + 2."""

import os
import random
from pathlib import Path

rows, seed = int(os.environ["ROWS"]), os.environ["SEED"]
chance = random.Random(seed)
points = [(x, 3 * x + 2 + chance.gauss(0, 0.1)) for x in (chance.random() for _ in range(rows))]

# The name says what is in the file. So a result from the cache never points at other data.
path = Path("data", f"points-{rows}-{seed}.csv")
path.parent.mkdir(exist_ok=True)
path.write_text("".join(f"{x},{y}\n" for x, y in points))

print(f"{rows} points are in {path}")
# This line is a result: other tasks find it as `needs.prepare.outputs.path`.
print(f"::set-output name=path::{path}")
