"""An HTTP service that scores transactions with the latest model of the registry.

In:  env `DATA_DIR`, `PORT`; `<DATA_DIR>/registry/fraud-model/latest/`, read once, at the start.
Out: on 127.0.0.1:
     `GET /`        what is served: version, metrics, input columns, and an example to send
     `POST /score`  JSON object of input columns to numbers; a column left out is 0. Answers with
                    `fraud_probability` and `model`. What is no number, or no column, is refused.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import joblib
import numpy as np

from task_io import data_dir

MAX_BYTES = 1 << 20


class Model:
    """A published version: its manifest and its estimator."""

    def __init__(self, folder: Path) -> None:
        self.version = folder.resolve().name
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.columns = self.manifest["input_columns"]
        self.estimator = joblib.load(folder / "model.joblib")

    def describe(self) -> dict:
        return {
            "model": self.version,
            "metrics": self.manifest["metrics"]["test"],
            "input_columns": self.columns,
            "example": {"amount": 6.2, "amount_vs_usual": 3.1, "distance": 7.5},
        }

    def score(self, values: object) -> dict:
        """Raises `ValueError` with what is wrong."""
        if not isinstance(values, dict):
            raise ValueError("expected a JSON object of columns to numbers")
        unknown = sorted(set(values) - set(self.columns))
        if unknown:
            raise ValueError(f"no such column: {', '.join(unknown)}")
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ValueError(f"expected a number for {name}")
        row = np.array([[float(values.get(name, 0)) for name in self.columns]], np.float32)
        probability = float(self.estimator.predict_proba(row)[0, 1])
        return {"fraud_probability": round(probability, 4), "model": self.version}


class Service(BaseHTTPRequestHandler):
    model: Model

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, self.model.describe())
        else:
            self.answer(404, {"error": "there is `GET /` and `POST /score`"})

    def do_POST(self) -> None:
        if self.path != "/score":
            self.answer(404, {"error": "there is `GET /` and `POST /score`"})
            return
        try:
            length = int(self.headers.get("Content-Length", "0"))
            if not 0 <= length <= MAX_BYTES:
                raise ValueError(f"expected at most {MAX_BYTES} bytes")
            self.answer(200, self.model.score(json.loads(self.rfile.read(length))))
        except ValueError as error:
            self.answer(400, {"error": str(error)})

    def answer(self, status: int, body: dict) -> None:
        text = json.dumps(body, indent=2).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def main() -> None:
    Service.model = Model(data_dir("registry", "fraud-model") / "latest")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Service)
    print(f"serving fraud-model {Service.model.version} at http://localhost:{server.server_port}")
    server.serve_forever()


if __name__ == "__main__":
    main()
