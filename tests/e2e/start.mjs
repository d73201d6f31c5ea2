// SPDX-License-Identifier: Apache-2.0
// start.mjs - what somebody sees in the first minute.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { environment, file, hello, mockConfig, run, start, until } from "./kit.mjs";

test("without a configuration the mock is served, on this machine only", async () => {
  const g = await start();
  assert.match(g.out, /^ {4}mock$/m);
  assert.match(g.url, /^http:\/\/127\.0\.0\.1:/);
  assert.equal((await g.ask("GET", "/health/readiness")).status, 200);
  assert.equal((await g.end()).status, 0);
});

test("the printed curl line answers", async () => {
  const g = await start();
  const out = execFileSync("sh", ["-c", `${g.curl} -s`], { env: environment(), encoding: "utf8" });
  const answer = JSON.parse(out);
  assert.equal(answer.object, "chat.completion");
  assert.equal(answer.choices[0].message.role, "assistant");
  assert.ok(answer.choices[0].message.content.length > 0);
  await g.end();
});

test("a key in the environment adds its provider's wildcard", async () => {
  const g = await start({ env: { OPENAI_API_KEY: "sk-not-a-real-one", ANTHROPIC_API_KEY: "sk-ant-neither" } });
  assert.match(g.out, /^ {4}openai\/\*$/m);
  assert.match(g.out, /^ {4}anthropic\/\*$/m);
  await g.end();
});

test("--model serves one model without a file", async () => {
  const g = await start({ args: ["--model", "mock/echo", "--alias", "mine"] });
  assert.match(g.out, /serves 1 model:\n {4}mine\n/);
  const r = await g.chat(hello("mine"));
  assert.equal(r.status, 200);
  assert.equal(r.json.model, "mine");
  await g.end();
});

test("the names of a configuration are printed, each once", async () => {
  const config = mockConfig();
  config.model_list.push({ model_name: "echo", litellm_params: { model: "mock/other" } });
  const g = await start({ config });
  assert.match(g.out, /serves 4 models:/);
  assert.equal(g.out.match(/^ {4}echo$/gm).length, 1);
  await g.end();
});

test("chat, completions and embeddings answer with and without /v1", async () => {
  const g = await start({ config: mockConfig() });
  for (const prefix of ["/v1", ""]) {
    const chat = await g.ask("POST", `${prefix}/chat/completions`, { body: hello("echo") });
    assert.equal(chat.status, 200);
    assert.equal(chat.json.object, "chat.completion");
    const text = await g.ask("POST", `${prefix}/completions`, { body: { model: "echo", prompt: "hello" } });
    assert.equal(text.status, 200);
    assert.equal(text.json.object, "text_completion");
    const vectors = await g.ask("POST", `${prefix}/embeddings`, { body: { model: "echo", input: "hello" } });
    assert.equal(vectors.status, 200);
    assert.equal(vectors.json.data[0].object, "embedding");
  }
  await g.end();
});

test("a model in the path goes before the one in the body", async () => {
  const g = await start({ config: mockConfig() });
  for (const target of [
    "/openai/deployments/echo/chat/completions?api-version=2024-07-01-preview",
    "/engines/echo/chat/completions",
  ]) {
    const r = await g.ask("POST", target, { body: hello("ignored") });
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.choices[0].message.content, "hello");
  }
  await g.end();
});

test("models are listed in OpenAI's shape, and found by name", async () => {
  const g = await start({ config: mockConfig() });
  for (const prefix of ["/v1", ""]) {
    const list = await g.ask("GET", `${prefix}/models`);
    assert.equal(list.status, 200);
    assert.equal(list.json.object, "list");
    assert.deepEqual(list.json.data.map((m) => m.id).sort(), ["echo", "long", "slow", "slow-stream"]);
    assert.ok(list.json.data.every((m) => m.object === "model" && Number.isInteger(m.created)));
    const one = await g.ask("GET", `${prefix}/models/ech%6f`);
    assert.equal(one.status, 200);
    assert.equal(one.json.id, "echo");
  }
  const none = await g.ask("GET", "/v1/models/nothing");
  assert.equal(none.status, 404);
  assert.equal(none.json.error.code, "model_not_found");
  await g.end();
});

test("health answers as LiteLLM's does", async () => {
  const g = await start({ config: mockConfig() });
  for (const target of ["/health/liveliness", "/health/liveness"]) {
    const r = await g.ask("GET", target);
    assert.equal(r.status, 200);
    assert.equal(r.json, "I'm alive!");
  }
  const ready = await g.ask("GET", "/health/readiness");
  assert.equal(ready.json.status, "healthy");
  const health = await g.ask("GET", "/health");
  assert.equal(health.json.healthy_count, 4);
  assert.equal(health.json.unhealthy_count, 0);
  const asked = run(["--health", "--port", String(g.port)]);
  assert.equal(asked.status, 0);
  assert.equal(JSON.parse(asked.out).healthy_count, 4);
  const tested = run(["--test", "--port", String(g.port), "--model", "echo"]);
  assert.equal(tested.status, 0);
  assert.equal(JSON.parse(tested.out).object, "chat.completion");
  await g.end();
});

