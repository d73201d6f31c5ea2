// SPDX-License-Identifier: Apache-2.0
// responses.mjs - OpenAI's Responses with the official client: on a vendor that knows chat only, where conversations are
// kept here, and on one that speaks the dialect, whose ids lead back to it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { chunk, client, completion, delta, done, event, start, user, vendor } from "./kit.mjs";

let g, chat, native, ai;
before(async () => {
  chat = await vendor();
  native = await vendor();
  g = await start({ config: { model_list: [
    { model_name: "chat", litellm_params: { model: "together_ai/x", api_base: `${chat.url}/v1`, api_key: "sk-chat" } },
    { model_name: "native", litellm_params: { model: "openai/gpt-x", api_base: `${native.url}/v1`, api_key: "sk-native" } },
  ], router_settings: { num_retries: 0 } } });
  ai = client(g);
});
after(async () => {
  await g.end();
  chat.close();
  native.close();
});

const tool = { type: "function", name: "get_weather", description: "Weather", strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } } } };
const ask = (more = {}) => ai.responses.create({ model: "chat", input: "hi", ...more });
const sayCalls = () => chat.streams([
  delta({ role: "assistant", content: "" }), delta({ reasoning_content: "Hm." }), delta({ content: "Two" }), delta({ content: "." }),
  delta({ tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
  delta({ tool_calls: [{ index: 1, id: "call_b", type: "function", function: { name: "get_weather", arguments: "{}" } }] }),
  delta({}, "tool_calls"), chunk([], { usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 } }), done]);

test("a response is asked for as a chat", async () => {
  chat.says(completion({ content: "Hello." }));
  const r = await ask({ instructions: "Be brief.", max_output_tokens: 50, metadata: { a: "b" },
    text: { format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: true } },
    input: [{ role: "user", content: [{ type: "input_text", text: "see" }, { type: "input_image", image_url: "http://x/y.png", detail: "low" }] }] });
  const { messages, max_tokens, response_format, metadata } = chat.last().json;
  assert.deepEqual(messages, [{ role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "see" }, { type: "image_url", image_url: { url: "http://x/y.png", detail: "low" } }] }]);
  assert.equal(max_tokens, 50);
  assert.deepEqual(response_format, { type: "json_schema", json_schema: { name: "n", schema: { type: "object" }, strict: true } });
  assert.equal(metadata, undefined);
  assert.equal(r.output_text, "Hello.");
  assert.equal(r.status, "completed");
  assert.deepEqual(r.metadata, { a: "b" });
  assert.equal(r.instructions, "Be brief.");
  assert.deepEqual(r.usage, { input_tokens: 9, input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 }, output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 11 });
});

test("a stream is put together by the client, every event in its place", async () => {
  sayCalls();
  const events = [];
  const s = ai.responses.stream({ model: "chat", input: "hi", tools: [tool] });
  s.on("event", (e) => events.push(e));
  const r = await s.finalResponse();
  assert.deepEqual(r.output.map((i) => i.type), ["reasoning", "message", "function_call", "function_call"]);
  assert.equal(r.output_text, "Two.");
  assert.deepEqual(r.output.slice(2).map((i) => [i.call_id, i.name, i.arguments]),
    [["call_a", "get_weather", '{"city":"Rome"}'], ["call_b", "get_weather", "{}"]]);
  assert.equal(r.usage.total_tokens, 29);
  assert.deepEqual(events.map((e) => e.sequence_number), events.map((_, i) => i));
  assert.deepEqual(events.filter((e) => e.output_index === 1).map((e) => e.type), ["response.output_item.added",
    "response.content_part.added", "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
    "response.content_part.done", "response.output_item.done"]);
  assert.deepEqual(events.slice(0, 2).map((e) => e.type), ["response.created", "response.in_progress"]);
  assert.equal(events.at(-1).type, "response.completed");
  assert.deepEqual(events.at(-1).response.output, r.output.map(({ parsed_arguments, ...i }) => i.type === "message"
    ? { ...i, content: i.content.map(({ parsed, ...c }) => c) } : i));
  assert.ok(events.every((e) => !e.item_id || events.some((a) => a.type === "response.output_item.added" && a.item.id === e.item_id)));
});

