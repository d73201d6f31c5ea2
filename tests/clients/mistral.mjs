// SPDX-License-Identifier: Apache-2.0
// mistral.mjs - what Mistral's client does besides chat (sdks.mjs), and what OpenAI's dialect cannot tell it: through the
// pass-through it has its vendor's own API.
// Needs Node 20
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Mistral } from "@mistralai/mistralai";
import { data, start, user, vendor } from "./kit.mjs";

let g, v;
const client = (serverURL) => new Mistral({ serverURL, apiKey: "sk-master", retryConfig: { strategy: "none" } });
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
before(async () => {
  v = await vendor();
  g = await start({ config: { model_list: [
    { model_name: "large", litellm_params: { model: "mistral/mistral-large-latest", api_base: `${v.url}/v1`, api_key: "sk-vendor",
      use_in_pass_through: true } },
  ], general_settings: { master_key: "sk-master" }, router_settings: { num_retries: 0 } } });
});
after(async () => {
  await g.end();
  v.close();
});

test("vectors are made, and models are listed", async () => {
  v.says({ id: "e", object: "list", model: "mistral-embed", usage, data: [{ object: "embedding", index: 0, embedding: [0.5, 1] }] });
  const r = await client(g.url).embeddings.create({ model: "large", inputs: ["a"] });
  assert.deepEqual(r.data[0].embedding, [0.5, 1]);
  assert.deepEqual(v.last().json.input, ["a"]);
});

test("through the pass-through calls of tools stream as wholes, as its vendor sends them", async () => {
  const chunk = (delta, finish_reason = null) => data({ id: "c", object: "chat.completion.chunk", created: 1,
    model: "mistral-large-latest", choices: [{ index: 0, delta, finish_reason }], ...(finish_reason && { usage }) });
  v.streams([chunk({ role: "assistant", content: "" }), chunk({ content: "", tool_calls: [{ id: "abcdefghi", index: 0,
    function: { name: "get_weather", arguments: '{"city":"Rome"}' } }] }, "tool_calls"), data("[DONE]")]);
  const calls = [];
  for await (const { data: d } of await client(`${g.url}/mistral`).chat.stream({ model: "mistral-large-latest", messages: user("q") }))
    calls.push(...(d.choices[0].delta.toolCalls ?? []));
  assert.deepEqual(calls.map((c) => [c.id, c.function.name, c.function.arguments]), [["abcdefghi", "get_weather", '{"city":"Rome"}']]);
  assert.equal(v.last().url, "/v1/chat/completions");
  assert.equal(v.last().headers.authorization, "Bearer sk-vendor");
});

test("through the pass-through a gap in the middle is filled", async () => {
  v.says({ id: "f", object: "chat.completion", created: 1, model: "codestral-latest", usage,
    choices: [{ index: 0, message: { role: "assistant", content: "b" }, finish_reason: "stop" }] });
  const r = await client(`${g.url}/mistral`).fim.complete({ model: "codestral-latest", prompt: "a", suffix: "c" });
  assert.equal(r.choices[0].message.content, "b");
  assert.equal(v.last().url, "/v1/fim/completions");
});
