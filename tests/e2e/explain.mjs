// SPDX-License-Identifier: Apache-2.0
// explain.mjs - where a call would go: from the shell without a server, and from a server that asks nobody; and
// what /health knows of deployments.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bearer, file, hello, run, start, until } from "./kit.mjs";

const config = (more = {}) => ({
  model_list: [
    { model_name: "chat", litellm_params: { model: "mock/echo", api_key: "sk-secret-1" }, model_info: { id: "east" } },
    { model_name: "chat", litellm_params: { model: "mock/error-500" },
      model_info: { id: "west", max_input_tokens: 1 } },
    { model_name: "big", litellm_params: { model: "mock/long" }, model_info: { id: "big-1" } },
    { model_name: "vectors", litellm_params: { model: "mock/vectors" }, model_info: { id: "v", mode: "embedding" } },
  ],
  router_settings: { enable_pre_call_checks: true, fallbacks: [{ chat: ["big"] }] },
  ...more,
});

test("explain tells pick, reasons and fallbacks without a server", () => {
  const r = run(["explain", "-c", file(config()), file(JSON.stringify(hello("chat")), "body.json")]);
  assert.equal(r.status, 0, r.all);
  assert.match(r.out, /^chat -> east by simple_shuffle$/m);
  assert.match(r.out, /^ {2}\* east +mock\/echo +fits$/m);
  assert.match(r.out, /^ {4}west .*context_window: /m);
  assert.match(r.out, /^fails: big -> big-1 /m);
  assert.match(r.out, /^limits .* 2 retries, 5 fallbacks$/m);
  assert.ok(!r.all.includes("sk-secret"));
});

test("explain --json prints one object, from standard input too", () => {
  const r = run(["explain", "--json", "-c", file(config()), "-"], { input: JSON.stringify(hello("big")) });
  assert.equal(r.status, 0, r.all);
  const e = JSON.parse(r.out);
  assert.equal(e.pick, "big-1");
  assert.equal(e.candidates.length, 1);
  assert.ok(e.tokens.input > 3);
});

test("explain takes other operations", () => {
  const r = run(["explain", "--json", "--operation", "embeddings", "-c", file(config()), "-"],
    { input: JSON.stringify({ model: "vectors", input: "hello" }) });
  assert.equal(r.status, 0, r.all);
  assert.equal(JSON.parse(r.out).operation, "embeddings");
});

test("explain --upstream shows what the vendor would be sent, without the key", () => {
  const c = file({ model_list: [{ model_name: "o", litellm_params: { model: "openai/gpt-x", api_key: "sk-secret-9" } }] });
  const r = run(["explain", "--upstream", "-c", c, "-"], { input: JSON.stringify(hello("o")) });
  assert.equal(r.status, 0, r.all);
  assert.match(r.out, /^sends +POST https:\/\/api\.openai\.com\/v1\/chat\/completions$/m);
  assert.match(r.out, /"model":"gpt-x"/);
  assert.ok(!r.all.includes("sk-secret"));
});

test("explain fails where the call would, and says why", () => {
  const c = file(config());
  const unknown = run(["explain", "-c", c, "-"], { input: JSON.stringify(hello("nothing")) });
  assert.equal(unknown.status, 1);
  assert.match(unknown.err, /nothing.*does not exist/);
  assert.equal(run(["explain", "-c", c, "/nowhere.json"]).status, 1);
  assert.equal(run(["explain", "-c", "/nowhere.yaml", "-"], { input: "{}" }).status, 1);
  const noone = run(["explain", "-c", file(config({ model_list: [config().model_list[1]] })), "-"],
    { input: JSON.stringify(hello("chat")) });
  assert.equal(noone.status, 1);
  assert.match(noone.out, /chat -> nobody: The prompt has about/);
});

test("explain without a request explains itself", () => {
  assert.equal(run(["explain"]).status, 2);
  assert.match(run(["explain", "--jsn", "x"]).err, /--json/);
});

test("POST /utils/explain asks nobody, and wants a key", async () => {
  const g = await start({ config: config({ general_settings: { master_key: "sk-1234" } }) });
  assert.equal((await g.ask("POST", "/utils/explain", { body: hello("chat") })).status, 401);
  const r = await g.ask("POST", "/utils/explain", { body: hello("chat"), headers: bearer("sk-1234") });
  assert.equal(r.status, 200, r.text);
  assert.equal(r.json.pick, "east");
  assert.equal(r.json.fallbacks.any_failure[0].pick, "big-1");
  const v = await g.ask("POST", "/utils/explain?operation=embeddings",
    { body: { model: "vectors", input: "x" }, headers: bearer("sk-1234") });
  assert.equal(v.json.operation, "embeddings");
  const bad = await g.ask("POST", "/utils/explain", { body: "{", headers: bearer("sk-1234") });
  assert.equal(bad.status, 400);
  const health = await g.ask("GET", "/health?model=chat", { headers: bearer("sk-1234") });
  assert.equal(health.json.healthy_count, 2);
  assert.ok(health.json.healthy_endpoints.every((e) => e.calls === 0));
  await g.end();
});

test("the small questions of /utils are answered", async () => {
  const g = await start({ config: config() });
  const count = await g.ask("POST", "/utils/token_counter", { body: hello("chat") });
  assert.equal(count.status, 200, count.text);
  assert.equal(count.json.model_used, "echo");
  assert.ok(count.json.total_tokens > 5 && count.json.total_tokens < 12);
  const large = await g.ask("POST", "/utils/token_counter", { body: { model: "chat", prompt: "word ".repeat(100000) } });
  assert.ok(Math.abs(large.json.total_tokens - 100000) < 15000);
  const params = await g.ask("GET", "/utils/supported_openai_params?model=chat");
  assert.ok(params.json.supported_openai_params.includes("temperature"));
  const sent = await g.ask("POST", "/utils/transform_request",
    { body: { call_type: "acompletion", request_body: hello("chat") } });
  assert.equal(sent.status, 200, sent.text);
  assert.equal(sent.json.error, null);
  assert.equal((await g.ask("POST", "/utils/transform_request", { body: { call_type: "x" } })).status, 400);
  assert.equal((await g.ask("POST", "/utils/token_counter", { body: "{" })).status, 400);
  await g.end();
});

test("background checks find out who answers", async () => {
  const g = await start({ config: config({
    general_settings: { master_key: "sk-1234", background_health_checks: true, health_check_interval: 1 } }) });
  const health = async (query) => (await g.ask("GET", `/health${query}`, { headers: bearer("sk-1234") })).json;
  await until(async () => (await health("?model_id=west")).unhealthy_count === 1);
  await until(async () => (await health("?model=big")).healthy_endpoints[0]?.judged_by === "check");
  const all = await health("");
  assert.ok(all.unhealthy_endpoints.every((e) => e.error && e.model_id === "west"));
  assert.ok(!JSON.stringify(all).includes("sk-secret"));
  await g.end();
});

test("a prompt beyond every window is a 400 that says so", async () => {
  const g = await start({ config: config({ model_list: [config().model_list[1]] }) });
  const r = await g.chat(hello("chat"));
  assert.equal(r.status, 400);
  assert.equal(r.json.error.code, "context_length_exceeded");
  await g.end();
});
