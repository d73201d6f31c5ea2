// SPDX-License-Identifier: Apache-2.0
// operations.mjs - the official openai client through the gateway, for what is no chat: images, audio, moderations,
// files, batches, rerank. Forms arrive with every part as it was sent but the model.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { toFile } from "openai";
import { client, data, event, form, start, vendor } from "./kit.mjs";

let g, v, w, ai;
before(async () => {
  v = await vendor();
  w = await vendor();
  const to = (model_name, at, more = {}) => ({ model_name, litellm_params: { model: "openai/vendor-model",
    api_base: `${at.url}/v1`, api_key: "sk-vendor", ...more } });
  g = await start({ config: { general_settings: { master_key: "sk-client" }, model_list: [to("m", v),
    to("other", w, { api_key: "sk-other" }), to("terse", v, { additional_drop_params: ["user"],
      extra_body: { quality: "low" } })] } });
  ai = client(g);
});
after(async () => {
  await g.end();
  v.close();
  w.close();
});

const sound = randomBytes(300_000);
const wav = () => toFile(sound, "speech.wav", { type: "audio/wav" });

test("a moderation goes to the model's vendor", async () => {
  v.says({ id: "modr-1", model: "vendor-model", results: [{ flagged: true, categories: {}, category_scores: {} }] });
  const r = await ai.moderations.create({ model: "m", input: ["a", "b"] });
  assert.equal(r.results[0].flagged, true);
  assert.equal(r.model, "m");
  assert.equal(v.last().url, "/v1/moderations");
  assert.deepEqual(v.last().json, { model: "vendor-model", input: ["a", "b"] });
});

test("a moderation without a model is asked of the first openai deployment, without one", async () => {
  v.says({ id: "modr-1", model: "omni-moderation-latest", results: [] });
  const r = await ai.moderations.create({ input: "x" });
  assert.equal(r.model, "omni-moderation-latest");
  assert.deepEqual(v.last().json, { input: "x" });
});

test("documents are ranked at each of the three paths", async () => {
  const answer = { id: "r", results: [{ index: 1, relevance_score: 0.9 }], meta: { billed_units: { search_units: 1 } } };
  const body = { model: "m", query: "q", documents: ["a", "b"], top_n: 1 };
  v.says(answer);
  for (const path of ["/v1/rerank", "/v2/rerank", "/rerank"]) {
    const r = await g.ask("POST", path, { body, headers: { authorization: "Bearer sk-client" } });
    assert.equal(r.status, 400, "openai itself has no rerank");
    assert.match(r.json.error.message, /does not serve rerank/);
  }
});

test("images are generated, and what the deployment changes is changed", async () => {
  const answer = { created: 1, data: [{ b64_json: "aGk=" }], usage: { input_tokens: 3, output_tokens: 7, total_tokens: 10 } };
  v.says(answer);
  assert.deepEqual(await ai.images.generate({ model: "m", prompt: "a cat", size: "auto" }), answer);
  assert.deepEqual(v.last().json, { model: "vendor-model", prompt: "a cat", size: "auto" });
  await ai.images.generate({ model: "terse", prompt: "a cat", user: "u" });
  assert.deepEqual(v.last().json, { model: "vendor-model", prompt: "a cat", quality: "low" });
});

test("images come as a stream of events", async () => {
  const one = { type: "image_generation.partial_image", b64_json: "aA==", partial_image_index: 0 };
  const two = { type: "image_generation.completed", b64_json: "aGk=", usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } };
  v.streams([event(one.type, one), event(two.type, two)]);
  const seen = [];
  for await (const e of await ai.images.generate({ model: "m", prompt: "a cat", stream: true, partial_images: 1 })) seen.push(e);
  assert.deepEqual(seen, [one, two]);
});

test("a stream of images that breaks off is an error, not an end", async () => {
  v.streams([event("image_generation.partial_image", { b64_json: "aA==", partial_image_index: 0 })]);
  const stream = await ai.images.generate({ model: "m", prompt: "a cat", stream: true, partial_images: 1 });
  await assert.rejects(async () => {
    for await (const e of stream) void e;
  }, /ended early/);
});

