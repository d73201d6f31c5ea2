// SPDX-License-Identifier: Apache-2.0
// passthrough.mjs - a vendor's own API behind the gateway: requests and answers as they are, whatever they are, with
// the gateway's keys in front and the vendor's behind.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { completion, data, delta, done, event, message, messageEvents, start, text, until, user, vendor } from "./kit.mjs";

const log = path.join(os.tmpdir(), `sluice-pass-${process.pid}.jsonl`);
let g, v;
before(async () => {
  v = await vendor();
  g = await start({
    env: { OPENAI_API_KEY: "sk-env", OPENAI_BASE_URL: `${v.url}/v1` },
    config: {
      model_list: [
        { model_name: "m", litellm_params: { model: "openai/x", api_key: "sk-own", api_base: `${v.url}/v1` } },
        { model_name: "c", litellm_params: { model: "anthropic/claude-sonnet-4-5", api_key: "sk-ant", api_base: v.url,
          use_in_pass_through: true } },
        { model_name: "a", litellm_params: { model: "azure/x", api_key: "sk-az", api_base: v.url, use_in_pass_through: true } },
      ],
      litellm_settings: { success_callback: ["jsonl"], failure_callback: ["jsonl"] },
      callback_settings: { jsonl: { path: log } },
      general_settings: {
        master_key: "sk-client",
        pass_through_endpoints: [
          { path: "/search", target: `${v.url}/find/it`, headers: { "x-token": "os.environ/OPENAI_API_KEY" }, cost_per_request: 0.25,
            default_query_params: { from: "us & you" }, methods: ["GET", "POST"] },
          { path: "/tree", target: `${v.url}/root`, include_subpath: true, forward_headers: true },
          { path: "/v1/rerank", target: `${v.url}/rank` },
          { path: "/open", target: `${v.url}/open`, auth: false },
        ],
      },
    },
  });
});
after(async () => {
  await g.end();
  v.close();
});

const auth = { authorization: "Bearer sk-client" };
// Whole lines only: the logger may be writing.
const records = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1).map((l) => JSON.parse(l)) : []);

test("the official client of the vendor works through its own API, version in the path or not", async () => {
  v.says(completion({ content: "ok" }));
  for (const base of ["/openai/v1", "/openai"]) {
    const ai = new OpenAI({ baseURL: g.url + base, apiKey: "sk-client", maxRetries: 0 });
    const r = await ai.chat.completions.create({ model: "any-model", messages: user("hi"), unknown: 1e2 });
    assert.equal(r.model, "vendor-model");
    assert.equal(v.last().url, "/v1/chat/completions");
    assert.equal(v.last().headers.authorization, "Bearer sk-env");
    assert.equal(v.last().json.model, "any-model");
  }
});

test("a body goes byte for byte, and so does the answer, whatever it is and says", async () => {
  const body = '{"model" : "x","n":1e2,"api_key":"mine", "a":[ ]}\n';
  v.answer = (res) => {
    res.writeHead(418, { "content-type": "application/tea", "x-vendor": "yes", "set-cookie": "a=b", "retry-after": "7" });
    res.end("no\0t JSON");
  };
  const r = await g.ask("PATCH", "/openai/v1/some/thing?a=1&key=sk-client&b=%20", { body, headers: auth });
  assert.equal(r.status, 418);
  assert.equal(r.text, "no\0t JSON");
  assert.equal(r.headers["content-type"], "application/tea");
  assert.equal(r.headers["x-vendor"], "yes");
  assert.equal(r.headers["retry-after"], "7");
  assert.equal(r.headers["set-cookie"], undefined);
  assert.equal(v.last().method, "PATCH");
  assert.equal(v.last().url, "/v1/some/thing?a=1&b=%20");
  assert.equal(v.last().body, body);
});

test("a request without a body has none", async () => {
  v.answer = (res) => {
    res.writeHead(204);
    res.end();
  };
  assert.equal((await g.ask("DELETE", "/openai/v1/thing", { headers: auth })).status, 204);
  assert.equal(v.last().body, "");
  assert.equal(v.last().headers["content-type"], undefined);
});

test("a stream flows through, event by event, and what was used is recorded", async () => {
  v.streams(messageEvents([text("hel", "lo")]));
  const ant = new Anthropic({ baseURL: `${g.url}/anthropic`, apiKey: "sk-client", maxRetries: 0 });
  const m = await ant.messages.stream({ model: "claude-sonnet-4-5", max_tokens: 9, messages: user("hi") }).finalMessage();
  assert.equal(m.content[0].text, "hello");
  assert.equal(v.last().url, "/v1/messages");
  assert.equal(v.last().headers["x-api-key"], "sk-ant");
  assert.match(v.last().headers["anthropic-version"], /^20/);
  assert.equal(v.last().headers.authorization, undefined);
  const ours = (r) => r.call_type === "passthrough" && r.model === "claude-sonnet-4-5";
  await until(() => records().some(ours));
  const r = records().find(ours);
  assert.deepEqual([r.prompt_tokens, r.completion_tokens], [16, 6]);
  assert.ok(r.response_cost > 0, "priced by the catalogue");
});

