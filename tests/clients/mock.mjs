// SPDX-License-Identifier: Apache-2.0
// mock.mjs - the official openai client against a gateway that answers by itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { client, mockConfig, start, user, weather } from "./kit.mjs";

let g, ai;
before(async () => {
  const config = mockConfig();
  for (const name of ["tools", "reasoning", "empty", "stream-bytes", "json"])
    config.model_list.push({ model_name: name, litellm_params: { model: `mock/${name}` } });
  config.model_list.push({ model_name: "vectors", litellm_params: { model: "mock/vectors" } });
  g = await start({ config });
  ai = client(g);
});
after(() => g.end());

async function collect(stream) {
  const chunks = [];
  for await (const c of stream) chunks.push(c);
  return chunks;
}

test("a chat is answered", async () => {
  const r = await ai.chat.completions.create({ model: "echo", messages: user("hello there") });
  assert.equal(r.object, "chat.completion");
  assert.equal(r.model, "echo");
  assert.equal(r.choices[0].message.content, "hello there");
  assert.equal(r.choices[0].message.role, "assistant");
  assert.equal(r.choices[0].finish_reason, "stop");
  assert.equal(r.usage.total_tokens, r.usage.prompt_tokens + r.usage.completion_tokens);
  assert.ok(r._request_id);
});

test("a stream says the same in pieces", async () => {
  const chunks = await collect(await ai.chat.completions.create({ model: "echo", stream: true, messages: user("a b c") }));
  assert.equal(chunks.map((c) => c.choices[0]?.delta.content ?? "").join(""), "a b c");
  assert.deepEqual(chunks[0].choices[0].delta, { role: "assistant", content: "" });
  assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
});

test("usage comes in a stream when it is asked for, once, last, and without choices", async () => {
  const chunks = await collect(await ai.chat.completions.create({ model: "echo", stream: true, messages: user("a b c"),
    stream_options: { include_usage: true } }));
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.prompt_tokens > 0);
  for (const c of chunks.slice(0, -1)) assert.equal(c.usage, null);
});

test("usage does not come in a stream when it is not asked for", async () => {
  for (const stream_options of [undefined, { include_usage: false }]) {
    const chunks = await collect(await ai.chat.completions.create({ model: "echo", stream: true, messages: user("a"),
      stream_options }));
    for (const c of chunks) assert.ok(!("usage" in c), JSON.stringify(c));
  }
});

test("the client's accumulator accepts a stream of single bytes", async () => {
  const r = await ai.chat.completions.stream({ model: "stream-bytes", messages: user("grüße \u{1f600}") })
    .finalChatCompletion();
  assert.equal(r.choices[0].message.content, "grüße \u{1f600}");
});

test("two choices arrive as two, whole and streamed", async () => {
  const r = await ai.chat.completions.create({ model: "echo", n: 2, messages: user("twice") });
  assert.deepEqual(r.choices.map((c) => [c.index, c.message.content]), [[0, "twice"], [1, "twice"]]);
  const s = await ai.chat.completions.stream({ model: "echo", n: 2, messages: user("twice") }).finalChatCompletion();
  assert.deepEqual(s.choices.map((c) => [c.index, c.message.content]), [[0, "twice"], [1, "twice"]]);
});

test("an answer that is cut says so", async () => {
  const r = await ai.chat.completions.create({ model: "echo", max_tokens: 2, messages: user("one two three four") });
  assert.equal(r.choices[0].finish_reason, "length");
  assert.equal(r.choices[0].message.content, "one two");
});

test("a tool is called, answered, and the answer used", async () => {
  const said = [];
  const runner = ai.chat.completions.runTools({ model: "tools", messages: user("weather?"), tools: [{ type: "function",
    function: { name: "now", parameters: { type: "object", properties: {} }, parse: JSON.parse,
      function: (args) => (said.push(args), "sunny") } }] });
  await runner.finalContent();
  assert.deepEqual(said, [{}]);
  assert.equal(runner.messages.filter((m) => m.role === "tool")[0].content, "sunny");
});

test("a tool is called in a stream", async () => {
  const r = await ai.chat.completions.stream({ model: "tools", messages: user("weather?"), tools: [weather] })
    .finalChatCompletion();
  assert.equal(r.choices[0].finish_reason, "tool_calls");
  assert.equal(r.choices[0].message.tool_calls[0].function.name, "get_weather");
  assert.equal(r.choices[0].message.tool_calls[0].function.arguments, "{}");
});

test("reasoning comes beside the text", async () => {
  const r = await ai.chat.completions.create({ model: "reasoning", messages: user("why") });
  assert.ok(r.choices[0].message.reasoning_content.length > 0);
  const chunks = await collect(await ai.chat.completions.create({ model: "reasoning", stream: true, messages: user("why") }));
  assert.equal(chunks.map((c) => c.choices[0]?.delta.reasoning_content ?? "").join(""),
    r.choices[0].message.reasoning_content);
});

test("an answer without text is an empty text", async () => {
  const r = await ai.chat.completions.create({ model: "empty", messages: user("x") });
  assert.equal(r.choices[0].message.content, "");
});

test("embeddings by the client's own choice of encoding are the same as floats", async () => {
  const floats = await ai.embeddings.create({ model: "vectors", input: ["one", "two"], encoding_format: "float" });
  const own = await ai.embeddings.create({ model: "vectors", input: ["one", "two"] });
  assert.equal(own.data.length, 2);
  for (const i of [0, 1]) {
    assert.equal(own.data[i].index, i);
    assert.ok(own.data[i].embedding.length > 1);
    assert.deepEqual(own.data[i].embedding, floats.data[i].embedding.map(Math.fround));
  }
});

test("embeddings in base64 are what was asked for", async () => {
  const r = await ai.embeddings.create({ model: "vectors", input: "one", encoding_format: "base64", dimensions: 8 });
  assert.equal(Buffer.from(r.data[0].embedding, "base64").length, 32);
});

test("legacy completions are answered, whole and streamed", async () => {
  const r = await ai.completions.create({ model: "echo", prompt: "once upon" });
  assert.equal(r.object, "text_completion");
  assert.equal(r.choices[0].text, "once upon");
  const chunks = await collect(await ai.completions.create({ model: "echo", prompt: "once upon", stream: true }));
  assert.equal(chunks.map((c) => c.choices[0].text).join(""), "once upon");
});

test("models are listed, and one is found", async () => {
  const names = [];
  for await (const m of ai.models.list()) names.push(m.id);
  assert.ok(names.includes("echo") && names.includes("vectors"));
  assert.equal((await ai.models.retrieve("echo")).id, "echo");
});
