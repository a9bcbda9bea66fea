"""Doubles for tests: a clock that stands until it is moved, and an executor that plays scripts.

Examples
--------
>>> from apolo_flow import Engine, load_text
>>> executor = ScriptedExecutor()
>>> executor.script("train", outputs="accuracy=0.9")
>>> flow = load_text(
...     "kind: batch\\ntasks: [{id: train, image: x, cmd: x}]", engine=Engine(store="memory", executor=executor)
... )
>>> bake = flow.batch().bake().result()
>>> bake.tasks["train"].outputs
{'accuracy': '0.9'}
"""

from apolo_flow._native import ManualClock, ScriptedExecutor

__all__ = ["ManualClock", "ScriptedExecutor"]