test("a slow stream is not held back until its end", async () => {
  let finish;
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(delta({ content: "one" }));
    finish = () => res.end(delta({ content: "two" }) + done);
  };
  const ai = new OpenAI({ baseURL: `${g.url}/openai/v1`, apiKey: "sk-client", maxRetries: 0 });
  const seen = [];
  for await (const c of await ai.chat.completions.create({ model: "x", stream: true, messages: user("hi") })) {
    seen.push(c.choices[0].delta.content);
    if (seen.length === 1) finish();
  }
  assert.deepEqual(seen, ["one", "two"]);
});

test("azure is reached by the address that the client writes", async () => {
  v.says(completion({ content: "ok" }));
  const r = await g.ask("POST", "/azure/openai/deployments/d/chat/completions?api-version=2024-10-21",
    { body: { messages: user("hi") }, headers: auth });
  assert.equal(r.status, 200);
  assert.equal(v.last().url, "/openai/deployments/d/chat/completions?api-version=2024-10-21");
  assert.equal(v.last().headers["api-key"], "sk-az");
});

test("a refusal of our own key is not told in the vendor's words", async () => {
  v.says({ error: { message: "Incorrect API key provided: sk-env", code: "invalid_api_key" } }, 401);
  const r = await g.ask("GET", "/openai/v1/models", { headers: auth });
  assert.ok(r.status >= 400);
  assert.doesNotMatch(r.text, /sk-env/);
});

test("an endpoint of the configuration goes to its target, with its headers and at its price", async () => {
  v.says({ hits: 3 });
  const r = await g.ask("GET", "/search?q=x", { headers: { ...auth, "x-mine": "1", "x-pass-x-mine": "2" } });
  assert.deepEqual(r.json, { hits: 3 });
  assert.equal(v.last().url, "/find/it?q=x&from=us%20%26%20you");
  assert.equal(v.last().headers["x-token"], "sk-env");
  assert.equal(v.last().headers["x-mine"], "2");
  assert.equal(v.last().headers.authorization, undefined);
  await until(() => records().some((r) => /search/.test(r.model_id)));
  assert.equal(records().find((r) => /search/.test(r.model_id)).response_cost, 0.25);
});

test("an endpoint takes its own methods and its own path only", async () => {
  const asked = v.asked.length;
  assert.equal((await g.ask("DELETE", "/search", { headers: auth })).status, 404);
  assert.equal((await g.ask("GET", "/search/deeper", { headers: auth })).status, 404);
  assert.equal((await g.ask("GET", "/searches", { headers: auth })).status, 404);
  assert.equal(v.asked.length, asked);
});

test("what is below an endpoint is reached where it says so, and nothing beside it", async () => {
  v.says({ ok: true });
  const r = await g.ask("PUT", "/tree/a%2Fb/c?d=e", { body: "{}", headers: { ...auth, "x-mine": "1" } });
  assert.equal(r.status, 200);
  assert.equal(v.last().url, "/root/a%2Fb/c?d=e");
  assert.equal(v.last().headers["x-mine"], "1");
  const asked = v.asked.length;
  for (const climb of ["/tree/../secret", "/tree/%2e%2E/secret", "/tree/a/..%5c..", "/tree/.%2e"])
    assert.equal((await g.ask("GET", climb, { headers: auth })).status, 404, climb);
  assert.equal(v.asked.length, asked);
});

test("an endpoint counts before what is served at its path otherwise", async () => {
  v.says({ mine: true });
  const r = await g.ask("POST", "/v1/rerank", { body: { no: "model" }, headers: auth });
  assert.deepEqual(r.json, { mine: true });
  assert.equal(v.last().url, "/rank");
});

test("without a key nothing passes, but where the operator said so", async () => {
  const asked = v.asked.length;
  for (const target of ["/openai/v1/models", "/search", "/tree/x"])
    assert.equal((await g.ask("GET", target)).status, 401, target);
  assert.equal((await g.ask("GET", "/search", { headers: { authorization: "Bearer sk-wrong" } })).status, 401);
  assert.equal(v.asked.length, asked);
  v.says({ ok: true });
  assert.equal((await g.ask("GET", "/open")).status, 200);
});

test("a provider that is not configured, and a path that is nobody's, are not found", async () => {
  for (const target of ["/mistral/v1/models", "/cohere/v1/chat", "/nowhere", "/openai", "/openai/"])
    assert.equal((await g.ask("GET", target, { headers: auth })).status, 404, target);
});
