// The workspace of the end-to-end tests: small flows, each of which shows one thing.

import fs from 'node:fs';
import path from 'node:path';

/** A text that would run, if any page took it for HTML. */
export const BAD = (number) => `<img src=x onerror=window.hacked=${number}><script>window.hacked=${number}</script>`;

const train = (gate) => `kind: batch
title: Fraud model
params:
  rate: {default: "0.1", descr: How fast the model learns}
tasks:
  - id: load
    image: python
    env: {API_TOKEN: hush-hush, REGION: eu, RATE: "\${{ params.rate }}"}
    cmd: bash -c 'printf "\\033[32mok\\033[0m read\\n"; echo "::set-output name=rows::48213"; echo "::set-output name=shape::{\\"columns\\":12}"'
  - id: fit
    needs: [load]
    strategy: {matrix: {depth: [4, 6, 8]}}
    image: python
    cmd: bash -c 'echo depth \${{ matrix.depth }} of \${{ needs.load.outputs.rows }} rate \${{ params.rate }}'
  - id: check
    needs: [fit]
    image: python
    cmd: bash -c 'echo checking; echo "ValueError - not good"; test -e ${gate}'
  - {id: report, needs: [check], image: python, cmd: "true"}
`;

const slow = (after) => `kind: batch
defaults: {fail_fast: false}
tasks:
  - {id: one, needs: [], image: x, cmd: sleep 600}
  - {id: two, needs: [], image: x, cmd: sleep 600}
  - id: behind
    needs: [one]
    image: x
    cmd: "true"
  - id: anyway
    needs: [one]
    enable: \${{ always() }}
    image: x
    cmd: touch ${after}
`;

const posted = `kind: batch
tasks:
  - {id: hold, action: ws:actions/lock.yml}
  - {id: work, image: x, cmd: sleep 600}
`;

const lock = (after) => `kind: stateful
main:
  image: x
  bash: echo '::save-state name=held::yes'
post:
  image: x
  bash: echo "let go" > ${after}
`;

const flaky = (mark) => `kind: batch
tasks:
  - id: again
    retry: {attempts: 2, delay: 0, on: [failed]}
    image: x
    cmd: bash -c 'if test -e ${mark}; then echo second try; else touch ${mark}; echo first try; exit 3; fi'
`;

// Three in a row and one beside them: the row is the critical path.
const steady = `kind: batch
defaults: {cache: {strategy: none}}
tasks:
  - {id: first, needs: [], image: x, cmd: sleep 1}
  - {id: second, needs: [first], image: x, cmd: sleep 1}
  - {id: third, needs: [second], image: x, cmd: sleep 1}
  - {id: beside, needs: [], image: x, cmd: sleep 0.1}
`;

const nested = `kind: batch
tasks:
  - {id: prepare, image: x, cmd: "true"}
  - {id: model, needs: [prepare], action: ws:actions/model.yml, args: {rows: "40"}}
  - id: many
    needs: [model]
    strategy: {matrix: {n: "\${{ range(40) }}"}}
    image: x
    cmd: echo \${{ matrix.n }}
  - {id: never, needs: [many], enable: "\${{ failure() }}", image: x, cmd: "true"}
`;

const model = `kind: batch
inputs:
  rows: {descr: How many}
outputs:
  score: {value: "\${{ needs.judge.outputs.score }}"}
tasks:
  - {id: fit, image: x, cmd: "echo \${{ inputs.rows }}"}
  - id: judge
    needs: [fit]
    image: x
    cmd: "echo '::set-output name=score::0.93'"
`;

const broken = `kind: batch
tasks:
  - {id: one, image: x, cmd: "echo \${{ params.nope }}"}
  - {id: two, needs: [ones], image: x, cmd: "true"}
`;

const hostile = `kind: batch
title: "${BAD(1)} \\u202Eevil\\a"
params:
  p: {default: "${BAD(2)}", descr: "${BAD(3)} \\e]0;owned\\a"}
tasks:
  - id: shout
    image: "${BAD(4)}"
    env: {X: "${BAD(5)}"}
    cmd: bash -c 'printf "${BAD(6)}\\n\\033]0;owned\\007\\033[2Jwiped \\xe2\\x80\\xaeturned\\n\\xff\\xfe bytes\\n"; head -c 20000 /dev/zero | tr "\\0" A; echo; echo "::set-output name=html::${BAD(7)}"'
`;

// The story of the fraud example with nothing but Python's own library, so that it takes seconds.
const fraud = `kind: batch
title: Train and deploy the fraud model
params:
  transactions: {default: "3000", descr: "Honest transactions to generate, all sources together"}
  seed: {default: "7", descr: "Same seed, same data, same models"}
  min_precision: {default: "0.5", descr: "A model below this is not deployed"}
defaults:
  env: {SEED: "\${{ params.seed }}", TRANSACTIONS: "\${{ params.transactions }}"}
tasks:
  - id: ingest
    title: Ingest \${{ matrix.source }}
    needs: []
    strategy: {matrix: {source: [cards, transfers, atm]}}
    image: python:3.11-slim
    cmd: python3 fraud.py ingest \${{ matrix.source }}
  - id: preprocess
    needs: [ingest]
    image: python:3.11-slim
    env: {SOURCES: "\${{ to_json(needs.ingest.rows) }}"}
    cmd: python3 fraud.py preprocess
  - id: train
    title: Train at \${{ matrix.quantile }}
    needs: [preprocess]
    strategy: {matrix: {feature: [amount, hour], quantile: ["0.90", "0.97", "0.99"]}}
    image: python:3.11-slim
    env: {DATASET: "\${{ needs.preprocess.outputs.path }}"}
    cmd: python3 fraud.py train \${{ matrix.feature }} \${{ matrix.quantile }}
  - id: select
    needs: [train]
    image: python:3.11-slim
    env: {CANDIDATES: "\${{ to_json(needs.train.rows) }}", MIN_PRECISION: "\${{ params.min_precision }}"}
    cmd: python3 fraud.py select
  - id: deploy
    needs: [select]
    enable: \${{ success() and needs.select.outputs.approved == 'yes' }}
    image: python:3.11-slim
    env: {CHOICE: "\${{ needs.select.outputs.choice }}"}
    pass_config: true
    cmd: python3 fraud.py deploy
`;

