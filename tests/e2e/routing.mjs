// SPDX-License-Identifier: Apache-2.0
// routing.mjs - who answers, as a client sees it by x-litellm-model-id: tags, order, sessions, aliases, strategies for
// all models and for some, several models at once, shadows.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hello, start } from "./kit.mjs";

const model = (name, id, params = {}, info = {}) => ({
  model_name: name,
  litellm_params: { model: `openai/${id}`, mock_response: `from ${id}`, ...params },
  model_info: { id, ...info },
});
const who = async (g, name, { headers = {}, ...more } = {}) => {
  const r = await g.chat(hello(name, more), headers);
  assert.equal(r.status, 200, r.text);
  return r.headers["x-litellm-model-id"];
};
const times = async (n, ask) => {
  const seen = {};
  for (let i = 0; i < n; i++) {
    const id = await ask(i);
    seen[id] = (seen[id] ?? 0) + 1;
  }
  return seen;
};

test("tags choose, from the header and from the body", async () => {
  const g = await start({ config: {
    model_list: [model("m", "free", { tags: ["free"] }), model("m", "paid", { tags: ["paid"] }),
      model("m", "rest", { tags: ["default"] }), model("strict", "only", { tags: ["paid"] })],
    router_settings: { enable_tag_filtering: true },
  } });
  assert.deepEqual(await times(5, () => who(g, "m", { headers: { "x-litellm-tags": "free, other" } })), { free: 5 });
  assert.deepEqual(await times(5, () => who(g, "m", { metadata: { tags: ["paid"] } })), { paid: 5 });
  assert.deepEqual(await times(5, () => who(g, "m", { tags: ["paid"] })), { paid: 5 });
  assert.deepEqual(await times(5, () => who(g, "m")), { rest: 5 });
  assert.deepEqual(await times(5, () => who(g, "m", { tags: ["nobody"] })), { rest: 5 });
  const r = await g.chat(hello("strict", { tags: ["nobody"] }));
  assert.equal(r.status, 401, r.text);
  assert.match(r.json.error.message, /^Not allowed to access model due to tags configuration. Passed model=strict/);
  await g.end();
});

test("the lowest order answers, the next one when that fails", async () => {
  const g = await start({ config: {
    model_list: [model("m", "second", { order: 2 }), model("m", "first", { order: 1 }),
      { model_name: "f", litellm_params: { model: "mock/error-500", order: 1 }, model_info: { id: "broken" } },
      model("f", "spare", { order: 2 })],
  } });
  assert.deepEqual(await times(8, () => who(g, "m")), { first: 8 });
  assert.equal(await who(g, "f"), "spare");
  await g.end();
});

test("a session keeps its deployment, sessions spread", async () => {
  const g = await start({ config: { model_list: [1, 2, 3, 4].map((i) => model("m", `d${i}`)) } });
  const spread = {};
  for (let s = 0; s < 24; s++) {
    const headers = { [s % 2 ? "x-litellm-session-id" : "x-session-affinity"]: `session ${s}` };
    const seen = await times(4, () => who(g, "m", { headers }));
    assert.equal(Object.keys(seen).length, 1, JSON.stringify(seen));
    spread[Object.keys(seen)[0]] = 1;
    const key = await times(4, () => who(g, "m", { prompt_cache_key: `session ${s}` }));
    assert.deepEqual(key, seen, "one name of a session is as good as another");
  }
  assert.ok(Object.keys(spread).length >= 3, JSON.stringify(spread));
  assert.ok(Object.keys(await times(24, () => who(g, "m"))).length >= 3);
  await g.end();
});

test("a long prompt stays where it is cached, where that is configured", async () => {
  const g = await start({ config: {
    model_list: [1, 2, 3, 4].map((i) => model("m", `d${i}`)),
    router_settings: { optional_pre_call_checks: ["prompt_caching"] },
  } });
  const spread = {};
  for (let s = 0; s < 12; s++) {
    const system = { role: "system", content: `Prompt ${s}. `.repeat(500) };
    const seen = await times(4, (i) => who(g, "m", { messages: [system, { role: "user", content: `turn ${i}` }] }));
    assert.equal(Object.keys(seen).length, 1, JSON.stringify(seen));
    spread[Object.keys(seen)[0]] = 1;
  }
  assert.ok(Object.keys(spread).length >= 2, JSON.stringify(spread));
  assert.ok(Object.keys(await times(16, () => who(g, "m"))).length >= 2, "short ones are spread");
  await g.end();
});