test("items of a turn become one message of the assistant, and results of tools", async () => {
  chat.says(completion({ content: "ok" }));
  await ask({ tools: [tool], input: [...user("q"), { type: "reasoning", id: "rs_1", summary: [] },
    { type: "message", role: "assistant", id: "msg_1", status: "completed", content: [{ type: "output_text", text: "Wait.", annotations: [] }] },
    { type: "function_call", call_id: "a", name: "get_weather", arguments: '{"city":"Rome"}' },
    { type: "function_call", call_id: "b", name: "get_weather", arguments: "{}" },
    { type: "function_call_output", call_id: "a", output: "sun" },
    { type: "function_call_output", call_id: "b", output: [{ type: "input_text", text: "rain" }] }] });
  const { messages, tools } = chat.last().json;
  assert.deepEqual(messages.map((m) => m.role), ["user", "assistant", "tool", "tool"]);
  assert.equal(messages[1].content, "Wait.");
  assert.deepEqual(messages[1].tool_calls.map((c) => [c.id, c.function.arguments]), [["a", '{"city":"Rome"}'], ["b", "{}"]]);
  assert.deepEqual(messages.slice(2).map((m) => [m.tool_call_id, m.content]), [["a", "sun"], ["b", "rain"]]);
  assert.deepEqual(tools, [{ type: "function", function: { name: "get_weather", description: "Weather", parameters: tool.parameters, strict: false } }]);
});

test("a conversation goes on from the response before, which is kept", async () => {
  chat.says(completion({ content: "I am Ada." }));
  const one = await ask({ input: "Who are you?" });
  const two = await ask({ input: [{ role: "user", content: "Again?" }], previous_response_id: one.id });
  assert.deepEqual(chat.last().json.messages.map((m) => [m.role, m.content]),
    [["user", "Who are you?"], ["assistant", "I am Ada."], ["user", "Again?"]]);
  assert.equal(two.previous_response_id, one.id);
  const kept = await ai.responses.retrieve(one.id);
  assert.equal(kept.output_text, "I am Ada.");
  const items = [];
  for await (const i of ai.responses.inputItems.list(two.id, { order: "asc", limit: 2 })) items.push(i);
  assert.deepEqual(items.map((i) => i.role), ["user", "assistant", "user"]);
  assert.equal(new Set(items.map((i) => i.id)).size, 3);
  await ai.responses.delete(one.id);
  await assert.rejects(ai.responses.retrieve(one.id), OpenAI.NotFoundError);
  await assert.rejects(ask({ previous_response_id: one.id }), /not found/);
  await ask({ input: "on", previous_response_id: two.id }); /* has all it needs */
  assert.equal(chat.last().json.messages.length, 5);
  await assert.rejects(ai.responses.cancel(two.id), /synchronous/);
});

test("what is not to be stored is not", async () => {
  sayCalls();
  const s = ai.responses.stream({ model: "chat", input: "hi", store: false });
  const r = await s.finalResponse();
  await assert.rejects(ai.responses.retrieve(r.id), OpenAI.NotFoundError);
  sayCalls();
  const kept = await ai.responses.stream({ model: "chat", input: "hi" }).finalResponse();
  assert.equal((await ai.responses.retrieve(kept.id)).output.length, 4);
});

test("custom tools and namespaces are functions on the way, and themselves again", async () => {
  chat.says(completion({ content: null, tool_calls: [
    { id: "c1", type: "function", function: { name: "patch", arguments: '{"input":"a \\"b\\"\\n"}' } },
    { id: "c2", type: "function", function: { name: "look", arguments: "{}" } }] }));
  const tools = [{ type: "custom", name: "patch", description: "Apply" }, { type: "namespace", name: "web", tools: [{ ...tool, name: "look" }] }];
  const r = await ask({ tools });
  assert.deepEqual(chat.last().json.tools.map((t) => t.function.name), ["patch", "look"]);
  assert.deepEqual(r.output.map((i) => [i.type, i.name, i.input ?? i.arguments, i.namespace]),
    [["custom_tool_call", "patch", 'a "b"\n', undefined], ["function_call", "look", "{}", "web"]]);
  await ask({ tools, input: [...user("q"), ...r.output, { type: "custom_tool_call_output", call_id: "c1", output: "done" }] });
  assert.equal(chat.last().json.messages[1].tool_calls[0].function.arguments, '{"input":"a \\"b\\"\\n"}');
  await assert.rejects(ask({ tools: [{ type: "code_interpreter", container: { type: "auto" } }] }), (e) => e.status === 400 && e.param === "tools.[0].type");
});

