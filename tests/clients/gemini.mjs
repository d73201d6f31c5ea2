// SPDX-License-Identifier: Apache-2.0
// gemini.mjs - Google's official client: against a vendor that speaks OpenAI's chat, and against one of its own dialect.
// Needs Node 20
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiError, GoogleGenAI, Type } from "@google/genai";
import { between, chunk, completion, delta, done } from "./kit.mjs";

let g, chat, native, close, ai;
before(async () => {
  ({ g, chat, native, close } = await between("pro", { model: "gemini/gemini-x", api_key: "sk-native" }));
  ai = new GoogleGenAI({ apiKey: "sk-master", httpOptions: { baseUrl: g.url, retryOptions: { attempts: 1 } } });
});
after(() => close());

const tools = [{ functionDeclarations: [{ name: "get_weather", description: "Weather", parameters: { type: Type.OBJECT,
  properties: { city: { type: Type.STRING, nullable: true }, days: { type: Type.ARRAY, items: { type: Type.INTEGER }, minItems: "1" } }, required: ["city"] } }] }];
const ask = (model, config = {}, contents = "hi") => ai.models.generateContent({ model, contents, config });
async function collect(model, config = {}, contents = "hi") {
  const all = [];
  for await (const c of await ai.models.generateContentStream({ model, contents, config })) all.push(c);
  return all;
}
const sayCalls = () => chat.streams([
  delta({ role: "assistant", content: "" }), delta({ content: "Two " }), delta({ content: "cities." }),
  delta({ tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "get_weather", arguments: "" } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"city":"Rome"}' } }] }),
  delta({ tool_calls: [{ index: 1, id: "call_b", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } }] }),
  delta({}, "tool_calls"), chunk([], { usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29, completion_tokens_details: { reasoning_tokens: 4 } } }), done]);

