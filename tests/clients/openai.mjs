// SPDX-License-Identifier: Apache-2.0
// openai.mjs - the official openai client through the gateway to a vendor that speaks OpenAI's format. What needs no
// change arrives as it was sent, in both directions.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { chunk, client, completion, delta, done, start, user, vendor, weather } from "./kit.mjs";

let g, v, ai;
before(async () => {
  v = await vendor();
  const to = (model_name, more = {}) => ({ model_name, litellm_params: { model: "openai/vendor-model",
    api_base: `${v.url}/v1`, api_key: "sk-vendor", ...more } });
  g = await start({ config: { model_list: [to("m"), to("vendor-model"), to("vectors")] } });
  ai = client(g);
});
after(async () => {
  await g.end();
  v.close();
});

const ask = (more = {}) => ai.chat.completions.create({ model: "m", messages: user("hi"), ...more });

async function collect(stream) {
  const chunks = [];
  for await (const c of stream) chunks.push(c);
  return chunks;
}

// A body that no JavaScript object can make.
async function post(body, target = "/v1/chat/completions") {
  v.says(completion({ content: "ok" }));
  const r = await g.ask("POST", target, { body });
  assert.equal(r.status, 200, r.text);
  return v.last();
}

test("the vendor is asked with its own key, at its own address, for its own model", async () => {
  v.says(completion({ content: "ok" }));
  await ask();
  assert.equal(v.last().url, "/v1/chat/completions");
  assert.equal(v.last().headers.authorization, "Bearer sk-vendor");
  assert.equal(v.last().headers["content-type"], "application/json");
  assert.equal(v.last().json.model, "vendor-model");
});

test("the query goes with it, but for a model that the path names", async () => {
  const hi = JSON.stringify({ model: "m", messages: user("hi") });
  await post(hi, "/v1/chat/completions?beta=true&x=a%20b");
  assert.equal(v.last().url, "/v1/chat/completions?beta=true&x=a%20b");
  await post(hi, "/openai/deployments/m/chat/completions?trace=1");
  assert.equal(v.last().url, "/v1/chat/completions?trace=1");
});

test("a body is forwarded byte for byte but for the model's name", async () => {
  const body = `{ "stop" : ["\\u00e9","é"], "seed":9007199254740993,"temperature":1.0, "top_p":1,` +
    `\n\t"model":"m","unknown_member":{"z":1,"a":[1e2,-0.0,1E+400]},"messages":[{"content":"h\\u0069 \\ud83d\\ude00",` +
    `"role":"user","extra":null}], "user":"\\/" }`;
  assert.equal((await post(body)).body, body.replace('"m"', '"vendor-model"'));
});

test("a body whose model needs no new name is forwarded as it is", async () => {
  const body = '{"model":"vendor-model" ,"messages":[{"role":"user","content":"x"}],"n":18446744073709551615 }';
  assert.equal((await post(body)).body, body);
});

test("an answer is handed on byte for byte but for the model's name", async () => {
  const body = `{"id":"x","object":"chat.completion","created":1,"model":"vendor-model","choices":[{"index":0,"message":` +
    `{"role":"assistant","content":"\\u00e9\\/","odd":1.0},"finish_reason":"stop"}], "big":9007199254740993,` +
    `"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`;
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "application/json" });
    res.end(body);
  };
  const r = await g.ask("POST", "/v1/chat/completions", { body: { model: "m", messages: user("x") } });
  assert.equal(r.text, body.replace('"vendor-model"', '"m"'));
});

test("a stream's unknown members survive", async () => {
  v.streams([
    chunk([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }], { odd: { a: 1 } }),
    chunk([{ index: 0, delta: { content: "x", provider_thing: [1] }, finish_reason: null }]),
    delta({}, "stop"), done,
  ]);
  const chunks = await collect(await ask({ stream: true }));
  assert.deepEqual(chunks[0].odd, { a: 1 });
  assert.deepEqual(chunks.find((c) => c.choices[0].delta.content === "x").choices[0].delta.provider_thing, [1]);
});

test("parameters of the client arrive unchanged", async () => {
  v.says(completion({ content: "ok" }));
  const sent = { temperature: 0.3, top_p: 0.9, n: 1, seed: 7, stop: ["a"], logit_bias: { 50256: -100 }, user: "u",
    presence_penalty: 0.1, frequency_penalty: 0.2, store: true, max_completion_tokens: 10 };
  await ask(sent);
  const { model, messages, ...rest } = v.last().json;
  assert.deepEqual(rest, sent);
});

test("members that are the gateway's own do not reach the vendor", async () => {
  v.says(completion({ content: "ok" }));
  await ask({ metadata: { trace_id: "t" }, tags: ["a"], num_retries: 0 });
  assert.deepEqual(Object.keys(v.last().json), ["model", "messages"]);
});

