// SPDX-License-Identifier: Apache-2.0
// messages.mjs - the official Anthropic client: against a vendor that speaks OpenAI's chat, and against one of its own
// dialect, whose bytes have to arrive as they were.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { between, chunk, completion, delta, done, event, message, messageEvents, text, toolUse, user } from "./kit.mjs";

let g, chat, native, close, ai;
before(async () => {
  ({ g, chat, native, close } = await between("claude", { model: "anthropic/claude-sonnet-4-5", api_key: "sk-native" }));
  ai = new Anthropic({ baseURL: g.url, apiKey: "sk-master", maxRetries: 0 });
});
after(() => close());

const ask = (model, more = {}) => ai.messages.create({ model, max_tokens: 100, messages: user("hi"), ...more });
const stream = (model, more = {}) => ai.messages.stream({ model, max_tokens: 100, messages: user("hi"), ...more });
const tool = { name: "get_weather", description: "Weather", input_schema: { type: "object", properties: { city: { type: "string" } } } };
const callChunks = [
  delta({ role: "assistant", content: "" }), delta({ content: "Two " }), delta({ content: "cities." }),
  delta({ tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "get_weather", arguments: "" } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
  delta({ tool_calls: [{ index: 1, id: "call_b", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } }] }),
  delta({}, "tool_calls"),
  chunk([], { usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29, prompt_tokens_details: { cached_tokens: 5 } } }),
  done,
];
const calls = [
  { type: "text", text: "Two cities." },
  { type: "tool_use", id: "call_a", name: "get_weather", input: { city: "Rome" } },
  { type: "tool_use", id: "call_b", name: "get_weather", input: { city: "Oslo" } },
];
const plain = (content) => content.map(({ type, text, id, name, input }) => JSON.parse(JSON.stringify({ type, text, id, name, input })));

test("a message is asked for as a chat and answered as a message", async () => {
  chat.says(completion({ content: "Hello." }, { usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 } }));
  const m = await ask("gpt", { system: "Be brief.", stop_sequences: ["END"], temperature: 0.5 });
  assert.equal(chat.last().url, "/v1/chat/completions");
  assert.equal(chat.last().headers.authorization, "Bearer sk-chat");
  assert.deepEqual(chat.last().json.messages, [{ role: "system", content: "Be brief." }, { role: "user", content: "hi" }]);
  assert.equal(chat.last().json.model, "gpt-x");
  assert.deepEqual(chat.last().json.stop, ["END"]);
  assert.equal(m.type, "message");
  assert.equal(m.model, "gpt");
  assert.match(m.id, /^msg_/);
  assert.deepEqual(m.content, [{ type: "text", text: "Hello." }]);
  assert.equal(m.stop_reason, "end_turn");
  assert.deepEqual([m.usage.input_tokens, m.usage.output_tokens], [12, 3]);
  assert.ok(m._request_id);
});

test("a stream is put together by the client, and equals the whole answer", async () => {
  chat.streams(callChunks);
  const s = stream("gpt", { tools: [tool] });
  const streamed = await s.finalMessage();
  assert.equal(chat.last().json.stream_options.include_usage, true);
  assert.deepEqual(plain(streamed.content), calls);
  assert.equal(streamed.stop_reason, "tool_use");
  assert.deepEqual([streamed.usage.input_tokens, streamed.usage.cache_read_input_tokens, streamed.usage.output_tokens], [15, 5, 9]);
  chat.says(completion({ content: "Two cities.", tool_calls: [
    { id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":"Rome"}' } },
    { id: "call_b", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } }] }));
  const whole = await ask("gpt", { tools: [tool] });
  assert.deepEqual(plain(whole.content), plain(streamed.content));
  assert.equal(whole.stop_reason, streamed.stop_reason);
});

test("thoughts are a block of their own, in front of the text", async () => {
  chat.streams([delta({ role: "assistant" }), delta({ reasoning_content: "Hm" }), delta({ reasoning_content: "." }),
    delta({ content: "Yes." }), delta({}, "stop"), done]);
  const m = await stream("gpt").finalMessage();
  assert.deepEqual(m.content.map((b) => [b.type, b.thinking ?? b.text]), [["thinking", "Hm."], ["text", "Yes."]]);
});