test("figures come in Prometheus' text format", async () => {
  const g = await start({ config: mockConfig() });
  await g.chat(hello("echo"));
  // A call ends behind its answer, on another worker perhaps.
  let r;
  await until(async () => (r = await g.ask("GET", "/metrics")).text.includes("sluice_calls_total 1\n"), () => r.text);
  assert.equal(r.status, 200);
  assert.match(r.headers["content-type"], /^text\/plain; version=0\.0\.4/);
  for (const line of r.text.trim().split("\n"))
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? -?[0-9.e+]+)$/);
  assert.match(r.text, /^sluice_calls_total 1$/m);
  await g.end();
});

test("HEAD has the fields of GET and no body", async () => {
  const g = await start();
  const r = await g.ask("HEAD", "/health/liveliness");
  assert.equal(r.status, 200);
  assert.equal(r.text, "");
  await g.end();
});

test("several workers share one port", async () => {
  const g = await start({ config: mockConfig(), args: ["--num_workers", "3"] });
  const answers = await Promise.all(Array.from({ length: 30 }, () => g.chat(hello("echo"))));
  assert.ok(answers.every((r) => r.status === 200));
  await g.end();
});

test("with a certificate it serves HTTPS, and only that", async () => {
  const cert = file("", "cert.pem"), key = file("", "key.pem");
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2", "-keyout", key,
    "-out", cert], { stdio: "ignore" });
  const g = await start({ config: mockConfig(), args: ["--ssl_certfile_path", cert, "--ssl_keyfile_path", key] });
  assert.match(g.url, /^https:/);
  const answer = JSON.parse(execFileSync("sh", ["-c", `${g.curl} -s`], { env: environment(), encoding: "utf8" }));
  assert.equal(answer.object, "chat.completion");
  const health = run(["--health", "--port", String(g.port), "--ssl_certfile_path", cert, "--ssl_keyfile_path", key]);
  assert.equal(health.status, 0, health.all);
  await assert.rejects(g.ask("GET", "/health/liveliness"));
  await g.end();
  const half = run(["--ssl_certfile_path", cert, "--port", "0"]);
  assert.equal(half.status, 1);
  assert.match(half.err, /go together/);
});

test("a port that is taken is said", async () => {
  const g = await start();
  const net = await import("node:net");
  const taken = net.createServer().listen(0, "127.0.0.1");
  await new Promise((r) => taken.on("listening", r));
  const r = run(["--port", String(taken.address().port)]);
  taken.close();
  assert.equal(r.status, 1);
  assert.match(r.err, /cannot listen on 127\.0\.0\.1 port/);
  // Not even by another gateway of the same user: they would share its clients.
  const other = run(["--port", String(g.port)]);
  assert.equal(other.status, 1);
  assert.match(other.err, /Address already in use/);
  await g.end();
});

test("a model without a key is named at the start and by check", async () => {
  const config = { model_list: [
    { model_name: "keyless", litellm_params: { model: "openai/gpt-4o" } },
    { model_name: "mine", litellm_params: { model: "openai/x", api_base: "http://127.0.0.1:9/v1" } },
    { model_name: "keyed", litellm_params: { model: "openai/gpt-4o", api_key: "sk-x" } }] };
  const g = await start({ config });
  assert.match(g.err, /WARN +model keyless has no key, its calls will be refused: set api_key, or the variable OPENAI_API_KEY/);
  assert.doesNotMatch(g.err, /model (mine|keyed) has no key/);
  await g.end();
  assert.match(run(["check", file(config)]).err, /keyless has no key/);
  assert.doesNotMatch(run(["check", file(config)], { env: { OPENAI_API_KEY: "sk-y" } }).err, /has no key/);
});

test("a configuration with an error is refused with its place", () => {
  const r = run(["--config", file("model_list:\n  - model_nam: x\n"), "--port", "0"]);
  assert.equal(r.status, 1);
  assert.match(r.err, /:2:/);
  const none = run(["--config", "/nowhere/at-all.yaml", "--port", "0"]);
  assert.equal(none.status, 1);
  assert.match(none.err, /at-all\.yaml/);
});

test("wrong flags end with 2 and a suggestion", () => {
  const flag = run(["--prot", "1"]);
  assert.equal(flag.status, 2);
  assert.match(flag.err, /--port/);
  const command = run(["complet"]);
  assert.equal(command.status, 2);
  assert.match(command.err, /complete/);
});

test("version and help", () => {
  assert.match(run(["--version"]).out, /^sluice \d+\.\d+\.\d+\n$/);
  assert.match(run(["--help"]).out, /--num_workers/);
});
