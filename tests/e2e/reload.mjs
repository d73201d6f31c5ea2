// SPDX-License-Identifier: Apache-2.0
// reload.mjs - what a reload takes up, key by key, seen from outside; and what it says of keys that it cannot follow.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { bearer, file, hello, mockConfig, plugins, raw, start } from "./kit.mjs";

const folder = path.dirname(file(""));
const log = path.join(folder, "calls.jsonl");
let vendor, target;
before(async () => {
  vendor = http.createServer((req, res) => {
    req.resume();
    req.on("end", () => res.end(JSON.stringify({ path: req.url, fields: req.headers })));
  });
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
  target = `http://127.0.0.1:${vendor.address().port}`;
});
after(() => vendor.close());

const general = (members) => mockConfig({ general_settings: members });
const litellm = (members) => mockConfig({ litellm_settings: members });
const router = (members) => mockConfig({ router_settings: members });
const model = (params, info) =>
  ({ model_list: [{ model_name: "echo", litellm_params: { model: "mock/echo", ...params }, model_info: info }] });
const status = async (g, name = "echo", more = {}, headers = {}) => (await g.chat(hello(name, more), headers)).status;
const big = { messages: [{ role: "user", content: "x".repeat(1500000) }] };
const passed = async (g) => (await g.ask("GET", "/mine")).json;
// A request whose body does not come: what is said about that.
const late = (g) => raw(g.port, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
  "Content-Length: 100\r\n\r\n{").then((text) => /^HTTP\/1.1 408/.test(text));
const logged = async (g) => {
  await g.chat(hello("echo"));
  await new Promise((r) => setTimeout(r, 300));
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0;
};
const cached = async (g) => {
  await g.chat(hello("echo"));
  return "x-litellm-cache-key" in (await g.chat(hello("echo"))).headers;
};

// key, the configuration before and behind, what is looked at, and what is seen before and behind.
const rows = () => [
  ["model_list[].model_name", mockConfig(), { model_list: [{ model_name: "new", litellm_params: { model: "mock/echo" } }] },
    (g) => status(g, "new"), 404, 200],
  ["litellm_params.mock_response", model({ mock_response: "old" }), model({ mock_response: "new" }),
    async (g) => (await g.chat(hello("echo"))).json.choices[0].message.content, "old", "new"],
  ["model_info.id", model({}, { id: "one" }), model({}, { id: "two" }),
    async (g) => (await g.chat(hello("echo"))).headers["x-litellm-model-id"], "one", "two"],
  ["router_settings.enable_tag_filtering", model({ tags: ["a"] }),
    { ...model({ tags: ["a"] }), router_settings: { enable_tag_filtering: true } },
    (g) => status(g, "echo", { metadata: { tags: ["b"] } }), 200, 401],
  ["environment_variables", { ...model({ mock_response: "os.environ/WORD" }), environment_variables: { WORD: "old" } },
    { ...model({ mock_response: "os.environ/WORD" }), environment_variables: { WORD: "new" } },
    async (g) => (await g.chat(hello("echo"))).json.choices[0].message.content, "old", "new"],
  ["router_settings.model_group_alias", mockConfig(), router({ model_group_alias: { other: "echo" } }),
    (g) => status(g, "other"), 404, 200],
  ["router_settings.timeout", mockConfig(), router({ timeout: 0.05, num_retries: 0 }), (g) => status(g, "slow"), 200, 504],
  ["router_settings.fallbacks", { model_list: [...mockConfig().model_list,
    { model_name: "broken", litellm_params: { model: "mock/error-500" } }], router_settings: { num_retries: 0 } },
    { model_list: [...mockConfig().model_list, { model_name: "broken", litellm_params: { model: "mock/error-500" } }],
      router_settings: { num_retries: 0, fallbacks: [{ broken: ["echo"] }] } },
    (g) => status(g, "broken"), 502, 200],
  ["router_settings.default_litellm_params", mockConfig(), router({ default_litellm_params: { mock_response: "all" } }),
    async (g) => (await g.chat(hello("echo"))).json.choices[0].message.content, "hello", "all"],
  ["litellm_settings.request_timeout", mockConfig(), litellm({ request_timeout: 0.05, num_retries: 0 }),
    (g) => status(g, "slow"), 200, 504],
  ["litellm_settings.cache", mockConfig(), litellm({ cache: true, cache_params: { type: "local" } }), cached, false, true],
  ["litellm_settings.callbacks", mockConfig(), mockConfig({ litellm_settings: { callbacks: ["jsonl"] },
    callback_settings: { jsonl: { path: log } } }), async (g) => (await logged(g)) > 0, false, true],
  ["general_settings.master_key", mockConfig(), general({ master_key: "sk-new" }), (g) => status(g), 200, 401],
  ["general_settings.max_request_size_mb, more", general({ max_request_size_mb: 1 }), general({ max_request_size_mb: 2 }),
    (g) => status(g, "echo", big), 413, 200],
  ["general_settings.max_request_size_mb, less", general({ max_request_size_mb: 2 }), general({ max_request_size_mb: 1 }),
    (g) => status(g, "echo", big), 200, 413],
  ["general_settings.max_in_flight_mb", mockConfig(), general({ max_in_flight_mb: 1 }),
    (g) => status(g, "echo", big), 200, 503],
  ["general_settings.body_timeout", general({ body_timeout: 3 }), general({ body_timeout: 0.1 }),
    (g) => Promise.race([late(g), new Promise((r) => setTimeout(r, 2000, false))]), false, true],
  ["general_settings.global_max_parallel_requests", mockConfig(),
    mockConfig({ general_settings: { global_max_parallel_requests: 0 }, router_settings: { queue_timeout: 0.05 } }),
    (g) => status(g), 200, 503],
  ["general_settings.max_background_responses", mockConfig(), general({ max_background_responses: 0 }),
    async (g) => (await g.ask("POST", "/v1/responses", { body: { model: "echo", input: "x", background: true } })).status < 400,
    true, false],
  ["general_settings.pass_through_endpoints", mockConfig(),
    general({ pass_through_endpoints: [{ path: "/mine", target: `${target}/there`, headers: { "x-mine": "1" } }] }),
    async (g) => (await passed(g)).path, undefined, "/there"],
  ["general_settings.master_key, another", mockConfig({ general_settings: { master_key: "sk-1" } }),
    mockConfig({ general_settings: { master_key: "sk-2" } }),
    async (g) => (await g.ask("GET", "/models", { headers: bearer("sk-2") })).status, 401, 200],
  ["general_settings.health_check_details", mockConfig(), general({ health_check_details: false }),
    async (g) => Object.keys((await g.ask("GET", "/health")).json.healthy_endpoints[0]).length > 2, true, false],
  ["plugins.load", mockConfig({ plugins: { load: "referenced" } }), mockConfig({ plugins: { load: "all" } }),
    (g) => status(g), 200, 200],
];

