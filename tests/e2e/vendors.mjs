// SPDX-License-Identifier: Apache-2.0
// vendors.mjs - providers that translate, in the real program: one server plays all vendors, Google's token service
// and the server of an image. Each provider answers a client of OpenAI's, whole and streamed, alike.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import http from "node:http";
import { after, before, test } from "node:test";
import { file, hello, start } from "./kit.mjs";

let g, vendor, base;
const seen = [];
const keys = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });

const sse = (...frames) => frames.map((f) => `data: ${typeof f === "string" ? f : JSON.stringify(f)}\r\n\r\n`).join("");
const lines = (...objects) => objects.map((o) => JSON.stringify(o) + "\n").join("");

const gemini = (parts, more = {}) => ({ candidates: [{ content: { role: "model", parts }, ...more }],
  modelVersion: "gemini-x", responseId: "r1" });
const geminiUsage = { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 4,
  totalTokenCount: 9 } };
const call = { functionCall: { id: "c1", name: "f", args: { a: 1 } }, thoughtSignature: "U0lH" };
const claude = { id: "msg_1", type: "message", role: "assistant", model: "claude-x", stop_reason: "end_turn",
  content: [{ type: "text", text: "Hello" }], usage: { input_tokens: 3, output_tokens: 2 } };
const claudeEvents = [
  { type: "message_start", message: { ...claude, content: [], stop_reason: null } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
  { type: "message_stop" }];
const cohere = { id: "c1", finish_reason: "COMPLETE", message: { role: "assistant", content: [{ type: "text", text: "Hello" }] },
  usage: { tokens: { input_tokens: 3, output_tokens: 2 } } };
const cohereEvents = [
  { type: "message-start", id: "c1", delta: { message: { role: "assistant" } } },
  { type: "content-start", index: 0, delta: { message: { content: { type: "text", text: "" } } } },
  { type: "content-delta", index: 0, delta: { message: { content: { text: "Hello" } } } },
  { type: "message-end", delta: { finish_reason: "COMPLETE", usage: cohere.usage } }];
const ollama = { model: "q", message: { role: "assistant", content: "Hello" }, done: true, done_reason: "stop",
  prompt_eval_count: 3, eval_count: 2 };
const mistral = (part, finish, more = {}) => ({ id: "m1", object: "x", created: 1, model: "mistral-x",
  choices: [{ index: 0, ...part, finish_reason: finish }], ...more });
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

// What each path answers: [whole, stream, content type of streams].
const answers = [
  [/generateContent$|streamGenerateContent/, (body) => JSON.stringify(body.tools
    ? { ...gemini([{ text: "hm", thought: true }, call], { finishReason: "STOP" }), ...geminiUsage }
    : { ...gemini([{ text: "hm", thought: true }, { text: "Hello" }], { finishReason: "STOP" }), ...geminiUsage }),
  (body) => body.tools
    ? sse(gemini([{ text: "hm", thought: true }]), gemini([call]), { ...gemini([], { finishReason: "STOP" }), ...geminiUsage })
    : sse(gemini([{ text: "hm", thought: true }]), gemini([{ text: "Hel" }]),
      { ...gemini([{ text: "lo" }], { finishReason: "STOP" }), ...geminiUsage })],
  [/rawPredict|streamRawPredict/, () => JSON.stringify(claude),
    () => claudeEvents.map((e) => `event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`).join("")],
  [/v2\/chat/, () => JSON.stringify(cohere),
    () => cohereEvents.map((e) => `event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`).join("")],
  [/api\/chat/, () => JSON.stringify(ollama),
    () => lines({ ...ollama, message: { role: "assistant", content: "Hel" }, done: false },
      { ...ollama, message: { role: "assistant", content: "lo" } })],
  [/chat\/completions/, () => JSON.stringify(mistral({ message: { role: "assistant", content: "Hello" } }, "stop", { usage })),
    () => sse(mistral({ delta: { role: "assistant", content: "Hel" } }, null),
      mistral({ delta: { content: [{ type: "text", text: "lo" }] } }, "stop", { usage }), "[DONE]")],
];

function answer(req, text, res) {
  seen.push({ url: req.url, method: req.method, headers: req.headers, text });
  if (req.url === "/token") {
    const [header, claims, signature] = new URLSearchParams(text).get("assertion").split(".");
    const valid = crypto.verify("RSA-SHA256", Buffer.from(`${header}.${claims}`), keys.publicKey,
      Buffer.from(signature, "base64url"));
    res.writeHead(valid ? 200 : 400, { "content-type": "application/json" });
    res.end(JSON.stringify(valid ? { access_token: "ya29.token", expires_in: 3599 } : { error: "invalid_grant" }));
    return;
  }
  if (req.url === "/picture") {
    res.writeHead(200, { "content-type": "image/png" });
    res.end(Buffer.from("PNG"));
    return;
  }
  const [, whole, stream] = answers.find(([path]) => path.test(req.url)) ?? [];
  const body = text ? JSON.parse(text) : {};
  const streams = /streamGenerateContent|streamRawPredict/.test(req.url) || body.stream === true;
  res.writeHead(whole ? 200 : 404, { "content-type": !streams ? "application/json"
    : /api\/chat/.test(req.url) ? "application/x-ndjson" : "text/event-stream" });
  res.end(whole ? (streams ? stream(body) : whole(body)) : "{}");
}

before(async () => {
  vendor = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", () => answer(req, Buffer.concat(parts).toString(), res));
  });
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
  base = `http://127.0.0.1:${vendor.address().port}`;
  const key = file({ type: "service_account", client_email: "a@b.iam.gserviceaccount.com", project_id: "p-1",
    private_key: keys.privateKey.export({ type: "pkcs8", format: "pem" }), token_uri: `${base}/token` }, "key.json");
  const google = { api_base: base, vertex_credentials: key, vertex_location: "europe-west1" };
  const model = (model_name, litellm_params) => ({ model_name, litellm_params });
  g = await start({ config: {
    model_list: [
      model("gemini", { model: "gemini/gemini-3-flash", api_key: "k-gemini", api_base: base }),
      model("vertex", { model: "vertex_ai/gemini-2.5-flash", ...google }),
      model("claude", { model: "vertex_ai/claude-sonnet-4-5@20250929", ...google }),
      model("cohere", { model: "cohere/command-a-03-2025", api_key: "k-cohere", api_base: base }),
      model("ollama", { model: "ollama/qwen3:8b", api_base: base }),
      model("mistral", { model: "mistral/mistral-large-latest", api_key: "k-mistral", api_base: `${base}/v1` }),
    ],
    litellm_settings: { user_url_allowed_hosts: ["127.0.0.1"] },
  } });
});
after(async () => {
  await g?.end();
  vendor.close();
});

