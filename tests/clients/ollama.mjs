// SPDX-License-Identifier: Apache-2.0
// ollama.mjs - Ollama's official client: against a vendor that speaks OpenAI's chat, and against a server of its own kind.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Ollama } from "ollama";
import { between, chunk, completion, delta, done, user } from "./kit.mjs";

let g, chat, native, close, ai;
before(async () => {
  ({ g, chat, native, close } = await between("own", { model: "ollama/qwen" }));
  ai = new Ollama({ host: g.url, headers: { authorization: "Bearer sk-master" } });
});
after(() => close());

const tools = [{ type: "function", function: { name: "get_weather", description: "Weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
async function collect(it) {
  const all = [];
  for await (const x of await it) all.push(x);
  return all;
}

test("a chat is asked for as a chat", async () => {
  chat.says(completion({ content: "Hello." }));
  const r = await ai.chat({ model: "gpt", stream: false, format: { type: "object" }, options: { temperature: 0.5, num_predict: 20, num_ctx: 9, stop: ["END"] },
    messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "see", images: ["/9j/AAAA"] }] });
  const sent = chat.last().json;
  assert.deepEqual(sent.messages, [{ role: "system", content: "Be brief." }, { role: "user", content: [{ type: "text", text: "see" },
    { type: "image_url", image_url: { url: "data:image/jpeg;base64,/9j/AAAA" } }] }]);
  assert.deepEqual([sent.temperature, sent.stop, sent.num_ctx, sent.response_format.json_schema.schema], [0.5, ["END"], undefined, { type: "object" }]);
  assert.equal(r.message.content, "Hello.");
  assert.deepEqual([r.model, r.done, r.done_reason, r.prompt_eval_count, r.eval_count], ["gpt", true, "stop", 9, 2]);
});

test("a stream of lines says what the whole answer says", async () => {
  chat.streams([delta({ role: "assistant", content: "" }), delta({ reasoning_content: "Hm." }), delta({ content: "Two " }), delta({ content: "cities." }),
    delta({ tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":' } }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
    delta({}, "tool_calls"), chunk([], { usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 } }), done]);
  const all = await collect(ai.chat({ model: "gpt", stream: true, messages: user("hi"), tools, think: "low" }));
  assert.equal(chat.last().json.reasoning_effort, "low");
  assert.equal(all.map((l) => l.message.content).join(""), "Two cities.");
  assert.equal(all.map((l) => l.message.thinking ?? "").join(""), "Hm.");
  assert.deepEqual(all.flatMap((l) => l.message.tool_calls ?? []).map((c) => c.function), [{ name: "get_weather", arguments: { city: "Rome" } }]);
  assert.deepEqual(all.map((l) => l.done), [...Array(all.length - 1).fill(false), true]);
  assert.deepEqual([all.at(-1).prompt_eval_count, all.at(-1).eval_count], [20, 9]);
});

test("results of tools find their calls by name", async () => {
  chat.says(completion({ content: "ok" }));
  await ai.chat({ model: "gpt", stream: false, tools, messages: [...user("q"),
    { role: "assistant", content: "", tool_calls: [{ function: { name: "get_weather", arguments: { city: "Rome" } } }, { function: { name: "now", arguments: {} } }] },
    { role: "tool", content: "12", tool_name: "now" }, { role: "tool", content: "sun", tool_name: "get_weather" }] });
  const { messages } = chat.last().json;
  const ids = messages[1].tool_calls.map((c) => c.id);
  assert.deepEqual(messages.slice(2).map((m) => [m.tool_call_id, m.content]), [[ids[1], "12"], [ids[0], "sun"]]);
  assert.deepEqual(messages[1].tool_calls.map((c) => c.function.arguments), ['{"city":"Rome"}', "{}"]);
  assert.equal(messages[1].content, null);
});

test("a text goes on, vectors are made, models are listed", async () => {
  chat.streams([delta({ content: "a" }), delta({ content: "b" }), delta({}, "length"), done]);
  const all = await collect(ai.generate({ model: "gpt", prompt: "x", system: "s", stream: true }));
  assert.deepEqual(chat.last().json.messages, [{ role: "system", content: "s" }, { role: "user", content: "x" }]);
  assert.equal(all.map((l) => l.response).join(""), "ab");
  assert.equal(all.at(-1).done_reason, "length");
  chat.says({ object: "list", data: [{ index: 0, embedding: [0.5, 1] }], model: "e", usage: { prompt_tokens: 2, total_tokens: 2 } });
  const e = await ai.embed({ model: "gpt", input: ["a"] });
  assert.deepEqual([e.embeddings, e.prompt_eval_count], [[[0.5, 1]], 2]);
  assert.deepEqual((await ai.list()).models.map((m) => m.model).sort(), ["gpt", "own"]);
  assert.ok((await ai.show({ model: "gpt" })).capabilities.includes("completion"));
  await assert.rejects(ai.show({ model: "none" }), /not found/);
});

test("failures are the client's own, before a stream and amid it", async () => {
  chat.says({ error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded", param: null } }, 429);
  await assert.rejects(ai.chat({ model: "gpt", messages: user("hi") }), (e) => e.status_code === 429 && /slow down/.test(e.message));
  chat.streams([delta({ content: "a" })]);
  await assert.rejects(collect(ai.chat({ model: "gpt", stream: true, messages: user("hi") })), /ended early/);
  await assert.rejects(new Ollama({ host: g.url }).chat({ model: "gpt", messages: user("hi") }), (e) => e.status_code === 401);
});

test("where the dialect is spoken lines go through", async () => {
  const lines = [{ model: "qwen", message: { role: "assistant", content: "a" }, done: false, novel: 1 },
    { model: "qwen", message: { role: "assistant", content: "" }, done: true, done_reason: "stop", prompt_eval_count: 3, eval_count: 4 }];
  const answer = (list) => (res) => {
    res.writeHead(200, { "content-type": "application/x-ndjson" });
    for (const l of list) res.write(`${JSON.stringify(l)}\n`);
    res.end();
  };
  native.answer = answer(lines);
  const body = `{"model":"own","messages":[{"role":"user","content":"hi"}], "stream":true,"novel":12345678901234567890}`;
  const r = await fetch(`${g.url}/api/chat`, { method: "POST", body, headers: { authorization: "Bearer sk-master" } });
  assert.equal(await r.text(), lines.map((l) => `${JSON.stringify({ ...l, model: "own" })}\n`).join(""));
  assert.equal(native.last().body, body.replace('"own"', '"qwen"'));
  native.answer = answer(lines.slice(0, 1));
  await assert.rejects(collect(ai.chat({ model: "own", stream: true, messages: user("hi") })), /ended/);
});