test("a form is sent on with one field replaced and every other byte as it came", async () => {
  v.says({ created: 1, data: [{ b64_json: "aGk=" }] });
  const raw = randomBytes(70_000);
  await ai.images.edit({ model: "m", prompt: "redder", image: [await toFile(raw, "a.png", { type: "image/png" }),
    await toFile(Buffer.from("b"), "b.png", { type: "image/png" })], n: 2 });
  const f = await form(v.last());
  assert.equal(v.last().url, "/v1/images/edits");
  assert.equal(f.model, "vendor-model");
  assert.equal(f.prompt, "redder");
  assert.equal(f.n, "2");
  assert.deepEqual(f["image[]"].map((p) => p.name), ["a.png", "b.png"]);
  assert.deepEqual(Buffer.from(await f["image[]"][0].arrayBuffer()), raw);
  await ai.images.createVariation({ model: "terse", image: await toFile(raw, "a.png"), user: "u" });
  const second = await form(v.last());
  assert.equal(v.last().url, "/v1/images/variations");
  assert.equal(second.user, undefined);
  assert.equal(second.quality, "low");
});

test("the model may stand behind the file, in the path, or nowhere", async () => {
  v.says({ text: "hello" });
  const body = (fields) => {
    const f = new FormData();
    for (const [name, value] of fields) f.append(name, value);
    return f;
  };
  const file = new File([sound], "s.wav", { type: "audio/wav" });
  const post = (path, fields) => fetch(`${g.url}${path}`, { method: "POST", body: body(fields),
    headers: { authorization: "Bearer sk-client" } });
  assert.equal((await post("/v1/audio/transcriptions", [["file", file], ["model", "m"]])).status, 200);
  assert.equal((await form(v.last())).model, "vendor-model");
  assert.equal((await post("/openai/deployments/m/audio/transcriptions", [["file", file]])).status, 200);
  assert.equal((await form(v.last())).model, "vendor-model");
  const none = await post("/v1/audio/transcriptions", [["file", file]]);
  assert.equal(none.status, 400);
  assert.equal((await none.json()).error.param, "model");
  const two = await post("/v1/audio/transcriptions", [["model", "m"], ["file", file], ["model", "other"]]);
  assert.equal(two.status, 400);
  assert.match((await two.json()).error.message, /model once/);
});

test("speech is handed on as bytes of the vendor's type", async () => {
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "audio/mpeg" });
    for (let i = 0; i < sound.length; i += 65536) res.write(sound.subarray(i, i + 65536));
    res.end();
  };
  const r = await ai.audio.speech.create({ model: "m", voice: "alloy", input: "hello" });
  assert.equal(r.headers.get("content-type"), "audio/mpeg");
  assert.deepEqual(Buffer.from(await r.arrayBuffer()), sound);
  assert.deepEqual(v.last().json, { model: "vendor-model", voice: "alloy", input: "hello" });
});

test("speech may come as events", async () => {
  v.streams([data({ type: "speech.audio.delta", audio: "aGk=" }),
    data({ type: "speech.audio.done", usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } })]);
  const r = await ai.audio.speech.create({ model: "m", voice: "alloy", input: "hello", stream_format: "sse" });
  assert.match(await r.text(), /^data: \{"type":"speech.audio.delta".*\n\ndata: .*done/);
});

test("speech that breaks off does not look complete", async () => {
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "audio/mpeg" });
    res.write(sound.subarray(0, 1000));
    setTimeout(() => res.destroy(), 50);
  };
  const r = await ai.audio.speech.create({ model: "m", voice: "alloy", input: "hello" });
  await assert.rejects(r.arrayBuffer());
});

test("a failure of speech is an error of the API", async () => {
  v.says({ error: { message: "no such voice", type: "invalid_request_error", param: "voice", code: null } }, 400);
  await assert.rejects(ai.audio.speech.create({ model: "m", voice: "x", input: "hello" }),
    (e) => e.status === 400 && e.param === "voice");
});