// A streamed answer put together, as clients do.
function join(text) {
  const message = { role: "assistant", content: "" };
  let finish, counts;
  for (const line of text.split("\n").filter((l) => l.startsWith("data: {"))) {
    const chunk = JSON.parse(line.slice(6));
    counts = chunk.usage ?? counts;
    for (const { delta, finish_reason } of chunk.choices) {
      finish = finish_reason ?? finish;
      message.content += delta.content ?? "";
      if (delta.reasoning_content) message.reasoning_content = (message.reasoning_content ?? "") + delta.reasoning_content;
      for (const { index, ...c } of delta.tool_calls ?? []) {
        message.tool_calls ??= [];
        const known = (message.tool_calls[index] ??= { ...c, function: { name: c.function.name, arguments: "" } });
        known.function.arguments += c.function.arguments;
      }
    }
  }
  return { message, finish, counts };
}

async function both(model, more) {
  const whole = await g.chat(hello(model, more));
  const stream = await g.chat(hello(model, { ...more, stream: true, stream_options: { include_usage: true } }));
  assert.equal(whole.status, 200, whole.text);
  assert.equal(stream.status, 200, stream.text);
  assert.match(stream.text, /data: \[DONE\]\n\n$/);
  const joined = join(stream.text), choice = whole.json.choices[0];
  assert.equal(joined.finish, choice.finish_reason);
  assert.equal(joined.message.content, choice.message.content ?? "");
  assert.equal(joined.message.reasoning_content, choice.message.reasoning_content);
  assert.deepEqual(joined.message.tool_calls, choice.message.tool_calls);
  assert.deepEqual(joined.counts, whole.json.usage);
  return choice;
}

for (const model of ["gemini", "vertex", "claude", "cohere", "ollama", "mistral"])
  test(`${model} answers whole and streamed alike`, async () => {
    const choice = await both(model);
    assert.equal(choice.message.content, "Hello");
    assert.equal(choice.finish_reason, "stop");
  });

test("a call of a tool keeps its signature, and gets it back when a client drops it", async () => {
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object", properties: { a: { type: "integer" } } } } }];
  const choice = await both("gemini", { tools });
  assert.equal(choice.finish_reason, "tool_calls");
  assert.equal(choice.message.tool_calls[0].extra_content.google.thought_signature, "U0lH");
  const { id, type, function: f } = choice.message.tool_calls[0];
  await g.chat({ model: "gemini", messages: [{ role: "user", content: "q" },
    { role: "assistant", content: null, tool_calls: [{ id, type, function: f }] },
    { role: "tool", tool_call_id: id, content: "1" }] });
  assert.equal(JSON.parse(seen.at(-1).text).contents[1].parts[0].thoughtSignature, "U0lH");
});