const live = (port) => `kind: live
title: Serve and explore
jobs:
  serve:
    title: Score transactions with the latest model
    image: python:3.11-slim
    detach: true
    http_port: ${port}
    http_auth: false
    life_span: 1h
    params:
      greeting: {default: "hello", descr: "What it says of itself"}
    env: {PORT: "${port}", GREETING: "\${{ params.greeting }}", PYTHONUNBUFFERED: "1"}
    cmd: python3 serve.py
  explore:
    title: Try one thing
    image: x
    multi: true
    detach: true
    params:
      depth: {default: "3", descr: How deep to look}
    bash: 'echo depth \${{ params.depth }} of \${{ multi.args }}; sleep 600'
`;

const fraudPython = `"""Each step of the fraud story, small: a threshold on one feature is the model."""
import json, os, pathlib, random, subprocess, sys

FILES = pathlib.Path(".data")


def output(name, value):
    print(f"::set-output name={name}::{value if isinstance(value, str) else json.dumps(value)}", flush=True)


def ingest(source):
    chance = random.Random(os.environ["SEED"] + source)
    honest = int(os.environ["TRANSACTIONS"]) // 3
    rows = [(chance.gauss(60, 20), chance.uniform(7, 22), 0) for _ in range(honest)]
    rows += [(chance.gauss(190, 40), chance.uniform(0, 6), 1) for _ in range(max(honest // 50, 3))]
    FILES.mkdir(exist_ok=True)
    path = FILES / f"{source}.json"
    path.write_text(json.dumps(rows))
    print(f"{len(rows)} transactions from {source}")
    output("path", str(path))


def preprocess():
    rows = []
    for source in json.loads(os.environ["SOURCES"]):
        rows += json.loads(pathlib.Path(source["outputs"]["path"]).read_text())
    path = FILES / "dataset.json"
    path.write_text(json.dumps(rows))
    print(f"{len(rows)} transactions, {sum(row[2] for row in rows)} of them fraud")
    output("path", str(path))
    output("rows", len(rows))


def train(feature, quantile):
    rows = json.loads(pathlib.Path(os.environ["DATASET"]).read_text())
    place = ["amount", "hour"].index(feature)
    values = sorted(row[place] for row in rows)
    limit = values[int(float(quantile) * len(values))]
    alarms = [row for row in rows if row[place] > limit]
    precision = sum(row[2] for row in alarms) / max(len(alarms), 1)
    print(f"{feature} above {limit:.1f}: precision {precision:.3f}")
    output("model", {"feature": feature, "limit": limit, "precision": precision})


def select():
    models = [json.loads(row["outputs"]["model"]) for row in json.loads(os.environ["CANDIDATES"])]
    best = max(models, key=lambda model: model["precision"])
    output("choice", best)
    output("approved", "yes" if best["precision"] >= float(os.environ["MIN_PRECISION"]) else "no")


def deploy():
    (FILES / "latest.json").write_text(os.environ["CHOICE"])
    subprocess.run(["apolo-flow", "run", "serve", "--detach"], check=True)
    output("path", str(FILES / "latest.json"))


globals()[sys.argv[1]](*sys.argv[2:])
`;

const servePython = `"""Answers whether a transaction looks like fraud."""
import http.server, json, os, pathlib

MODEL = json.loads(pathlib.Path(".data/latest.json").read_text()) if pathlib.Path(".data/latest.json").exists() else None


class Score(http.server.BaseHTTPRequestHandler):
    def answer(self, said):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def do_GET(self):
        self.answer({"says": os.environ["GREETING"], "model": MODEL})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.answer({"fraud": asked[MODEL["feature"]] > MODEL["limit"]})


print("serving", os.environ["PORT"])
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Score).serve_forever()
`;

/** Writes the workspace below a folder. */
export function writeWorkspace(root, port) {
  const workspace = path.join(root, 'workspace');
  const marks = Object.fromEntries(['gate', 'anyway', 'let-go', 'flaky'].map((name) => [name, path.join(root, name)]));
  fs.mkdirSync(path.join(workspace, '.apolo'), { recursive: true });
  const flows = {
    train: train(marks.gate), slow: slow(marks.anyway), posted, flaky: flaky(marks.flaky), steady, nested, broken, hostile, fraud, live: live(port),
  };
  for (const [name, text] of Object.entries(flows)) fs.writeFileSync(path.join(workspace, '.apolo', `${name}.yml`), text);
  fs.mkdirSync(path.join(workspace, 'actions'), { recursive: true });
  fs.writeFileSync(path.join(workspace, 'actions', 'lock.yml'), lock(marks['let-go']));
  fs.writeFileSync(path.join(workspace, 'actions', 'model.yml'), model);
  fs.writeFileSync(path.join(workspace, 'fraud.py'), fraudPython);
  fs.writeFileSync(path.join(workspace, 'serve.py'), servePython);
  return { workspace, marks };
}
