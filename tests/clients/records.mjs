// SPDX-License-Identifier: Apache-2.0
// records.mjs - the line that is logged for each kind of call: complete, and right about what was used and by whom.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { toFile } from "openai";
import WebSocket from "ws";
import { chunk, client, completion, delta, done, start, until, user, vendor } from "./kit.mjs";

const log = path.join(os.tmpdir(), `sluice-records-${process.pid}.jsonl`);
let g, v, ai;
before(async () => {
  v = await vendor();
  const to = (model_name, model, more) => ({ model_name, model_info: { id: `${model_name}-1` },
    litellm_params: { model, api_base: `${v.url}/v1`, api_key: "sk-vendor", ...more } });
  g = await start({ config: { model_list: [
    to("m", "openai/vendor-model", { input_cost_per_token: 0.001, output_cost_per_token: 0.01, use_in_pass_through: true }),
    to("painter", "openai/paints", { output_cost_per_image: 0.5, api_key: "sk-painter" }),
    to("chat", "together_ai/other-model")],
    router_settings: { num_retries: 0 },
    litellm_settings: { callbacks: ["jsonl"] }, callback_settings: { jsonl: { path: log } } } });
  ai = client(g);
});
after(async () => {
  await g.end();
  v.close();
  rmSync(log, { force: true });
});

const lines = () => {
  try {
    return readFileSync(log, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } catch {
    return [];
  }
};
// The line of what `run` does; the only one of that kind that comes.
async function logged(run, kind) {
  const before = lines().length;
  await run();
  const mine = () => lines().slice(before).filter((line) => kind === undefined || line.call_type === kind);
  await until(() => mine().length > 0, () => `no line of ${kind}`);
  await new Promise((r) => setTimeout(r, 100));
  const all = mine();
  assert.equal(all.length, 1, JSON.stringify(all.map((line) => line.call_type)));
  return all[0];
}

const wav = () => toFile(Buffer.from("RIFF"), "a.wav", { type: "audio/wav" });
const usage = { input_tokens: 3, output_tokens: 7, total_tokens: 10 };
const response = { id: "resp_1", object: "response", created_at: 1, status: "completed", model: "vendor-model",
  output: [{ type: "message", id: "msg_1", role: "assistant", status: "completed",
    content: [{ type: "output_text", text: "hi", annotations: [] }] }], usage };
const streamed = () => v.streams([delta({ role: "assistant", content: "hi" }), delta({}, "stop"),
  chunk([], { usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } }), done]);
const sound = (res) => {
  res.writeHead(200, { "content-type": "audio/mpeg" });
  res.end("ID3");
};
const bytes = (res) => {
  res.writeHead(200, { "content-type": "application/octet-stream" });
  res.end("{}");
};
const m = { model: "vendor-model", model_group: "m", model_id: "m-1", custom_llm_provider: "openai" };
const chat = { model: "other-model", model_group: "chat", model_id: "chat-1", custom_llm_provider: "together_ai" };
const account = { model_id: "m-1", custom_llm_provider: "openai" };
const batch = { id: "batch_1", object: "batch", endpoint: "/v1/chat/completions", status: "validating", input_file_id: "file-1" };
const stored = { id: "file-1", object: "file", bytes: 2, created_at: 1, filename: "a.jsonl", purpose: "batch" };
let file, job;

