//! Live flows: checked like batches, and shown as command lines. Source: spec 06, DEC-28.

use crate::kit::Place;

const BATCH: &str = "  - {id: a, image: any, bash: echo x}\n";

const LIVE: &str = "kind: live
title: Work
images: {own: {ref: 'image:own:v1'}}
volumes:
  code: {remote: 'storage:deep/code', mount: /code, local: src}
defaults: {env: {A: '1'}, tags: [mine]}
jobs:
  notebook: {image: '${{ images.own.ref }}', cmd: 'jupyter --ip \"0.0.0.0 x\"', http_port: 8888, life_span: 1d}
  many: {image: i, multi: true, params: {rate: {default: '1'}}, bash: 'echo ${{ params.rate }} ${{ multi.suffix }}'}
  first: {image: i, volumes: ['${{ upload(volumes.code).ref_rw }}']}
";

#[test]
fn jobs_are_shown_as_command_lines() {
    // LIV-22, LIV-27, CTX-78.
    let place = Place::new(BATCH);
    place.write(".apolo/live.yml", LIVE);
    let line = place.run("run notebook --dry-run").expect(0).out;
    for part in ["apolo run --description=live.notebook", "--http-port=8888", "--env=A=1", "--life-span=86400s"] {
        assert!(line.contains(part), "{part} is missing: {line}");
    }
    assert!(line.ends_with("image:own:v1 -- jupyter --ip '0.0.0.0 x'\n"), "{line}");
    let line = place.run("run many --dry-run -s Big -p rate 2").expect(0).out;
    assert!(line.contains("--tag=multi:Big") && line.contains("'echo 2 Big'"), "{line}");
    // LIV-21: what is wrong with a param is said of the job.
    let slip = place.run("run many --dry-run -p rat 2").expect(4).err;
    assert!(slip.contains("the job has no param `rat`") && slip.contains("did you mean `rate`?"), "{slip}");
    let (one, two) = (place.run("run many --dry-run").expect(0).out, place.run("run many --dry-run").expect(0).out);
    assert!(one != two && one.contains("--tag=multi:"), "each has a suffix of its own: {one}{two}");
    let lines = place.run("run first --dry-run").expect(0).out;
    let mut lines = lines.lines();
    // LIV-41: what `upload` would do comes first.
    assert_eq!(lines.next(), Some("apolo mkdir --parents storage:deep"));
    let copy = lines.next().unwrap_or_default();
    assert!(copy.starts_with("apolo cp --recursive --update --no-target-directory /"), "{copy}");
    assert!(copy.ends_with("/src storage:deep/code"), "{copy}");
    assert!(lines.next().is_some_and(|line| line.contains("--volume=storage:deep/code:/code:rw")));
    assert!(!place.path("../data").exists(), "a dry run keeps nothing");
}

#[test]
fn one_bad_job_keeps_no_other_from_being_shown() {
    // DEC-28.
    let place = Place::new(BATCH);
    place.write(".apolo/live.yml", "kind: live\njobs:\n  good: {image: i}\n  bad: {image: i, cmd: '${{ evn.A }}'}\n");
    place.run("run good --dry-run").expect(0);
    let bad = place.run("run bad --dry-run").expect(4).err;
    assert!(bad.contains("F0401") && bad.contains(".apolo/live.yml:4:"), "{bad}");
    assert!(place.run("run godo --dry-run").expect(4).err.contains("did you mean `good`?"));
    let checked = place.run("check").expect(4).err;
    assert!(checked.contains(".apolo/live.yml:4:") && checked.contains("1 error in 1 flow"), "{checked}");
    let checked = place.run("check live b --json").expect(4).json();
    assert_eq!((checked["flows"][0]["ok"].as_bool(), checked["flows"][1]["ok"].as_bool()), (Some(false), Some(true)));
    assert!(!place.path("../data").exists(), "checking keeps nothing");
}

#[test]
fn presets_and_secrets_of_jobs_are_checked() {
    // DEC-28, MCH-1, MCH-3.
    let place = Place::new(BATCH);
    place.write(
        ".apolo/live.yml",
        "kind: live\njobs:\n  a: {image: i, preset: gup}\n  b: {image: i, preset: gpu, env: {TOKEN: 'secret:hub'}}\n",
    );
    place.write(".apolo/engine.toml", "[presets.gpu]\ncpu = 1\n");
    let checked = place.run("check live").expect(4).err;
    for part in ["no preset `gup`", "did you mean `gpu`?", ".apolo/live.yml:3:", "the secret `hub` is not there"] {
        assert!(checked.contains(part), "{part}: {checked}");
    }
    assert!(checked.contains("1 error"), "a secret may still be given: {checked}");
    place.write(".apolo/live.yml", "kind: live\njobs:\n  b: {image: i, preset: gpu, env: {TOKEN: 'secret:hub'}}\n");
    place.run("check live").expect(0);
}

#[test]
fn files_of_neither_kind_are_told() {
    let place = Place::new(BATCH);
    place.write(".apolo/other.yml", "kind: cron\n");
    let checked = place.run("check").expect(4).err;
    assert!(checked.contains("F0004") && checked.contains(".apolo/other.yml:1:"), "{checked}");
    let dry = place.run("run a --dry-run --flow b").expect(4).err;
    assert!(dry.contains("F0004"), "{dry}");
}