test("a recording is transcribed: as JSON, as text, as subtitles, as a stream", async () => {
  v.says({ text: "hello", usage: { type: "duration", seconds: 3 } });
  assert.equal((await ai.audio.transcriptions.create({ model: "m", file: await wav() })).text, "hello");
  const f = await form(v.last());
  assert.equal(f.model, "vendor-model");
  assert.equal(f.file.name, "speech.wav");
  assert.equal(f.file.type, "audio/wav");
  assert.equal(createHash("sha256").update(Buffer.from(await f.file.arrayBuffer())).digest("hex"),
    createHash("sha256").update(sound).digest("hex"));
  const srt = "1\n00:00:00,000 --> 00:00:01,000\nhello\n";
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    res.end(srt);
  };
  assert.equal(await ai.audio.transcriptions.create({ model: "m", file: await wav(), response_format: "srt" }), srt);
  v.streams([data({ type: "transcript.text.delta", delta: "hel" }), data({ type: "transcript.text.delta", delta: "lo" }),
    data({ type: "transcript.text.done", text: "hello", usage: { type: "tokens", input_tokens: 1, output_tokens: 2, total_tokens: 3 } })]);
  const seen = [];
  for await (const e of await ai.audio.transcriptions.create({ model: "m", file: await wav(), stream: true })) seen.push(e.type);
  assert.deepEqual(seen, ["transcript.text.delta", "transcript.text.delta", "transcript.text.done"]);
});

test("a recording is translated", async () => {
  v.says({ text: "hello" });
  assert.equal((await ai.audio.translations.create({ model: "m", file: await wav() })).text, "hello");
  assert.equal(v.last().url, "/v1/audio/translations");
});

// What a vendor keeps.
const file = (id) => ({ id, object: "file", bytes: 2, created_at: 1, filename: "a.jsonl", purpose: "batch", status: "processed" });
const batch = (id, more = {}) => ({ id, object: "batch", endpoint: "/v1/chat/completions", status: "in_progress",
  input_file_id: "file-1", output_file_id: null, error_file_id: null, completion_window: "24h", created_at: 1, ...more });

test("a file goes to the account of the model that is named, and is found there again", async () => {
  w.says(file("file-1"));
  const asked = v.asked.length;
  const up = await ai.files.create({ purpose: "batch", file: await toFile(Buffer.from("{}"), "a.jsonl") },
    { headers: { "x-litellm-model": "other" } });
  assert.match(up.id, /^file-sl1/);
  assert.equal(w.last().headers.authorization, "Bearer sk-other");
  const sent = await form(w.last());
  assert.equal(sent.purpose, "batch");
  assert.equal(sent.model, undefined);
  const again = await ai.files.retrieve(up.id);
  assert.equal(w.last().method, "GET");
  assert.equal(w.last().url, "/v1/files/file-1");
  assert.equal(again.id, up.id);
  w.answer = (res) => {
    res.writeHead(200, { "content-type": "application/json", "content-disposition": 'attachment; filename="a.jsonl"' });
    res.end("{}\n{}");
  };
  const content = await ai.files.content(up.id);
  assert.equal(w.last().url, "/v1/files/file-1/content");
  assert.equal(content.headers.get("content-disposition"), 'attachment; filename="a.jsonl"');
  assert.equal(await content.text(), "{}\n{}");
  w.says({ id: "file-1", object: "file", deleted: true });
  assert.equal((await ai.files.delete(up.id)).id, up.id);
  assert.equal(w.last().method, "DELETE");
  assert.equal(v.asked.length, asked);
});

test("a model, a target and a provider in the form say whose account it is", async () => {
  v.says(file("file-2"));
  w.says(file("file-3"));
  const send = async (extra) => {
    const f = new FormData();
    f.append("purpose", "batch");
    for (const [name, value] of Object.entries(extra)) f.append(name, value);
    f.append("file", new File(["{}"], "a.jsonl"));
    const r = await fetch(`${g.url}/v1/files`, { method: "POST", body: f, headers: { authorization: "Bearer sk-client" } });
    return [r.status, await r.json()];
  };
  for (const extra of [{ model: "other" }, { target_model_names: "other" }]) {
    assert.equal((await send(extra))[0], 200);
    assert.deepEqual(Object.keys(await form(w.last())).sort(), ["file", "purpose"]);
  }
  assert.equal((await send({ custom_llm_provider: "openai" }))[0], 200);
  assert.deepEqual(Object.keys(await form(v.last())).sort(), ["file", "purpose"]);
  const [status, nobody] = await send({ custom_llm_provider: "cohere" });
  assert.equal(status, 404);
  assert.equal(nobody.error.param, "custom_llm_provider");
  assert.equal((await send({ target_model_names: "m, other" }))[1].error.param, "target_model_names");
});