test("results of tools go back as tool messages", async () => {
  chat.says(completion({ content: "ok" }));
  await ask("gpt", { tools: [tool], messages: [...user("q"),
    { role: "assistant", content: calls },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "call_a", content: "sun" },
      { type: "tool_result", tool_use_id: "call_b", content: [{ type: "text", text: "snow" }] }, { type: "text", text: "So?" }] }] });
  const { messages, tools } = chat.last().json;
  assert.deepEqual(messages.map((m) => m.role), ["user", "assistant", "tool", "tool", "user"]);
  assert.deepEqual(messages[1].tool_calls.map((c) => c.function.arguments), ['{"city":"Rome"}', '{"city":"Oslo"}']);
  assert.deepEqual(messages.slice(2, 4).map((m) => [m.tool_call_id, m.content]), [["call_a", "sun"], ["call_b", "snow"]]);
  assert.deepEqual(tools[0], { type: "function", function: { name: "get_weather", description: "Weather", parameters: tool.input_schema } });
});

test("a stream that breaks off ends in an error, not in a message", async () => {
  chat.streams(callChunks.slice(0, 3));
  await assert.rejects(stream("gpt").finalMessage(), /ended early/);
  chat.streams([...callChunks.slice(0, 3), `data: {"error":{"message":"too many","type":"rate_limit_error","code":"rate_limit_exceeded"}}\n\n`]);
  await assert.rejects(stream("gpt").finalMessage(), /rate_limit_error|too many/);
});