test("content is asked for as a chat", async () => {
  chat.says(completion({ content: "Hello." }));
  const r = await ask("gpt", { systemInstruction: "Be brief.", temperature: 0.5, maxOutputTokens: 50, stopSequences: ["END"], tools,
    responseMimeType: "application/json", responseSchema: { type: Type.OBJECT, properties: { a: { type: Type.STRING } } } },
  [{ role: "user", parts: [{ text: "see" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] }]);
  const sent = chat.last().json;
  assert.deepEqual(sent.messages, [{ role: "system", content: "Be brief." }, { role: "user", content: [{ type: "text", text: "see" },
    { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }]);
  assert.deepEqual([sent.model, sent.temperature, sent.stop], ["gpt-x", 0.5, ["END"]]);
  assert.deepEqual(sent.tools[0].function.parameters, { type: "object", properties: { city: { type: ["string", "null"] },
    days: { type: "array", items: { type: "integer" }, minItems: 1 } }, required: ["city"] });
  assert.deepEqual(sent.response_format.json_schema.schema, { type: "object", properties: { a: { type: "string" } } });
  assert.equal(r.text, "Hello.");
  assert.equal(r.candidates[0].finishReason, "STOP");
  assert.deepEqual([r.usageMetadata.promptTokenCount, r.usageMetadata.candidatesTokenCount], [9, 2]);
});

test("a stream says what the whole answer says", async () => {
  sayCalls();
  const all = await collect("gpt", { tools });
  assert.equal(all.map((c) => c.text ?? "").join(""), "Two cities.");
  assert.deepEqual(all.flatMap((c) => c.functionCalls ?? []), [{ id: "call_a", name: "get_weather", args: { city: "Rome" } },
    { id: "call_b", name: "get_weather", args: { city: "Oslo" } }]);
  assert.deepEqual(all.map((c) => c.candidates[0].finishReason).filter(Boolean), ["STOP"]);
  const u = all.at(-1).usageMetadata;
  assert.deepEqual([u.promptTokenCount, u.candidatesTokenCount, u.thoughtsTokenCount, u.totalTokenCount], [20, 5, 4, 29]);
  chat.says(completion({ content: "Two cities.", tool_calls: [{ id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":"Rome"}' } }] }));
  const whole = await ask("gpt", { tools });
  assert.deepEqual(whole.candidates[0].content.parts, [{ text: "Two cities." }, { functionCall: { id: "call_a", name: "get_weather", args: { city: "Rome" } } }]);
});

test("answers of functions find their calls, with ids or without", async () => {
  chat.says(completion({ content: "ok" }));
  await ask("gpt", { tools }, [{ role: "user", parts: [{ text: "q" }] },
    { role: "model", parts: [{ text: "Wait." }, { functionCall: { name: "get_weather", args: { city: "Rome" } } }, { functionCall: { name: "get_weather", args: {} } },
      { functionCall: { id: "x", name: "now", args: {} } }] },
    { role: "user", parts: [{ functionResponse: { name: "get_weather", response: { output: "sun" } } }, { functionResponse: { name: "get_weather", response: { t: 1 } } },
      { functionResponse: { id: "x", name: "now", response: { result: "12" } } }, { text: "So?" }] }]);
  const { messages } = chat.last().json;
  assert.deepEqual(messages.map((m) => m.role), ["user", "assistant", "tool", "tool", "tool", "user"]);
  const ids = messages[1].tool_calls.map((c) => c.id);
  assert.equal(new Set(ids).size, 3);
  assert.equal(ids[2], "x");
  assert.deepEqual(messages.slice(2, 5).map((m) => [m.tool_call_id, m.content]), [[ids[0], "sun"], [ids[1], '{"t":1}'], ["x", "12"]]);
  assert.equal(messages[1].content, "Wait.");
});

test("thoughts are told to those who ask for them", async () => {
  const say = () => chat.says(completion({ content: "Yes.", reasoning_content: "Hm." }));
  say();
  assert.deepEqual((await ask("gpt")).candidates[0].content.parts, [{ text: "Yes." }]);
  say();
  const r = await ask("gpt", { thinkingConfig: { includeThoughts: true, thinkingBudget: 3000 } });
  assert.equal(chat.last().json.reasoning_effort, "medium");
  assert.deepEqual(r.candidates[0].content.parts, [{ text: "Hm.", thought: true }, { text: "Yes." }]);
});

test("failures are the client's own, before a stream and amid it", async () => {
  chat.says({ error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded", param: null } }, 429);
  await assert.rejects(ask("gpt"), (e) => e instanceof ApiError && e.status === 429 && /RESOURCE_EXHAUSTED/.test(e.message));
  chat.streams([delta({ content: "a" })]);
  await assert.rejects(collect("gpt"), /ended early/);
  await assert.rejects(ask("none"), (e) => e.status === 404 && /NOT_FOUND/.test(e.message));
  await assert.rejects(ask("gpt", { candidateCount: 2 }), /candidateCount/);
  const stranger = new GoogleGenAI({ apiKey: "sk-wrong", httpOptions: { baseUrl: g.url, retryOptions: { attempts: 1 } } });
  await assert.rejects(stranger.models.generateContent({ model: "gpt", contents: "hi" }), (e) => e.status === 401 && /UNAUTHENTICATED/.test(e.message));
});

test("without alt=sse a stream is one list, whole or broken off", async () => {
  const url = `${g.url}/v1beta/models/gpt:streamGenerateContent?key=sk-master`;
  const post = () => fetch(url, { method: "POST", body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "hi" }] }] }) });
  sayCalls();
  const all = JSON.parse(await (await post()).text());
  assert.equal(all.map((c) => c.candidates[0].content.parts[0].text ?? "").join(""), "Two cities.");
  chat.streams([delta({ content: "a" })]);
  const broken = await post();
  await assert.rejects(broken.text(), /terminated/); /* no JSON says so itself */
  chat.says({ error: { message: "x", type: "t", code: null, param: null } }, 400);
  const refused = await post();
  assert.equal(refused.status, 400);
  assert.equal((await refused.json())[0].error.code, 400);
});

test("vectors and counts", async () => {
  chat.says({ object: "list", data: [{ index: 0, embedding: [0.5, 1] }, { index: 1, embedding: [2, 3.25] }], model: "e", usage: { prompt_tokens: 2, total_tokens: 2 } });
  const r = await ai.models.embedContent({ model: "gpt", contents: ["a", "b"], config: { outputDimensionality: 2 } });
  assert.deepEqual(r.embeddings.map((e) => e.values), [[0.5, 1], [2, 3.25]]);
  assert.deepEqual(chat.last().json.input, ["a", "b"]);
  assert.equal(chat.last().json.dimensions, 2);
  assert.ok((await ai.models.countTokens({ model: "gpt", contents: "How many words are in this?" })).totalTokens > 3);
  native.says({ totalTokens: 77 });
  assert.equal((await ai.models.countTokens({ model: "pro", contents: "x" })).totalTokens, 77);
});

test("where the dialect is spoken bytes go through", async () => {
  const answer = { candidates: [{ content: { role: "model", parts: [{ text: "Hi", thoughtSignature: "c2ln" }] }, finishReason: "STOP" }], novel: { n: 1 },
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 }, modelVersion: "gemini-x" };
  native.says(answer);
  const body = `{"contents":[{"role":"user","parts":[{"text":"hi","novel":12345678901234567890}]}],  "novel":1.0}`;
  const r = await fetch(`${g.url}/v1beta/models/pro:generateContent?key=sk-master`, { method: "POST", body });
  assert.deepEqual(await r.json(), answer);
  assert.equal(native.last().body, body);
  assert.equal(native.last().url, "/v1beta/models/gemini-x:generateContent");
  assert.equal(native.last().headers["x-goog-api-key"], "sk-native");
  const frames = [{ ...answer, candidates: [{ content: answer.candidates[0].content }] }, answer].map((f) => `data: ${JSON.stringify(f)}\r\n\r\n`);
  native.streams(frames);
  const s = await fetch(`${g.url}/v1beta/models/pro:streamGenerateContent?alt=sse`, { method: "POST", body, headers: { "x-goog-api-key": "sk-master" } });
  assert.equal(await s.text(), frames.join(""));
  native.streams(frames);
  const list = await fetch(`${g.url}/v1beta/models/pro:streamGenerateContent`, { method: "POST", body, headers: { "x-goog-api-key": "sk-master" } });
  assert.deepEqual(await list.json(), frames.map((f) => JSON.parse(f.slice(6))));
  native.streams(frames.slice(0, 1));
  await assert.rejects(collect("pro"), /ended early/);
});
