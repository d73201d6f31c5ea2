// SPDX-License-Identifier: Apache-2.0
// anthropic.mjs - the official openai client through the gateway to a vendor that speaks Anthropic's Messages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { client, event, message, messageEvents, start, text, toolUse, user, vendor, weather } from "./kit.mjs";

let g, v, ai;
before(async () => {
  v = await vendor();
  const to = (model_name, model) =>
    ({ model_name, litellm_params: { model: `anthropic/${model}`, api_base: v.url, api_key: "sk-vendor" } });
  g = await start({ config: { model_list: [to("m", "claude-sonnet-4-5"), to("old", "claude-3-haiku-20240307")] } });
  ai = client(g);
});
after(async () => {
  await g.end();
  v.close();
});

const ask = (more = {}) => ai.chat.completions.create({ model: "m", messages: user("hi"), ...more });
const stream = (more = {}) => ai.chat.completions.stream({ model: "m", messages: user("hi"), ...more });

async function collect(s) {
  const chunks = [];
  for await (const c of s) chunks.push(c);
  return chunks;
}

test("a chat is asked as Messages and answered as a completion", async () => {
  v.says(message([{ type: "text", text: "Hello." }]));
  const r = await ask({ messages: [{ role: "system", content: "Be brief." }, ...user("hi")], max_tokens: 50, stop: "END" });
  assert.equal(v.last().url, "/v1/messages");
  assert.equal(v.last().headers["x-api-key"], "sk-vendor");
  assert.equal(v.last().headers["anthropic-version"], "2023-06-01");
  assert.equal(v.last().json.model, "claude-sonnet-4-5");
  assert.equal(v.last().json.max_tokens, 50);
  assert.deepEqual(v.last().json.stop_sequences, ["END"]);
  assert.equal(r.object, "chat.completion");
  assert.equal(r.choices[0].message.content, "Hello.");
  assert.equal(r.choices[0].finish_reason, "stop");
});

test("usage counts what was read from the cache and written to it", async () => {
  v.says(message([{ type: "text", text: "x" }], { usage: { input_tokens: 10, cache_creation_input_tokens: 1000,
    cache_read_input_tokens: 200, output_tokens: 5 } }));
  const { usage } = await ask();
  assert.equal(usage.prompt_tokens, 1210);
  assert.equal(usage.completion_tokens, 5);
  assert.equal(usage.total_tokens, 1215);
  assert.equal(usage.prompt_tokens_details.cached_tokens, 200);
});

test("a stream is put together by the client's accumulator", async () => {
  v.streams(messageEvents([text("Hel", "lo", ", \u{1f600}")]));
  const r = await stream().finalChatCompletion();
  assert.equal(r.choices[0].message.content, "Hello, \u{1f600}");
  assert.equal(r.choices[0].finish_reason, "stop");
  assert.equal(v.last().json.stream, true);
});

test("a stream has one id, opens with the role, and ends with the reason", async () => {
  v.streams(messageEvents([text("a", "b")]));
  const chunks = await collect(await ask({ stream: true }));
  assert.equal(new Set(chunks.map((c) => c.id)).size, 1);
  assert.equal(new Set(chunks.map((c) => c.created)).size, 1);
  assert.deepEqual(chunks[0].choices[0].delta, { role: "assistant", content: "" });
  assert.deepEqual(chunks.map((c) => c.choices[0].finish_reason).filter(Boolean), ["stop"]);
  assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
  assert.ok(chunks.every((c) => c.model === "m" && !("usage" in c)));
});

test("usage in a stream comes last and is that of the whole", async () => {
  v.streams(messageEvents([text("a")], { usage: { output_tokens: 15 } }));
  const chunks = await collect(await ask({ stream: true, stream_options: { include_usage: true } }));
  assert.deepEqual(chunks.at(-1).choices, []);
  const { usage } = chunks.at(-1);
  assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [16, 15, 31]);
  assert.equal(usage.prompt_tokens_details.cached_tokens, 4);
});