for (const [i, [key]] of rows().entries())
  test(`a reload takes up ${key}`, async () => {
    const [, old, next, look, seen, then] = rows()[i];
    const g = await start({ config: old, args: ["--num_workers", "2"] });
    assert.deepEqual(await look(g), seen);
    writeFileSync(g.config, JSON.stringify(next));
    g.child.kill("SIGHUP");
    await g.log(/reloaded|refused/);
    assert.match(g.err, /reloaded/);
    assert.doesNotMatch(g.err, /waits for a restart: [^t]/);
    // Workers are told, not waited for.
    let last = await look(g);
    for (let i = 0; i < 20 && last !== then; i++) last = await look(g);
    assert.deepEqual(last, then);
    await g.end();
  });

test("a reload names what it cannot follow, and why", async () => {
  const store = (members) => mockConfig({ general_settings: { object_store: members }, plugins: { path: [plugins] } });
  const g = await start({ config: store({ max_size_mb: 4 }) });
  writeFileSync(g.config, JSON.stringify({ ...store({ type: "sqlite", path: path.join(folder, "o.db"), ttl: 5 }),
    plugins: { path: [plugins, folder] } }));
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  for (const key of ["general_settings.object_store.type", "general_settings.object_store.path",
    "general_settings.object_store.max_size_mb", "plugins.path"])
    assert.ok(g.err.includes(`${key} has changed, which waits for a restart: `), `${key}: ${g.err}`);
  assert.doesNotMatch(g.err, /ttl has changed/);
  assert.equal(existsSync(path.join(folder, "o.db")), false);
  // Back to what it was opened with: nothing waits any more.
  g.err = "";
  writeFileSync(g.config, JSON.stringify(store({ max_size_mb: 4 })));
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  assert.doesNotMatch(g.err, /waits for a restart/);
  await g.end();
});

test("a master key that comes while only this machine is served says that the address stays", async () => {
  const g = await start({ config: mockConfig() });
  writeFileSync(g.config, JSON.stringify(general({ master_key: "sk-late" })));
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  assert.match(g.err, /still listening on 127\.0\.0\.1: that waits for a restart/);
  await g.end();
});