test("one tool call arrives", async () => {
  const call = { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Rome"}' } };
  v.says(completion({ tool_calls: [call] }));
  const r = await ask({ tools: [weather], tool_choice: "required" });
  assert.deepEqual(r.choices[0].message.tool_calls, [call]);
  assert.equal(r.choices[0].finish_reason, "tool_calls");
  assert.deepEqual(v.last().json.tools, [weather]);
  assert.equal(v.last().json.tool_choice, "required");
});

const startCall = (index, id) =>
  delta({ tool_calls: [{ index, id, type: "function", function: { name: "get_weather", arguments: "" } }] });
const more = (index, piece) => delta({ tool_calls: [{ index, function: { arguments: piece } }] });

test("parallel tool calls are put together by the client's accumulator", async () => {
  v.streams([delta({ role: "assistant", content: null }), startCall(0, "call_a"), more(0, '{"city":'), more(0, '"Rome"}'),
    startCall(1, "call_b"), more(1, '{"city":"Oslo"}'), delta({}, "tool_calls"), done]);
  const r = await ai.chat.completions.stream({ model: "m", messages: user("hi"), tools: [weather] }).finalChatCompletion();
  assert.deepEqual(r.choices[0].message.tool_calls.map((c) => [c.id, c.function.name, c.function.arguments]),
    [["call_a", "get_weather", '{"city":"Rome"}'], ["call_b", "get_weather", '{"city":"Oslo"}']]);
});

test("the client's tool loop runs over the gateway", async () => {
  const call = { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Rome"}' } };
  v.answer = (res, asked) => {
    const last = asked.json.messages.at(-1);
    v.says(last.role === "tool" ? completion({ content: `It is ${last.content}.` }) : completion({ tool_calls: [call] }));
    const say = v.answer;
    v.answer = again;
    say(res);
  };
  const again = v.answer;
  const runner = ai.chat.completions.runTools({ model: "m", messages: user("weather?"), tools: [{ type: "function",
    function: { ...weather.function, parse: JSON.parse, function: ({ city }) => `sunny in ${city}` } }] });
  assert.equal(await runner.finalContent(), "It is sunny in Rome.");
  assert.deepEqual(v.last().json.messages[1].tool_calls, [call]);
});

const City = z.object({ city: z.string(), people: z.number() });

test("a structured answer is parsed", async () => {
  v.says(completion({ content: '{"city":"Rome","people":2800000}' }));
  const response_format = zodResponseFormat(City, "city");
  const r = await ai.chat.completions.parse({ model: "m", messages: user("hi"), response_format });
  assert.deepEqual(r.choices[0].message.parsed, { city: "Rome", people: 2800000 });
  assert.deepEqual(v.last().json.response_format, JSON.parse(JSON.stringify(response_format)));
});

test("a structured answer is parsed from a stream", async () => {
  v.streams([delta({ role: "assistant", content: "" }), delta({ content: '{"city":"Ro' }), delta({ content: 'me","people":1}' }),
    delta({}, "stop"), done]);
  const r = await ai.chat.completions.stream({ model: "m", messages: user("hi"),
    response_format: zodResponseFormat(City, "city") }).finalChatCompletion();
  assert.deepEqual(r.choices[0].message.parsed, { city: "Rome", people: 1 });
});

test("images by address and by content arrive unchanged", async () => {
  v.says(completion({ content: "a cat" }));
  const messages = user([{ type: "text", text: "what is it?" },
    { type: "image_url", image_url: { url: "https://example.com/cat.png?x=1&y=2", detail: "high" } },
    { type: "image_url", image_url: { url: `data:image/png;base64,${"iVBORw0KGgo=".repeat(2000)}` } }]);
  assert.equal((await ask({ messages })).choices[0].message.content, "a cat");
  assert.deepEqual(v.last().json.messages, messages);
});

const vector = [0.5, -0.25, 1];
const base64 = Buffer.from(new Float32Array(vector).buffer).toString("base64");
const embeddings = (embedding) => ({ object: "list", data: [{ object: "embedding", index: 0, embedding }],
  model: "vendor-model", usage: { prompt_tokens: 1, total_tokens: 1 } });

test("embeddings in base64 are decoded by the client", async () => {
  v.says(embeddings(base64));
  const r = await ai.embeddings.create({ model: "vectors", input: "x" });
  assert.equal(v.last().url, "/v1/embeddings");
  assert.equal(v.last().json.encoding_format, "base64");
  assert.deepEqual(Array.from(r.data[0].embedding), vector);
});

test("embeddings as floats stay floats", async () => {
  v.says(embeddings(vector));
  const r = await ai.embeddings.create({ model: "vectors", input: ["x"], encoding_format: "float" });
  assert.deepEqual(r.data[0].embedding, vector);
});

test("an encoding that was not asked for is not asked of the vendor", async () => {
  v.says(embeddings(vector));
  const r = await g.ask("POST", "/v1/embeddings", { body: '{"model":"vectors","input":"x"}' });
  assert.deepEqual(r.json.data[0].embedding, vector);
  assert.equal(v.last().body, '{"model":"vendor-model","input":"x"}');
});

test("floats of a vendor that ignores base64 are still what the client asked for", async () => {
  v.says(embeddings(vector));
  const r = await ai.embeddings.create({ model: "vectors", input: "x" });
  assert.deepEqual(Array.from(r.data[0].embedding), vector);
});

test("usage is counted without the client seeing it, and seen when asked for", async () => {
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
  v.streams([delta({ role: "assistant", content: "" }), delta({ content: "x" }), delta({}, "stop"), chunk([], { usage }), done]);
  const quiet = await collect(await ask({ stream: true }));
  assert.ok(quiet.every((c) => c.choices.length === 1 && !c.usage));
  const loud = await collect(await ask({ stream: true, stream_options: { include_usage: true } }));
  assert.deepEqual(loud.at(-1).usage, usage);
  assert.equal(loud.filter((c) => c.usage).length, 1);
});

test("two interleaved choices stay apart", async () => {
  v.streams([delta({ role: "assistant", content: "" }, null, 0), delta({ role: "assistant", content: "" }, null, 1),
    delta({ content: "a" }, null, 0), delta({ content: "b" }, null, 1), delta({ content: "A" }, null, 0),
    delta({}, "stop", 1), delta({}, "length", 0), done]);
  const r = await ai.chat.completions.stream({ model: "m", n: 2, messages: user("hi") }).finalChatCompletion();
  assert.deepEqual(r.choices.map((c) => [c.index, c.message.content, c.finish_reason]), [[0, "aA", "length"], [1, "b", "stop"]]);
});

test("each reason to stop arrives", async () => {
  for (const reason of ["stop", "length", "content_filter"]) {
    const whole = completion({ content: "x" });
    whole.choices[0].finish_reason = reason;
    v.says(whole);
    assert.equal((await ask()).choices[0].finish_reason, reason);
    v.streams([delta({ role: "assistant", content: "" }), delta({ content: "x" }), delta({}, reason), done]);
    const chunks = await collect(await ask({ stream: true }));
    assert.equal(chunks.at(-1).choices[0].finish_reason, reason);
  }
});

test("a refusal arrives, whole and streamed", async () => {
  v.says(completion({ refusal: "I will not." }));
  const r = await ask();
  assert.equal(r.choices[0].message.refusal, "I will not.");
  assert.equal(r.choices[0].message.content, null);
  v.streams([delta({ role: "assistant", content: null, refusal: "" }), delta({ refusal: "I will" }), delta({ refusal: " not." }),
    delta({}, "stop"), done]);
  const s = await ai.chat.completions.stream({ model: "m", messages: user("hi") }).finalChatCompletion();
  assert.equal(s.choices[0].message.refusal, "I will not.");
});

test("reasoning arrives, whole and streamed", async () => {
  v.says(completion({ content: "x", reasoning_content: "because" }));
  assert.equal((await ask()).choices[0].message.reasoning_content, "because");
  v.streams([delta({ role: "assistant", content: "" }), delta({ reasoning_content: "beca" }), delta({ reasoning_content: "use" }),
    delta({ content: "x" }), delta({}, "stop"), done]);
  const chunks = await collect(await ask({ stream: true }));
  assert.equal(chunks.map((c) => c.choices[0].delta.reasoning_content ?? "").join(""), "because");
});

test("log probabilities arrive and are put together", async () => {
  const token = (t) => ({ token: t, logprob: -0.5, bytes: [97], top_logprobs: [] });
  v.streams([delta({ role: "assistant", content: "" }),
    chunk([{ index: 0, delta: { content: "a" }, logprobs: { content: [token("a")], refusal: null }, finish_reason: null }]),
    chunk([{ index: 0, delta: { content: "b" }, logprobs: { content: [token("b")], refusal: null }, finish_reason: null }]),
    delta({}, "stop"), done]);
  const r = await ai.chat.completions.stream({ model: "m", logprobs: true, messages: user("hi") }).finalChatCompletion();
  assert.deepEqual(r.choices[0].logprobs.content.map((t) => t.token), ["a", "b"]);
});

test("a stream framed with CR LF, comments and no blank after the colon is understood", async () => {
  const frames = [delta({ role: "assistant", content: "" }), ": ping\r\n\r\n", delta({ content: "x" }), delta({}, "stop"), done];
  v.streams(frames.map((f) => f.replace("data: ", "data:").replace(/\r?\n/g, "\r\n")));
  const r = await ai.chat.completions.stream({ model: "m", messages: user("hi") }).finalChatCompletion();
  assert.equal(r.choices[0].message.content, "x");
});

test("a stream in single bytes is understood", async () => {
  const bytes = Buffer.from([delta({ role: "assistant", content: "" }), delta({ content: "é\u{1f600}" }), delta({}, "stop"), done]
    .join(""));
  v.answer = async (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (const b of bytes) {
      res.write(Buffer.of(b));
      await new Promise(setImmediate);
    }
    res.end();
  };
  const r = await ai.chat.completions.stream({ model: "m", messages: user("hi") }).finalChatCompletion();
  assert.equal(r.choices[0].message.content, "é\u{1f600}");
});