test("a cut answer is incomplete, a broken one has failed", async () => {
  chat.says(completion({ content: "Half" }, { choices: [{ index: 0, message: { role: "assistant", content: "Half" }, finish_reason: "length" }] }));
  const r = await ask();
  assert.deepEqual([r.status, r.incomplete_details, r.output[0].status], ["incomplete", { reason: "max_output_tokens" }, "incomplete"]);
  chat.streams([delta({ content: "a" })]);
  const types = [];
  let failed;
  for await (const e of await ask({ stream: true })) {
    types.push(e.type);
    failed = e.response;
  }
  assert.equal(types.at(-1), "response.failed");
  assert.equal(failed.status, "failed");
  assert.match(failed.error.message, /ended early/);
});

test("where the dialect is spoken bytes go through, and ids lead back", async () => {
  const response = { id: "resp_v1", object: "response", status: "completed", model: "gpt-x", output: [{ type: "novel", n: 1 }],
    usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } };
  native.says(response);
  const body = `{"model":"native","input":"hi", "novel":12345678901234567890,"metadata":{"a":"b"},"tools":[{"type":"namespace","x":1.0}]}`;
  const answer = await (await fetch(`${g.url}/v1/responses`, { method: "POST", body })).json();
  assert.equal(native.last().url, "/v1/responses");
  assert.equal(native.last().body, body.replace('"native"', '"gpt-x"'));
  assert.equal(answer.model, "native");
  assert.match(answer.id, /^resp_sl1/);
  native.says(response);
  await ai.responses.retrieve(answer.id);
  assert.deepEqual([native.last().method, native.last().url], ["GET", "/v1/responses/resp_v1"]);
  await ai.responses.create({ model: "native", input: "on", previous_response_id: answer.id });
  assert.equal(native.last().json.previous_response_id, "resp_v1");
  native.streams([event("response.created", { sequence_number: 0, response: { ...response, status: "in_progress", output: [] } }),
    event("response.output_item.added", { sequence_number: 1, output_index: 0, item: { type: "message", id: "msg_1", status: "in_progress", role: "assistant", content: [] } }),
    event("response.content_part.added", { sequence_number: 2, item_id: "msg_1", output_index: 0, content_index: 0, part: { type: "output_text", text: "", annotations: [] } }),
    event("response.output_text.delta", { sequence_number: 3, item_id: "msg_1", output_index: 0, content_index: 0, delta: "Yes", logprobs: [], obfuscation: "x" }),
    event("response.completed", { sequence_number: 4, response })]);
  const s = await ai.responses.create({ model: "native", input: "hi", stream: true });
  const events = [];
  for await (const e of s) events.push(e);
  assert.equal(events.length, 5);
  assert.equal(events[3].obfuscation, "x");
  assert.equal(events[0].response.id, answer.id);
  assert.equal(events[4].response.model, "native");
});

test("a vendor's stream that breaks off ends in an error with the next number", async () => {
  const response = { id: "resp_v1", object: "response", created_at: 1, model: "gpt-x" };
  native.streams([event("response.created", { sequence_number: 0, response: { ...response, status: "in_progress", output: [] } }),
    event("response.output_item.added", { sequence_number: 1, output_index: 0, item: { type: "message", id: "msg_1", status: "in_progress", role: "assistant", content: [] } }),
    event("response.content_part.added", { sequence_number: 2, item_id: "msg_1", output_index: 0, content_index: 0, part: { type: "output_text", text: "", annotations: [] } }),
    event("response.output_text.delta", { sequence_number: 3, item_id: "msg_1", output_index: 0, content_index: 0, delta: "Yes", logprobs: [] })]);
  const { text } = await g.ask("POST", "/v1/responses", { body: { model: "native", input: "hi", stream: true } });
  const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map((m) => Number(m[1]));
  assert.match(text, /event: error\n/);
  assert.deepEqual(numbers, [0, 1, 2, 3, 4]);
});
