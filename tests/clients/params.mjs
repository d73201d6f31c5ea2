// SPDX-License-Identifier: Apache-2.0
// params.mjs - parameters that a vendor lacks: refused by name, left out and said so, or sent all the same; and what
// operator and client add. With the official openai client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { client, completion, message, start, user, vendor } from "./kit.mjs";

let g, v, ai;
before(async () => {
  v = await vendor();
  const to = (model_name, model, more = {}) => ({ model_name, litellm_params: { model, api_base: v.url, api_key: "k", ...more } });
  g = await start({ config: { model_list: [
    to("o3", "openai/o3"),
    to("drops", "openai/o3", { drop_params: true }),
    to("groq", "groq/llama"),
    to("claude", "anthropic/claude-sonnet-4-5"),
    to("paths", "openai/x", { additional_drop_params: ["tools[*].function.strict", "response_format.json_schema.name", "user"],
      extra_body: { top_k: 4 }, extra_headers: { "x-op": "1" } }),
    to("allows", "groq/llama", { allowed_openai_params: ["logprobs"] }),
  ] } });
  ai = client(g);
});
after(async () => {
  await g.end();
  v.close();
});

const ask = (model, more = {}) => {
  v.says(model === "claude" ? message([{ type: "text", text: "ok" }]) : completion({ content: "ok" }));
  return ai.chat.completions.create({ model, messages: user("hi"), ...more }).withResponse();
};
const dropped = (r) => r.response.headers.get("x-sluice-dropped-params");

test("what the model does not take is refused by its name", async () => {
  await assert.rejects(ask("o3", { temperature: 0.3 }), (e) => e.status === 400 && e.param === "temperature");
  await assert.rejects(ask("groq", { logprobs: true }), (e) => e.status === 400 && e.param === "logprobs");
  await assert.rejects(ask("claude", { n: 2 }), (e) => e.status === 400 && e.param === "n");
});

test("with drop_params of the deployment it is left out, and the answer says what", async () => {
  const r = await ask("drops", { temperature: 0.3, logit_bias: { 5: 1 }, max_tokens: 7 });
  assert.deepEqual(Object.keys(v.last().json).sort(), ["max_completion_tokens", "messages", "model"]);
  assert.equal(dropped(r), "temperature, logit_bias");
});

test("with drop_params of the request as well, and a request may say no", async () => {
  const r = await ask("o3", { temperature: 0.3, drop_params: true });
  assert.equal(v.last().json.temperature, undefined);
  assert.equal(v.last().json.drop_params, undefined);
  assert.equal(dropped(r), "temperature");
  await assert.rejects(ask("drops", { temperature: 0.3, drop_params: false }), (e) => e.param === "temperature");
});

test("hints that are left out in silence are told as well", async () => {
  assert.equal(dropped(await ask("claude", { seed: 1, presence_penalty: 0.5 })), "seed, presence_penalty");
  assert.equal(dropped(await ask("groq", { store: true })), "store");
  assert.equal(dropped(await ask("groq")), null);
});

test("paths of additional_drop_params reach into values, the deployment's and the request's", async () => {
  const tools = [{ type: "function", function: { name: "f", strict: true, parameters: {} } }];
  const r = await ask("paths", { tools, user: "u", seed: 3, additional_drop_params: ["seed", "tools[0].function.parameters"] });
  assert.deepEqual(v.last().json.tools, [{ type: "function", function: { name: "f" } }]);
  assert.equal(v.last().json.user, undefined);
  assert.equal(v.last().json.seed, undefined);
  assert.equal(dropped(r).split(", ").sort().join(), "seed,tools[*].function.strict,tools[0].function.parameters,user");
});

test("what is allowed is sent, by deployment or request", async () => {
  await ask("allows", { logprobs: true });
  assert.equal(v.last().json.logprobs, true);
  await ask("groq", { logprobs: true, allowed_openai_params: ["logprobs"] });
  assert.equal(v.last().json.logprobs, true);
  assert.equal(v.last().json.allowed_openai_params, undefined);
});

test("members and headers are added by operator and client, the operator's first", async () => {
  await ask("paths", { extra_body: { top_k: 9, min_p: 0.1, model: "other" }, extra_headers: { "x-op": "2", "x-mine": "3" } });
  assert.equal(v.last().json.top_k, 4);
  assert.equal(v.last().json.min_p, 0.1);
  assert.equal(v.last().json.model, "x");
  assert.equal(v.last().json.extra_body, undefined);
  assert.equal(v.last().headers["x-op"], "1");
  assert.equal(v.last().headers["x-mine"], "3");
});

test("a client's headers are no way to another credential or connection", async () => {
  for (const name of ["Authorization", "api-key", "host", "transfer-encoding", "a b"])
    await assert.rejects(ask("o3", { extra_headers: { [name]: "x" } }), (e) => e.status === 400 && e.param === "extra_headers");
  await assert.rejects(ask("o3", { extra_headers: { "x-a": "b\r\nc: d" } }), (e) => e.status === 400);
});

test("words to the gateway do not reach the vendor", async () => {
  v.says(completion({ content: "ok" }));
  await ai.chat.completions.create({ model: "o3", messages: user("hi") }, { headers: { "x-litellm-tags": "a", "x-litellm-model": "b" } });
  assert.deepEqual(Object.keys(v.last().headers).filter((h) => h.startsWith("x-litellm")), []);
});
