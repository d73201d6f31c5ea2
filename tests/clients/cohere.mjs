// SPDX-License-Identifier: Apache-2.0
// cohere.mjs - Cohere's official client against a vendor that speaks OpenAI's chat, and its dialect passed on as it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CohereClientV2 } from "cohere-ai";
import { between, chunk, completion, delta, done, event, user } from "./kit.mjs";

let g, chat, native, close, ai;
before(async () => {
  ({ g, chat, native, close } = await between("own", { model: "cohere/command", api_key: "sk-native" }));
  ai = new CohereClientV2({ baseUrl: g.url, token: "sk-master", maxRetries: 0 });
});
after(() => close());

const tools = [{ type: "function", function: { name: "get_weather", description: "Weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
const once = { maxRetries: 0 };
async function collect(more = {}, model = "gpt") {
  const all = [];
  for await (const e of await ai.chatStream({ model, messages: user("hi"), ...more }, once)) all.push(e);
  return all;
}

test("a chat is asked for as a chat", async () => {
  chat.says(completion({ content: "Hello.", tool_calls: [{ id: "c1", type: "function", function: { name: "get_weather", arguments: '{"city":"Rome"}' } }] }));
  const r = await ai.chat({ model: "gpt", tools, toolChoice: "REQUIRED", p: 0.5, stopSequences: ["END"], messages: [{ role: "system", content: "Be brief." }, ...user("q"),
    { role: "assistant", toolPlan: "Wait.", toolCalls: [{ id: "a", type: "function", function: { name: "get_weather", arguments: "{}" } }] },
    { role: "tool", toolCallId: "a", content: [{ type: "document", document: { data: { t: 1 } } }] }] }, once);
  const sent = chat.last().json;
  assert.deepEqual(sent.messages.map((m) => m.role), ["system", "user", "assistant", "tool"]);
  assert.deepEqual([sent.messages[2].content, sent.messages[2].tool_calls[0].id, sent.messages[3].tool_call_id], ["Wait.", "a", "a"]);
  assert.equal(JSON.parse(sent.messages[3].content)[0].document.data.t, 1);
  assert.deepEqual([sent.top_p, sent.stop, sent.tool_choice], [0.5, ["END"], "required"]);
  assert.equal(r.finishReason, "TOOL_CALL");
  assert.equal(r.message.content[0].text, "Hello.");
  assert.equal(r.message.toolCalls[0].function.arguments, '{"city":"Rome"}');
  assert.equal(r.usage.tokens.inputTokens, 9);
});

test("a stream has its events in order", async () => {
  chat.streams([delta({ role: "assistant", content: "" }), delta({ reasoning_content: "Hm." }), delta({ content: "Two " }), delta({ content: "cities." }),
    delta({ tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":' } }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
    delta({}, "tool_calls"), chunk([], { usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 } }), done]);
  const all = await collect({ tools });
  assert.deepEqual(all.map((e) => [e.type, e.index]), [["message-start", undefined], ["content-start", 0], ["content-delta", 0], ["content-end", 0],
    ["content-start", 1], ["content-delta", 1], ["content-delta", 1], ["content-end", 1],
    ["tool-call-start", 0], ["tool-call-delta", 0], ["tool-call-delta", 0], ["tool-call-end", 0], ["message-end", undefined]]);
  assert.equal(all.filter((e) => e.type === "tool-call-delta").map((e) => e.delta.message.toolCalls.function.arguments).join(""), '{"city":"Rome"}');
  assert.equal(all.at(-1).delta.finishReason, "TOOL_CALL");
  assert.equal(all.at(-1).delta.usage.tokens.outputTokens, 9);
});

test("a stream that breaks off says so, failures are the client's own", async () => {
  chat.streams([delta({ content: "a" })]);
  const last = (await collect()).at(-1);
  assert.equal(last.delta.finishReason, "ERROR");
  chat.says({ error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded", param: null } }, 429);
  await assert.rejects(ai.chat({ model: "gpt", messages: user("hi") }, once), (e) => e.statusCode === 429 && /slow down/.test(e.body.message));
  await assert.rejects(ai.chat({ model: "gpt", messages: user("hi"), documents: ["x"] }, once), /documents/);
});

test("vectors come by type", async () => {
  chat.says({ object: "list", data: [{ index: 0, embedding: [0.5, 1] }], model: "e", usage: { prompt_tokens: 2, total_tokens: 2 } });
  const e = await ai.embed({ model: "gpt", texts: ["a"], inputType: "search_query", embeddingTypes: ["float"] }, once);
  assert.deepEqual(e.embeddings.float, [[0.5, 1]]);
  assert.deepEqual(chat.last().json.input, ["a"]);
});

test("where the dialect is spoken bytes go through", async () => {
  const frames = [event("message-start", { id: "x" }), event("content-delta", { index: 0, delta: { message: { content: { text: "a" } } }, novel: 1 }),
    event("message-end", { delta: { finish_reason: "COMPLETE", usage: { tokens: { input_tokens: 3, output_tokens: 4 } } } })];
  native.streams(frames);
  const body = `{"model":"own","messages":[{"role":"user","content":"hi"}], "stream":true,"priority":1,"novel":12345678901234567890}`;
  const r = await fetch(`${g.url}/v2/chat`, { method: "POST", body, headers: { authorization: "Bearer sk-master" } });
  assert.equal(await r.text(), frames.join(""));
  assert.equal(native.last().body, body.replace('"own"', '"command"'));
});
