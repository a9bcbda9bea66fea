"""Fit a line to the points by gradient descent."""

import os
from pathlib import Path

rate = float(os.environ["RATE"])
lines = Path(os.environ["DATA"]).read_text().splitlines()
points = [tuple(map(float, line.split(","))) for line in lines]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


slope, offset = 0.0, 0.0
for step in range(1, 201):
    errors = [(slope * x + offset - y, x) for x, y in points]
    slope -= rate * mean(2 * error * x for error, x in errors)
    offset -= rate * mean(2 * error for error, _ in errors)
    if step % 50 == 0:
        print(f"step {step}: mean squared error {mean(error**2 for error, _ in errors):.4f}")

loss = mean((slope * x + offset - y) ** 2 for x, y in points)
print(f"y = {slope:.3f} x + {offset:.3f}")
print(f"::set-output name=loss::{loss:.6f}")
print(f"::set-output name=model::y = {slope:.3f} x + {offset:.3f}")