test("failures are the client's own classes", async () => {
  chat.says({ error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded", param: null } }, 429);
  await assert.rejects(ask("gpt"), (e) => e instanceof Anthropic.RateLimitError && e.error.error.type === "rate_limit_error");
  chat.says({ error: { message: "full", type: "server_error", code: null, param: null } }, 503);
  await assert.rejects(ask("gpt"), (e) => e.status === 529 && e.error.error.type === "overloaded_error");
  await assert.rejects(ask("none"), (e) => e instanceof Anthropic.NotFoundError && e.error.type === "error");
  const stranger = new Anthropic({ baseURL: g.url, apiKey: "sk-wrong", maxRetries: 0 });
  await assert.rejects(stranger.messages.create({ model: "gpt", max_tokens: 9, messages: user("hi") }),
    (e) => e instanceof Anthropic.AuthenticationError && e.error.error.type === "authentication_error");
});

test("the key may stand in either header", async () => {
  chat.says(completion({ content: "ok" }));
  for (const headers of [{ "x-api-key": "sk-master" }, { authorization: "Bearer sk-master" }]) {
    const r = await fetch(`${g.url}/v1/messages`, { method: "POST", headers, body: JSON.stringify({ model: "gpt", max_tokens: 9, messages: user("hi") }) });
    assert.equal(r.status, 200);
    assert.equal((await r.json()).content[0].text, "ok");
  }
});

test("a conversation that its vendor keeps goes on there, and is sent again where it was lost", async () => {
  const lost = { type: "error", error: { type: "not_found_error", message: "Gone.", details: { error_code: "thread_not_found" } } };
  const thread = ai.beta.messages.thread({ model: "claude", max_tokens: 9 });
  native.says(message([{ type: "text", text: "one" }], { id: "msg_1" }));
  await thread.send({ role: "user", content: "a" });
  assert.deepEqual(native.last().json.thread, { type: "create" });
  native.answer = (res, { json }) => {
    const there = json.thread.type === "create";
    res.writeHead(there ? 200 : 404, { "content-type": "application/json" });
    res.end(JSON.stringify(there ? message([{ type: "text", text: "two" }], { id: "msg_2" }) : lost));
  };
  assert.equal((await thread.send({ role: "user", content: "b" })).content[0].text, "two");
  assert.deepEqual(native.asked.at(-2).json.thread, { type: "continue", previous_message_id: "msg_1" });
  assert.equal(native.asked.at(-2).json.messages.length, 1);
  assert.equal(native.last().json.messages.length, 3);
});

test("a conversation that nobody keeps is refused in words that its client understands", async () => {
  chat.says(completion({ content: "one" }));
  const thread = ai.beta.messages.thread({ model: "gpt", max_tokens: 9 });
  await assert.rejects(thread.send({ role: "user", content: "a" }), Anthropic.ThreadUnsupportedRequestError);
});

test("tokens are counted by the vendor, or guessed", async () => {
  native.says({ input_tokens: 42 });
  assert.equal((await ai.messages.countTokens({ model: "claude", messages: user("hi") })).input_tokens, 42);
  assert.equal(native.last().url, "/v1/messages/count_tokens");
  assert.equal(native.last().json.model, "claude-sonnet-4-5");
  const asked = chat.asked.length;
  const { input_tokens } = await ai.messages.countTokens({ model: "gpt", messages: user("How many words are in this sentence?") });
  assert.ok(input_tokens > 5 && input_tokens < 30, `${input_tokens}`);
  assert.equal(chat.asked.length, asked);
});

test("between speakers of the dialect the bytes go through, with betas, version and query", async () => {
  native.says(message([{ type: "text", text: "Hi." }, { type: "server_tool_use", id: "srv_1", name: "web_search", input: {} }], { novel: 1 }));
  const body = `{"model":"claude","max_tokens":9,"novel":{"n":12345678901234567890},  "metadata":{"user_id":"u"},"messages":[{"role":"user","content":[{"type":"novel_block","x":1.0}]}]}`;
  const r = await fetch(`${g.url}/v1/messages?beta=true`, { method: "POST", body, headers: { "x-api-key": "sk-master",
    "anthropic-beta": "novel-2026-01-01,other", "anthropic-version": "2026-10-21" } });
  const asked = native.last();
  assert.equal(asked.body, body.replace('"claude"', '"claude-sonnet-4-5"'));
  assert.equal(asked.url, "/v1/messages?beta=true");
  assert.match(asked.headers["anthropic-beta"], /novel-2026-01-01/);
  assert.equal(asked.headers["anthropic-version"], "2026-10-21");
  assert.equal(asked.headers["x-api-key"], "sk-native");
  const answer = await r.json();
  assert.equal(answer.model, "claude");
  assert.equal(answer.novel, 1);
  assert.equal(answer.content[1].type, "server_tool_use");
});

test("a relayed stream arrives event by event as it was", async () => {
  const frames = messageEvents([text("a", "b"), toolUse("toolu_1", "f", '{"x":', "1}")], { stop_reason: "tool_use", usage: { output_tokens: 15, novel: 2 } });
  native.streams([...frames.slice(0, 2), event("novel_event", { n: 1 }), ...frames.slice(2)]);
  const r = await fetch(`${g.url}/v1/messages`, { method: "POST", headers: { "x-api-key": "sk-master" },
    body: JSON.stringify({ model: "claude", max_tokens: 9, stream: true, messages: user("hi") }) });
  const body = await r.text();
  assert.equal(body, [frames[0].replaceAll("claude-sonnet-4-5", "claude"), frames[1], event("novel_event", { n: 1 }), ...frames.slice(2)].join(""));
  native.streams(frames);
  const m = await stream("claude").finalMessage();
  assert.deepEqual(plain(m.content), [{ type: "text", text: "ab" }, { type: "tool_use", id: "toolu_1", name: "f", input: { x: 1 } }]);
});

test("a relayed stream that breaks off is not ended as a message is", async () => {
  const frames = messageEvents([text("a", "b")]);
  native.streams(frames.slice(0, -1));
  await assert.rejects(stream("claude").finalMessage(), /ended before its end/);
  native.streams([frames[0], event("error", { error: { type: "overloaded_error", message: "Overloaded" } })]);
  await assert.rejects(stream("claude").finalMessage(), (e) => e.status === 529); // nothing had been sent: a real status
});