test("an empty file is an answer", async () => {
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "application/octet-stream" });
    res.end();
  };
  assert.equal(await (await ai.files.content("file-9")).text(), "");
});

test("files are listed, page by page", async () => {
  v.says({ object: "list", data: [file("file-1"), file("file-2")], first_id: "file-1", last_id: "file-2", has_more: false });
  const page = await ai.files.list({ purpose: "batch", limit: 2 });
  assert.equal(v.last().url, "/v1/files?purpose=batch&limit=2");
  assert.equal(page.data.length, 2);
  assert.ok(page.data.every((f) => /^file-sl1/.test(f.id)));
  await ai.files.list({ after: page.data[1].id });
  assert.equal(v.last().url, "/v1/files?after=file-2");
});

test("a batch runs where its file lies, and its results are read from there", async () => {
  w.says(file("file-1"));
  const up = await ai.files.create({ purpose: "batch", file: await toFile(Buffer.from("{}"), "a.jsonl") },
    { headers: { "x-litellm-model": "other" } });
  w.says(batch("batch_1"));
  const b = await ai.batches.create({ input_file_id: up.id, endpoint: "/v1/chat/completions", completion_window: "24h" });
  assert.deepEqual(w.last().json, { input_file_id: "file-1", endpoint: "/v1/chat/completions", completion_window: "24h" });
  assert.match(b.id, /^batch_sl1/);
  assert.equal(b.input_file_id, up.id);
  w.says(batch("batch_1", { status: "completed", output_file_id: "file-out" }));
  const done = await ai.batches.retrieve(b.id);
  assert.equal(w.last().url, "/v1/batches/batch_1");
  w.answer = (res) => {
    res.writeHead(200, { "content-type": "application/octet-stream" });
    res.end('{"custom_id":"a"}\n');
  };
  assert.equal(await (await ai.files.content(done.output_file_id)).text(), '{"custom_id":"a"}\n');
  assert.equal(w.last().url, "/v1/files/file-out/content");
  w.says(batch("batch_1", { status: "cancelling" }));
  assert.equal((await ai.batches.cancel(b.id)).status, "cancelling");
  assert.equal(w.last().method, "POST");
  assert.equal(w.last().url, "/v1/batches/batch_1/cancel");
  w.says({ object: "list", data: [batch("batch_1")], has_more: false });
  const list = await ai.batches.list({}, { headers: { "x-litellm-model": "other" } });
  assert.equal(list.data[0].id, b.id);
});

test("a forged id is nobody's", async () => {
  v.says({ object: "list", data: [file("file-1")], has_more: false });
  const { id } = (await ai.files.list()).data[0];
  const forged = id.slice(0, 20) + (id[20] === "A" ? "B" : "A") + id.slice(21);
  await assert.rejects(ai.files.retrieve(forged), (e) => e.status === 404);
});

test("a file of ours in a chat is the vendor's there, and leads the call to its account", async () => {
  v.says({ object: "list", data: [file("file-1")], has_more: false });
  const { id } = (await ai.files.list()).data[0];
  const messages = [{ role: "user", content: [{ type: "file", file: { file_id: id } }, { type: "text", text: "sum up" }] }];
  v.says({ id: "x", object: "chat.completion", created: 1, model: "vendor-model", choices: [{ index: 0, finish_reason: "stop",
    message: { role: "assistant", content: "ok" } }] });
  await ai.chat.completions.create({ model: "m", messages });
  assert.equal(v.last().json.messages[0].content[0].file.file_id, "file-1");
  await assert.rejects(ai.chat.completions.create({ model: "other", messages }),
    (e) => e.status === 400 && e.param === "model");
});

test("a file of the vendor's own id is asked for as it is", async () => {
  v.says(file("file-abc"));
  await ai.files.retrieve("file-abc");
  assert.equal(v.last().url, "/v1/files/file-abc");
});

test("without a key nothing is uploaded", async () => {
  const asked = v.asked.length;
  await assert.rejects(client(g, { apiKey: "sk-wrong" }).files.list(), (e) => e.status === 401);
  assert.equal(v.asked.length, asked);
});