// what it is, what the vendor says, the call, and what its line says besides what all say.
const rows = [
  ["chat.completions", () => v.says(completion({ content: "hi" })), () => ai.chat.completions.create({ model: "m", messages: user("x") }),
    { ...m, stream: false, prompt_tokens: 9, completion_tokens: 2, total_tokens: 11, response_cost: 0.029 }],
  ["chat.completions", streamed, async () => { for await (const _ of await ai.chat.completions.create({ model: "m", messages: user("x"), stream: true })); },
    { ...m, stream: true, prompt_tokens: 9, completion_tokens: 2, total_tokens: 11, response_cost: 0.029 }],
  ["responses", () => v.says(response), () => ai.responses.create({ model: "m", input: "x" }),
    { ...m, stream: false, prompt_tokens: 3, completion_tokens: 7, response_cost: 0.073 }],
  ["responses", () => v.says(completion({ content: "hi" })), () => ai.responses.create({ model: "chat", input: "x" }),
    { ...chat, stream: false, prompt_tokens: 9, completion_tokens: 2 }],
  ["embeddings", () => v.says({ object: "list", model: "vendor-model", data: [{ object: "embedding", index: 0, embedding: [0.5] }],
    usage: { prompt_tokens: 4, total_tokens: 4 } }), () => ai.embeddings.create({ model: "m", input: "x", encoding_format: "float" }),
    { ...m, prompt_tokens: 4, total_tokens: 4, response_cost: 0.004 }],
  ["moderations", () => v.says({ id: "modr-1", model: "vendor-model", results: [] }), () => ai.moderations.create({ model: "m", input: "x" }), m],
  ["images.generations", () => v.says({ created: 1, data: [{ b64_json: "aGk=" }], usage }), () => ai.images.generate({ model: "m", prompt: "x" }),
    { ...m, prompt_tokens: 3, completion_tokens: 7, images: 1 }],
  ["images.edits", () => v.says({ created: 1, data: [{ b64_json: "aGk=" }, { b64_json: "aGk=" }] }),
    async () => ai.images.edit({ model: "m", prompt: "x", n: 2, image: await toFile(Buffer.from("x"), "a.png", { type: "image/png" }) }), { ...m, images: 2 }],
  ["images.generations", () => v.says({ created: 1, data: [{ url: "x" }, { url: "y" }] }), () => ai.images.generate({ model: "painter", prompt: "x", n: 2 }),
    { model_group: "painter", images: 2, response_cost: 1 }],
  ["audio.speech", () => (v.answer = sound), async () => (await ai.audio.speech.create({ model: "m", voice: "alloy", input: "h\u00e4llo" })).arrayBuffer(),
    { ...m, characters: 5 }],
  ["audio.transcriptions", () => v.says({ text: "hello", usage: { type: "duration", seconds: 3 } }),
    async () => ai.audio.transcriptions.create({ model: "m", file: await wav() }), { ...m, milliseconds: 3000 }],
  ["audio.translations", () => v.says({ text: "hello" }), async () => ai.audio.translations.create({ model: "m", file: await wav() }), m],
  ["files.create", () => v.says(stored), async () => (file = await ai.files.create({ file: await toFile(Buffer.from("{}"), "a.jsonl"), purpose: "batch" })), account],
  ["files.retrieve", () => v.says(stored), () => ai.files.retrieve(file.id), account],
  ["files.content", () => (v.answer = bytes), async () => (await ai.files.content(file.id)).text(), account],
  ["batches.create", () => v.says(batch), async () => (job = await ai.batches.create({ input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" })), account],
  ["batches.retrieve", () => v.says(batch), () => ai.batches.retrieve(job.id), account],
  ["batches.cancel", () => v.says({ ...batch, status: "cancelling" }), () => ai.batches.cancel(job.id), account],
  ["files.delete", () => v.says({ id: "file-1", object: "file", deleted: true }), () => ai.files.delete(file.id), account],
  ["passthrough", () => v.says({ ok: true }), () => g.ask("POST", "/openai/v1/some/thing", { body: { a: 1 }, headers: { authorization: "Bearer sk-client" } }),
    { custom_llm_provider: "openai" }],
];

// What every line of a call that went well has.
function complete(line, kind) {
  assert.equal(line.call_type, kind);
  assert.equal(line.record, "call");
  assert.equal(line.status, "success");
  assert.equal(line.http_status, 200);
  assert.equal(line.cache_hit, false);
  for (const name of ["id", "uid", "litellm_call_id", "span_id", "custom_llm_provider"])
    assert.ok(typeof line[name] === "string" && line[name].length > 0, `${name}: ${JSON.stringify(line)}`);
  for (const name of ["startTime", "endTime", "completionStartTime", "response_time", "overhead_time_ms"])
    assert.ok(line[name] >= 0, `${name}: ${line[name]}`);
  assert.ok(line.startTime <= line.completionStartTime && line.completionStartTime <= line.endTime + 1e-5);
  assert.ok(Math.abs(line.startTime - Date.now() / 1000) < 60);
  assert.ok(line.overhead_time_ms <= line.response_time * 1000 + 1);
  assert.ok(Object.keys(line.stages_us).length > 2);
}

for (const [i, [kind]] of rows.entries())
  test(`the line of ${kind} (${i + 1})`, async () => {
    const [, says, run, expected] = rows[i];
    says();
    const line = await logged(run, kind);
    complete(line, kind);
    assert.equal(line.attempts, 1);
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(line[name], value, `${name} of ${JSON.stringify(line)}`);
  });

test("a response made in the background: who asked, and who made it", async () => {
  streamed();
  const before = lines().length;
  const r = await ai.responses.create({ model: "chat", input: "x", background: true });
  await until(async () => (await ai.responses.retrieve(r.id)).status === "completed");
  await until(() => lines().slice(before).some((line) => line.purpose === "background"));
  const made = lines().slice(before).find((line) => line.purpose === "background");
  complete(made, "responses");
  assert.deepEqual([made.model, made.model_group, made.model_id, made.total_tokens, made.stream, made.id],
    ["other-model", "chat", "chat-1", 11, true, r.id]);
  const asked = lines().slice(before).find((line) => line.call_type === "responses" && line.purpose !== "background");
  assert.deepEqual([asked.status, asked.http_status, asked.id, asked.total_tokens ?? 0], ["success", 200, r.id, 0]);
});

test("a turn over a WebSocket has a line of its own, as a call over HTTP has", async () => {
  streamed();
  const socket = new WebSocket(`${g.url.replace("http", "ws")}/v1/responses`, { headers: { authorization: "Bearer sk-client" } });
  let all = "";
  socket.on("message", (d) => (all += d));
  await new Promise((r, fail) => socket.on("open", r).on("error", fail));
  const line = await logged(async () => {
    socket.send(JSON.stringify({ type: "response.create", model: "chat", input: "x" }));
    await until(() => all.includes("response.completed"), () => all);
  }, "responses");
  complete(line, "responses");
  assert.deepEqual([line.model_group, line.model_id, line.total_tokens, line.stream], ["chat", "chat-1", 11, true]);
  socket.close();
});

test("one that failed says how, and who was asked", async () => {
  v.says({ error: { message: "No such voice.", type: "invalid_request_error", param: "voice", code: "bad_voice" } }, 400);
  const line = await logged(() => ai.audio.speech.create({ model: "m", voice: "x", input: "hello" }).catch(() => {}), "audio.speech");
  assert.deepEqual([line.status, line.http_status, line.model_id, line.attempts], ["failure", 400, "m-1", 1]);
  assert.match(line.error_str, /No such voice/);
  assert.equal(line.error_information.llm_provider, "openai");
  assert.ok(line.error_information.error_code && line.error_information.error_class);
});