test("one tool call arrives, with its numbers as they were written", async () => {
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "application/json" });
    res.end(JSON.stringify(message([{ type: "text", text: "Let me see." },
      { type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Rome", x: "N" } }]))
      .replace('"N"', "9007199254740993"));
  };
  const r = await ask({ tools: [weather], tool_choice: { type: "function", function: { name: "get_weather" } } });
  const [call] = r.choices[0].message.tool_calls;
  assert.equal(call.id, "toolu_1");
  assert.equal(call.type, "function");
  assert.equal(call.function.name, "get_weather");
  assert.equal(call.function.arguments, '{"city":"Rome","x":9007199254740993}');
  assert.equal(r.choices[0].message.content, "Let me see.");
  assert.equal(r.choices[0].finish_reason, "tool_calls");
  assert.deepEqual(v.last().json.tools, [{ name: "get_weather", description: "Weather of a city",
    input_schema: weather.function.parameters }]);
  assert.deepEqual(v.last().json.tool_choice, { type: "tool", name: "get_weather" });
});

test("parallel tool calls of a stream are numbered from nought", async () => {
  v.streams(messageEvents([text("Two."), toolUse("toolu_a", "get_weather", "", '{"city":', '"Rome"}'),
    toolUse("toolu_b", "get_weather", '{"city":"Oslo"}')], { stop_reason: "tool_use" }));
  const chunks = [];
  const s = stream({ tools: [weather] });
  s.on("chunk", (c) => chunks.push(c));
  const r = await s.finalChatCompletion();
  assert.deepEqual(r.choices[0].message.tool_calls.map((c) => [c.id, c.function.arguments]),
    [["toolu_a", '{"city":"Rome"}'], ["toolu_b", '{"city":"Oslo"}']]);
  assert.equal(r.choices[0].finish_reason, "tool_calls");
  const numbers = chunks.flatMap((c) => c.choices[0].delta.tool_calls ?? []).map((c) => c.index);
  assert.deepEqual([...new Set(numbers)], [0, 1]);
});

test("a tool without arguments gets an empty object", async () => {
  v.streams(messageEvents([toolUse("toolu_a", "now")], { stop_reason: "tool_use" }));
  const tools = [{ type: "function", function: { name: "now" } }];
  const r = await stream({ tools }).finalChatCompletion();
  assert.equal(r.choices[0].message.tool_calls[0].function.arguments, "{}");
  assert.deepEqual(v.last().json.tools[0].input_schema, { type: "object", properties: {} });
});

test("the client's tool loop runs over the gateway, and results stand before all else", async () => {
  v.answer = (res, { json }) => {
    const last = json.messages.at(-1).content;
    const results = Array.isArray(last) ? last.filter((b) => b.type === "tool_result") : [];
    const body = results.length
      ? message([{ type: "text", text: results.map((r) => JSON.stringify(r.content)).join() }])
      : message(["Rome", "Oslo"].map((city, i) => ({ type: "tool_use", id: `toolu_${i}`, name: "get_weather", input: { city } })));
    res.writeHead(200, { "content-type": "application/json" });
    res.end(JSON.stringify(body));
  };
  const runner = ai.chat.completions.runTools({ model: "m", messages: user("weather?"), tools: [{ type: "function",
    function: { ...weather.function, parse: JSON.parse, function: ({ city }) => `sunny in ${city}` } }] });
  assert.match(await runner.finalContent(), /sunny in Rome.*sunny in Oslo/);
  const { messages } = v.last().json;
  assert.deepEqual(messages.map((m) => m.role), ["user", "assistant", "user"]);
  assert.deepEqual(messages[1].content, ["Rome", "Oslo"].map((city, i) =>
    ({ type: "tool_use", id: `toolu_${i}`, name: "get_weather", input: { city } })));
  assert.deepEqual(messages[2].content.map((b) => [b.type, b.tool_use_id]), [["tool_result", "toolu_0"], ["tool_result", "toolu_1"]]);
});

const City = z.object({ city: z.string(), people: z.number() });
const response_format = zodResponseFormat(City, "city");

test("a structured answer is asked for by its schema and parsed", async () => {
  v.says(message([{ type: "text", text: '{"city":"Rome","people":1}' }]));
  const r = await ai.chat.completions.parse({ model: "m", messages: user("hi"), response_format });
  assert.deepEqual(r.choices[0].message.parsed, { city: "Rome", people: 1 });
  const { format } = v.last().json.output_config;
  assert.equal(format.type, "json_schema");
  assert.deepEqual(Object.keys(format.schema.properties), ["city", "people"]);
  assert.equal(format.schema.additionalProperties, false);
});

// Models without structured output are made to call a tool; the client does not see that.
const asTool = (frames) => (res, { json }) => {
  const name = json.tools[0].name;
  res.writeHead(200, { "content-type": frames ? "text/event-stream" : "application/json" });
  if (frames)
    for (const f of messageEvents([toolUse("toolu_1", name, '{"city":"Ro', 'me","people":1}')], { stop_reason: "tool_use" }))
      res.write(f);
  else
    res.write(JSON.stringify(message([{ type: "tool_use", id: "toolu_1", name, input: { city: "Rome", people: 1 } }])));
  res.end();
};

test("a structured answer of an old model is parsed all the same", async () => {
  v.answer = asTool(false);
  const r = await ai.chat.completions.parse({ model: "old", messages: user("hi"), response_format });
  assert.deepEqual(r.choices[0].message.parsed, { city: "Rome", people: 1 });
  assert.equal(r.choices[0].finish_reason, "stop");
  assert.ok(!r.choices[0].message.tool_calls?.length);
});

test("a structured answer of an old model is parsed from a stream", async () => {
  v.answer = asTool(true);
  const r = await stream({ model: "old", response_format }).finalChatCompletion();
  assert.deepEqual(r.choices[0].message.parsed, { city: "Rome", people: 1 });
});

test("images by address and by content become sources", async () => {
  v.says(message([{ type: "text", text: "a cat" }]));
  await ask({ messages: user([{ type: "text", text: "what is it?" },
    { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
    { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }]) });
  assert.deepEqual(v.last().json.messages[0].content, [{ type: "text", text: "what is it?" },
    { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } }]);
});

test("a PDF becomes a document", async () => {
  v.says(message([{ type: "text", text: "x" }]));
  await ask({ messages: user([{ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" } }]) });
  assert.deepEqual(v.last().json.messages[0].content[0].source,
    { type: "base64", media_type: "application/pdf", data: "JVBERi0=" });
});

test("each reason to stop is translated", async () => {
  const reasons = { end_turn: "stop", stop_sequence: "stop", max_tokens: "length", refusal: "content_filter",
    pause_turn: "stop", model_context_window_exceeded: "length", something_new: "stop" };
  for (const [theirs, ours] of Object.entries(reasons)) {
    v.says(message([{ type: "text", text: "x" }], { stop_reason: theirs }));
    assert.equal((await ask()).choices[0].finish_reason, ours, theirs);
    v.streams(messageEvents([text("x")], { stop_reason: theirs }));
    const chunks = await collect(await ask({ stream: true }));
    assert.equal(chunks.at(-1).choices[0].finish_reason, ours, theirs);
  }
});

const thought = { type: "thinking", thinking: "Hm.", signature: "c2ln" };

test("thinking comes as reasoning, with what it takes to replay it", async () => {
  v.says(message([thought, { type: "text", text: "Yes." }]));
  const r = await ask({ reasoning_effort: "low" });
  const said = r.choices[0].message;
  assert.equal(said.reasoning_content, "Hm.");
  assert.equal(said.content, "Yes.");
  assert.deepEqual(said.thinking_blocks, [thought]);
  assert.equal(v.last().json.thinking.type, "enabled");
  v.says(message([{ type: "text", text: "x" }]));
  await ask({ messages: [...user("hi"), said, ...user("and?")], reasoning_effort: "low" });
  assert.deepEqual(v.last().json.messages[1].content[0], thought);
});

test("thinking comes as reasoning in a stream", async () => {
  v.streams(messageEvents([
    [{ type: "thinking", thinking: "", signature: "" },
      [{ type: "thinking_delta", thinking: "H" }, { type: "thinking_delta", thinking: "m." }, { type: "signature_delta", signature: "c2ln" }]],
    text("Yes."),
  ]));
  const chunks = await collect(await ask({ stream: true, reasoning_effort: "low" }));
  assert.equal(chunks.map((c) => c.choices[0].delta.reasoning_content ?? "").join(""), "Hm.");
  assert.equal(chunks.map((c) => c.choices[0].delta.content ?? "").join(""), "Yes.");
});

test("more than one choice is refused with the parameter's name", async () => {
  await assert.rejects(ask({ n: 2 }), (e) => e.status === 400 && e.param === "n");
});

test("a stream in single bytes, with CR LF, pings and unknown events, is understood", async () => {
  const frames = messageEvents([text("é", "\u{1f600}")]);
  frames.splice(3, 0, event("something_new", { a: 1 }), event("ping"));
  const bytes = Buffer.from(frames.join("").replace(/\n/g, "\r\n"));
  v.answer = async (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (const b of bytes) {
      res.write(Buffer.of(b));
      await new Promise(setImmediate);
    }
    res.end();
  };
  const r = await stream().finalChatCompletion();
  assert.equal(r.choices[0].message.content, "é\u{1f600}");
});

test("a stream that ends too early is an error, never an answer", async () => {
  v.streams(messageEvents([text("half")]).slice(0, -2));
  const pieces = [];
  await assert.rejects(async () => {
    for await (const c of await ask({ stream: true })) pieces.push(c.choices[0].delta.content ?? "");
  }, (e) => e.code === "stream_truncated");
  assert.equal(pieces.join(""), "half");
});
