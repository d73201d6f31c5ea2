// SPDX-License-Identifier: Apache-2.0
// shape.mjs - what the gateway sends to Anthropic against what Anthropic's own client sends for the same conversation, and
// the vendor's script of these tests against that client: a script that it does not accept would prove nothing.
import Anthropic from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { client, message, messageEvents, start, text, toolUse, user, vendor, weather } from "./kit.mjs";

let g, v, ai, claude;
before(async () => {
  v = await vendor();
  g = await start({ config: { model_list: [{ model_name: "m", litellm_params: { model: "anthropic/claude-sonnet-4-5",
    api_base: v.url, api_key: "sk-vendor" } }] } });
  ai = client(g);
  claude = new Anthropic({ baseURL: v.url, apiKey: "sk-vendor", maxRetries: 0 });
});
after(async () => {
  await g.end();
  v.close();
});

const key = (headers) => headers["x-api-key"] ?? headers.authorization?.replace(/^Bearer /, "");

// Both ways of saying the same; returns both requests.
async function both(openai, anthropic) {
  v.says(message([{ type: "text", text: "ok" }]));
  await ai.chat.completions.create({ model: "m", ...openai });
  const ours = v.last();
  await claude.messages.create({ model: "claude-sonnet-4-5", ...anthropic });
  return [ours, v.last()];
}

// A string is short for one block of text.
const blocks = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : content);
const plain = (body) => ({ ...body, ...(body.system ? { system: blocks(body.system) } : {}),
  messages: body.messages.map((m) => ({ ...m, content: blocks(m.content) })) });

async function same(openai, anthropic) {
  const [ours, theirs] = await both(openai, anthropic);
  assert.deepEqual(plain(ours.json), plain(theirs.json));
}

test("method, path, and the headers that matter are the same", async () => {
  const [ours, theirs] = await both({ messages: user("hi"), max_tokens: 10 }, { messages: user("hi"), max_tokens: 10 });
  assert.equal(ours.method, theirs.method);
  assert.equal(ours.url, theirs.url);
  assert.equal(ours.headers["content-type"], theirs.headers["content-type"]);
  assert.equal(key(ours.headers), "sk-vendor");
  assert.equal(key(theirs.headers), "sk-vendor");
  assert.match(ours.headers["anthropic-version"], /^\d{4}-\d\d-\d\d$/);
  assert.match(theirs.headers["anthropic-version"], /^\d{4}-\d\d-\d\d$/);
});

test("a conversation with a system message", () =>
  same({ max_tokens: 10, messages: [{ role: "system", content: "Be brief." }, ...user("hi"),
    { role: "assistant", content: "Hello." }, ...user("and?")] },
  { max_tokens: 10, system: "Be brief.", messages: [...user("hi"), { role: "assistant", content: "Hello." }, ...user("and?")] }));

test("stop sequences", () =>
  same({ max_tokens: 10, messages: user("hi"), stop: ["a", "b"] },
    { max_tokens: 10, messages: user("hi"), stop_sequences: ["a", "b"] }));

test("images", () =>
  same({ max_tokens: 10, messages: user([{ type: "text", text: "what?" },
    { type: "image_url", image_url: { url: "https://example.com/a.png" } },
    { type: "image_url", image_url: { url: "data:image/gif;base64,R0lGODlh" } }]) },
  { max_tokens: 10, messages: user([{ type: "text", text: "what?" },
    { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
    { type: "image", source: { type: "base64", media_type: "image/gif", data: "R0lGODlh" } }]) }));

test("tools, a choice of them, and one at a time", () =>
  same({ max_tokens: 10, messages: user("hi"), tools: [weather], tool_choice: "required", parallel_tool_calls: false },
    { max_tokens: 10, messages: user("hi"), tool_choice: { type: "any", disable_parallel_tool_use: true },
      tools: [{ name: "get_weather", description: "Weather of a city", input_schema: weather.function.parameters }] }));

test("a history of two calls and their results", () =>
  same({ max_tokens: 10, tools: [weather], messages: [...user("hi"), { role: "assistant", content: null,
    tool_calls: ["Rome", "Oslo"].map((city, i) => ({ id: `toolu_${i}`, type: "function",
      function: { name: "get_weather", arguments: JSON.stringify({ city }) } })) },
  { role: "tool", tool_call_id: "toolu_0", content: "sun" }, { role: "tool", tool_call_id: "toolu_1", content: "snow" },
  ...user("so?")] },
  { max_tokens: 10, tools: [{ name: "get_weather", description: "Weather of a city", input_schema: weather.function.parameters }],
    messages: [...user("hi"), { role: "assistant", content: ["Rome", "Oslo"].map((city, i) =>
      ({ type: "tool_use", id: `toolu_${i}`, name: "get_weather", input: { city } })) },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_0", content: "sun" },
      { type: "tool_result", tool_use_id: "toolu_1", content: "snow" }, { type: "text", text: "so?" }] }] }));

test("the script's whole answer is one of Anthropic's", async () => {
  const content = [{ type: "thinking", thinking: "Hm.", signature: "c2ln" }, { type: "text", text: "Two." },
    { type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Rome" } }];
  v.says(message(content));
  const r = await claude.messages.create({ model: "m", max_tokens: 10, messages: user("hi") });
  assert.deepEqual(r.content, content);
  assert.equal(r.stop_reason, "tool_use");
});

test("the script's stream is one of Anthropic's", async () => {
  v.streams(messageEvents([
    [{ type: "thinking", thinking: "", signature: "" },
      [{ type: "thinking_delta", thinking: "Hm." }, { type: "signature_delta", signature: "c2ln" }]],
    text("Tw", "o."), toolUse("toolu_a", "get_weather", "", '{"city":', '"Rome"}'), toolUse("toolu_b", "now"),
  ], { stop_reason: "tool_use", usage: { output_tokens: 15 } }));
  const r = await claude.messages.stream({ model: "m", max_tokens: 10, messages: user("hi") }).finalMessage();
  assert.deepEqual(r.content.map((b) => b.type), ["thinking", "text", "tool_use", "tool_use"]);
  assert.equal(r.content[0].signature, "c2ln");
  assert.equal(r.content[1].text, "Two.");
  assert.deepEqual(r.content.slice(2).map((b) => b.input), [{ city: "Rome" }, {}]);
  assert.equal(r.usage.output_tokens, 15);
});

test("the script's errors are Anthropic's", async () => {
  v.says({ type: "error", error: { type: "rate_limit_error", message: "Slow down." }, request_id: "req_1" }, 429);
  await assert.rejects(claude.messages.create({ model: "m", max_tokens: 10, messages: user("hi") }),
    (e) => e instanceof Anthropic.RateLimitError && e.error.error.message === "Slow down.");
});