for (const model of ["gemini", "vertex"])
  test(`a call in Gemini's own form reaches ${model} as it came`, async () => {
    const body = { contents: [{ role: "user", parts: [{ text: "hello" }] }], generationConfig: { topK: 3 } };
    const whole = await g.ask("POST", `/v1beta/models/${model}:generateContent`, { body });
    assert.equal(whole.status, 200, whole.text);
    assert.deepEqual(JSON.parse(seen.at(-1).text), body);
    assert.equal(whole.json.candidates[0].content.parts[1].text, "Hello");
    const stream = await g.ask("POST", `/v1beta/models/${model}:streamGenerateContent?alt=sse`, { body });
    assert.equal(stream.status, 200, stream.text);
    assert.match(seen.at(-1).url, /:streamGenerateContent\?alt=sse$/);
    const frames = stream.text.split(/\r?\n\r?\n/).filter(Boolean).map((f) => JSON.parse(f.slice(6)));
    assert.equal(frames.flatMap((f) => f.candidates[0].content.parts).map((p) => (p.thought ? "" : p.text)).join(""), "Hello");
    assert.equal(frames.at(-1).usageMetadata.totalTokenCount, 9);
  });

test("a call in Anthropic's own form reaches Claude on Vertex AI, and any other provider", async () => {
  for (const model of ["claude", "gemini", "vertex", "cohere", "ollama", "mistral"]) {
    const body = { model, max_tokens: 9, messages: [{ role: "user", content: "hello" }] };
    const r = await g.ask("POST", "/v1/messages", { body });
    assert.equal(r.status, 200, `${model}: ${r.text}`);
    assert.equal(r.json.content.filter((b) => b.type === "text").map((b) => b.text).join(""), "Hello", model);
    const stream = await g.ask("POST", "/v1/messages", { body: { ...body, stream: true } });
    assert.equal(stream.status, 200, `${model}: ${stream.text}`);
    assert.match(stream.text, /event: message_stop/, model);
  }
});

test("one token of a service account serves all models of Vertex AI", () => {
  assert.equal(seen.filter((r) => r.url === "/token").length, 1);
  const sent = seen.filter((r) => r.url.startsWith("/v1/projects/p-1/locations/europe-west1/"));
  assert.ok(sent.length >= 4);
  for (const r of sent) assert.equal(r.headers.authorization, "Bearer ya29.token");
});

test("keys are placed as each vendor wants them", () => {
  const last = (path) => seen.filter((r) => path.test(r.url)).at(-1).headers;
  assert.equal(last(/v1beta/)["x-goog-api-key"], "k-gemini");
  assert.equal(last(/v1beta/).authorization, undefined);
  assert.equal(last(/v2\/chat/).authorization, "Bearer k-cohere");
  assert.equal(last(/v1\/chat/).authorization, "Bearer k-mistral");
  assert.equal(last(/api\/chat/).authorization, undefined);
});

for (const model of ["gemini", "claude", "ollama"])
  test(`an image behind a URL reaches ${model} as bytes`, async () => {
    const r = await g.chat({ model, messages: [{ role: "user", content: [{ type: "text", text: "what?" },
      { type: "image_url", image_url: { url: `${base}/picture` } }] }] });
    assert.equal(r.status, 200, r.text);
    const fetched = seen.at(-2), sent = seen.at(-1);
    assert.equal(fetched.url, "/picture");
    assert.equal(fetched.headers.authorization ?? fetched.headers["x-goog-api-key"], undefined);
    assert.ok(sent.text.includes(Buffer.from("PNG").toString("base64")));
  });

test("what a vendor lacks is named in the answer's header", async () => {
  const r = await g.chat(hello("cohere", { user: "u", logit_bias: { 1: 2 } }));
  assert.equal(r.status, 200, r.text);
  assert.match(r.headers["x-sluice-dropped-params"], /user/);
  assert.match(r.headers["x-sluice-dropped-params"], /logit_bias/);
});

test("an image of this machine is not fetched unless its host is allowed", async () => {
  const n = seen.length;
  const r = await g.chat({ model: "gemini", messages: [{ role: "user", content: [
    { type: "image_url", image_url: { url: `http://localhost:${vendor.address().port}/picture` } }] }] });
  assert.equal(r.status, 400);
  assert.equal(r.json.error.code, "invalid_image_url");
  assert.equal(seen.length, n);
});
