"""Compare the candidates and say which one is best."""

import json
import os

candidates = json.loads(os.environ["CANDIDATES"])
for candidate in candidates:
    print(f"rate {candidate['matrix']['rate']:>5}: loss {candidate['outputs']['loss']}")

best = min(candidates, key=lambda candidate: float(candidate["outputs"]["loss"]))
print(f"the best is rate {best['matrix']['rate']}: {best['outputs']['model']}")
print(f"::set-output name=model::{best['outputs']['model']}")
