// SPDX-License-Identifier: Apache-2.0
// commands.mjs - check, plugins, complete: output and exit status.
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { file, mockConfig, plugins, run } from "./kit.mjs";

test("complete prints the text of one answer", () => {
  const r = run(["complete", "-m", "mock", "hello there"]);
  assert.equal(r.status, 0, r.err);
  assert.match(r.out, /hello there\n$/);
});

test("complete streams the same text", () => {
  const r = run(["complete", "-m", "mock", "one two three", "--stream"]);
  assert.equal(r.status, 0, r.err);
  assert.equal(r.out, run(["complete", "-m", "mock", "one two three"]).out);
});

test("complete prints answers as they are with --json", () => {
  const whole = run(["complete", "-m", "mock", "x", "--json"]);
  assert.equal(JSON.parse(whole.out).object, "chat.completion");
  const chunks = run(["complete", "-m", "mock", "x", "--json", "--stream"]).out.trim().split("\n");
  assert.ok(chunks.length > 1);
  assert.ok(chunks.every((c) => JSON.parse(c).object === "chat.completion.chunk"));
});

test("complete reads standard input and takes a system message", () => {
  const r = run(["complete", "-m", "mock", "--system", "be brief", "-"], { input: 'from "input"\n' });
  assert.equal(r.status, 0, r.err);
  assert.match(r.out, /from "input"/);
});

test("complete takes models of a configuration", () => {
  const config = file(mockConfig());
  assert.equal(run(["complete", "-c", config, "-m", "echo", "hi"]).out, "hi\n");
  const none = run(["complete", "-c", config, "-m", "nothing", "hi"]);
  assert.equal(none.status, 1);
  assert.equal(none.out, "");
  assert.match(none.err, /nothing.*\(model_not_found\)/);
});

test("complete says what a provider's failure was", () => {
  const r = run(["complete", "-m", "mock/error-401", "hi"]);
  assert.equal(r.status, 1);
  assert.equal(r.out, "");
  assert.ok(r.err.length > 0);
});

test("complete without model or text explains itself", () => {
  for (const args of [[], ["-m", "mock"], ["hi"], ["-m", "mock", "a", "b"]]) {
    const r = run(["complete", ...args]);
    assert.equal(r.status, 2);
    assert.match(r.err, /usage: sluice complete/);
  }
  assert.match(run(["complete", "--steam", "-m", "mock", "x"]).err, /--stream/);
});

test("check calls a plain configuration exact", () => {
  const r = run(["check", file(mockConfig()), "--strict"]);
  assert.equal(r.status, 0, r.all);
  assert.match(r.out, /^exact .*model_list/m);
  assert.match(r.out, /, 0 approximated, 0 ignored, 0 errors\n$/);
});

test("check names place and nearest name, and fails", () => {
  const r = run(["check", file("model_list:\n  - model_nam: x\n    litellm_params:\n      model: mock/x\n", "bad.yaml")]);
  assert.equal(r.status, 1);
  assert.match(r.out, /^error .*bad\.yaml:2:.*model_name/m);
});

test("check fails on unreadable YAML and on a missing file", () => {
  const yaml = run(["check", file("a: [1, 2\nb: }\n")]);
  assert.equal(yaml.status, 1);
  assert.match(yaml.out, /^error /m);
  assert.equal(run(["check", "/nowhere/at-all.yaml"]).status, 1);
});

test("check refuses keys that stand twice", () => {
  const r = run(["check", file("model_list: []\nmodel_list: []\n")]);
  assert.equal(r.status, 1);
  assert.match(r.out, /^error .*:2:1/m);
});

test("check --strict fails on what is not in force exactly", () => {
  const config = file(mockConfig({ litellm_settings: { max_budget: 5 } }));
  const plain = run(["check", config]);
  assert.equal(plain.status, 0, plain.all);
  assert.match(plain.out, /^(ignored|approximated) .*max_budget/m);
  assert.equal(run(["check", config, "--strict"]).status, 1);
  assert.ok(!/^exact/m.test(run(["check", config, "--quiet"]).out));
});

test("check without a file explains itself", () => {
  assert.equal(run(["check"]).status, 2);
  assert.match(run(["check", "--strct", "x"]).err, /--strict/);
});

test("plugins lists what is found, with kind, ABI, hash and file", () => {
  const r = run(["plugins"]);
  assert.equal(r.status, 0, r.err);
  assert.match(r.out, /^mock +provider +\S+ +1\.\d+ +[0-9a-f]{12} +\/.*mock\.so$/m);
  const rows = run(["plugins", "--json"]).out.trim().split("\n").map((line) => JSON.parse(line));
  assert.ok(rows.some((row) => row.id === "mock" && row.kind === "provider"));
});

test("plugins check describes a good file", () => {
  const r = run(["plugins", "check", path.join(plugins, "mock.so")]);
  assert.equal(r.status, 0, r.err);
  assert.equal(JSON.parse(r.out).id, "mock");
});

test("plugins check says what is wrong with a file", () => {
  const text = file("not a shared object", "text.so");
  const missing = run(["plugins", "check", "/nowhere/x.so"]);
  assert.equal(missing.status, 1);
  assert.match(missing.err, /x\.so/);
  assert.equal(run(["plugins", "check", text]).status, 1);
});

test("plugins check refuses a file that others may write", () => {
  const folder = path.join(path.dirname(file("")), "open");
  mkdirSync(folder, { recursive: true });
  const copy = path.join(folder, "mock.so");
  copyFileSync(path.join(plugins, "mock.so"), copy);
  chmodSync(copy, 0o666);
  const r = run(["plugins", "check", copy]);
  assert.equal(r.status, 1);
  assert.match(r.err, /writ/);
});

test("check writes no log", () => {
  const log = path.join(mkdtempSync(path.join(os.tmpdir(), "sluice-check-")), "calls.jsonl");
  const config = file(mockConfig({
    litellm_settings: { callbacks: ["jsonl"] },
    callback_settings: { jsonl: { path: log } },
  }));
  assert.equal(run(["check", config]).status, 0);
  assert.equal(existsSync(log), false);
});