test("each strategy answers", async () => {
  for (const routing_strategy of ["simple-shuffle", "least-busy", "usage-based-routing", "usage-based-routing-v2",
    "latency-based-routing", "cost-based-routing", "p2c-ewma", "conditional"]) {
    const g = await start({ config: {
      model_list: [model("m", "a", { input_cost_per_token: "0.000001", output_cost_per_token: "0.000001" }),
        model("m", "b", { input_cost_per_token: "0.000002", output_cost_per_token: "0.000002" })],
      router_settings: { routing_strategy },
    } });
    const seen = await times(12, (i) => who(g, "m", { stream: i % 2 > 0 }));
    assert.equal((seen.a ?? 0) + (seen.b ?? 0), 12, routing_strategy);
    if (routing_strategy === "cost-based-routing") assert.equal(seen.a, 12);
    await g.end();
  }
});

test("some models have rules of their own, which see headers and lead to other models", async () => {
  const g = await start({ config: {
    model_list: [model("chat", "large"), model("small", "small"), model("plain", "plain")],
    router_settings: { routing_groups: [{ group_name: "by-rule", models: ["chat"], routing_strategy: "conditional",
      routing_strategy_args: { rules: [
        { when: { headers: { "x-tier": "gold" } }, use: { deployments: "large" } },
        { when: { max_input_tokens: 200 }, use: { model: "small" } },
      ] } }] },
  } });
  assert.equal(await who(g, "chat"), "small");
  assert.equal(await who(g, "chat", { headers: { "X-Tier": "gold" } }), "large");
  assert.equal(await who(g, "chat", { messages: [{ role: "user", content: "word ".repeat(2000) }] }), "large");
  assert.equal(await who(g, "plain"), "plain");
  await g.end();
});

test("aliases answer, and are listed unless they are hidden", async () => {
  const g = await start({ config: {
    model_list: [model("m", "a")],
    router_settings: { model_group_alias: { shown: "m", secret: { model: "m", hidden: true } } },
  } });
  assert.equal(await who(g, "shown"), "a");
  assert.equal(await who(g, "secret"), "a");
  const ids = (await g.ask("GET", "/v1/models")).json.data.map((row) => row.id);
  assert.deepEqual(ids, ["m", "shown"]);
  await g.end();
});

test("several models at once answer with an array, or the fastest one alone", async () => {
  const g = await start({ config: { model_list: [model("a", "da"), model("b", "db", { mock_delay: 20 })] } });
  const one = await g.chat(hello("b,a", { fastest_response: true }));
  assert.equal(one.json.choices[0].message.content, "from da");
  const both = await g.chat(hello("a,nothing"));
  assert.equal(both.status, 200);
  assert.equal(both.json[0].choices[0].message.content, "from da");
  assert.equal(both.json[1].error.code, "model_not_found");
  await g.end();
});

test("a shadow is recorded and nothing else; an arm of a trial is named", async () => {
  const path = join(tmpdir(), `sluice-routing-${process.pid}.jsonl`);
  const g = await start({ config: {
    model_list: [model("m", "main", { silent_model: "trial" }, { variant: "control" }), model("trial", "new")],
    litellm_settings: { callbacks: ["jsonl"] },
    callback_settings: { jsonl: { path } },
  } });
  assert.equal((await g.chat(hello("m"))).json.choices[0].message.content, "from main");
  await g.end();
  const lines = readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  rmSync(path);
  assert.equal(lines.length, 2);
  const shadow = lines.find((line) => line.purpose === "shadow");
  const call = lines.find((line) => !line.purpose);
  assert.equal(shadow.model_id, "new");
  assert.equal(shadow.parent_uid, call.uid);
  assert.equal(call.model_id, "main");
  assert.equal(call.variant, "control");
});
