// SPDX-License-Identifier: Apache-2.0
// uploads.mjs - large forms, with OpenAI's client: they go upstream as they come, held by nobody; what stands before the
// file decides where, and each side holds the other back.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { after, before, test } from "node:test";
import { toFile } from "openai";
import { client, start, until } from "./kit.mjs";

const MIB = 1 << 20;
let g, ai, up;
// A vendor that reads a body when it is told to, and keeps its sum.
before(async () => {
  up = { asked: [], ready: undefined };
  const server = http.createServer((req, res) => {
    const sum = createHash("sha256");
    const call = { req, res, url: req.url, headers: req.headers, bytes: 0, ended: false, head: Buffer.alloc(0) };
    up.asked.push(call);
    call.read = () => req.on("data", (d) => {
      call.bytes += d.length;
      if (call.head.length < 4096) call.head = Buffer.concat([call.head, d.subarray(0, 4096)]);
      sum.update(d);
    });
    req.on("error", () => {});
    req.on("close", () => (call.closed = true));
    req.on("end", () => {
      call.ended = true;
      call.sum = sum.digest("hex");
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify(up.answer ?? { id: "file-1", object: "file", bytes: call.bytes, purpose: "batch", filename: "f" }));
    });
    if (up.first) up.first(call);
    else call.read();
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  up.url = `http://127.0.0.1:${server.address().port}/v1`;
  up.close = () => (server.closeAllConnections(), server.close());
  g = await start({ config: { model_list: [
    { model_name: "gpt", litellm_params: { model: "openai/gpt-x", api_base: up.url, api_key: "sk-up" } },
    { model_name: "whisper", litellm_params: { model: "openai/whisper-9", api_base: up.url, api_key: "sk-up" } },
    { model_name: "azure", litellm_params: { model: "azure/whisper-7", api_base: up.url.slice(0, -3), api_key: "k", api_version: "2024-10-21" } },
    { model_name: "groq", litellm_params: { model: "groq/whisper-8", api_base: up.url, api_key: "sk-up" } },
    { model_name: "compatible", litellm_params: { model: "hosted_vllm/whisper-6", api_base: up.url } },
    { model_name: "other", litellm_params: { model: "openai/other", api_base: "http://127.0.0.1:9/v1", api_key: "sk-up" } },
  ], general_settings: { max_request_size_mb: 600 }, router_settings: { num_retries: 2 } } });
  ai = client(g);
});
after(async () => {
  await g.end();
  up.close();
});

const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${g.child.pid}/status`, "utf8"))[1]) / 1024;
const boundary = "----form";
const field = (name, value) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const fileHead = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
// A form of that many bytes of data, written piece by piece.
function upload(path, before, size, behind = "") {
  const end = `\r\n${behind}--${boundary}--\r\n`;
  const length = Buffer.byteLength(before) + fileHead.length + size + end.length;
  const sum = createHash("sha256");
  const u = { sent: 0, length };
  u.req = http.request({ host: "127.0.0.1", port: g.port, method: "POST", path, agent: false,
    headers: { "content-type": `multipart/form-data; boundary=${boundary}`, "content-length": length } });
  u.answer = new Promise((done) => {
    u.req.on("response", (res) => {
      let text = "";
      res.on("data", (d) => (text += d));
      res.on("end", () => done({ status: res.statusCode, json: JSON.parse(text) }));
      res.on("error", done);
    });
    u.req.on("error", (e) => done({ status: 0, error: e }));
  });
  const block = Buffer.alloc(MIB, "0123456789abcdef");
  const write = (d) => (sum.update(d), (u.sent += d.length), u.req.write(d));
  u.req.setMaxListeners(0);
  u.run = async () => {
    write(Buffer.from(before + fileHead));
    for (let left = size; left > 0 && !u.req.destroyed; left -= block.length)
      if (!write(left < block.length ? block.subarray(0, left) : block))
        await new Promise((r) => { u.req.once("drain", r); u.req.once("close", r); });
    write(Buffer.from(end));
    u.req.end();
    u.sum = sum.digest("hex");
  };
  return u;
}

test("200 MB pass and are held by nobody", async () => {
  const before = rss();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, rss())), 20);
  const u = upload("/v1/files", field("purpose", "batch"), 200 * MIB);
  await u.run();
  const { status, json } = await u.answer;
  clearInterval(watch);
  assert.equal(status, 200, JSON.stringify(json));
  const call = up.asked.at(-1);
  assert.equal(call.bytes, u.length);
  assert.equal(Number(call.headers["content-length"]), u.length);
  assert.equal(call.sum, u.sum);
  console.log(`# resident: ${before.toFixed(1)} MiB before, ${most.toFixed(1)} MiB at most`);
  assert.ok(most - before < 50, `${most - before} MiB more`);
});

test("the model is replaced where it stands before the file", async () => {
  const u = upload("/v1/audio/transcriptions", field("model", "whisper") + field("timeout", "60"), 8 * MIB, field("language", "en"));
  up.answer = { text: "hello" };
  await u.run();
  const { status, json } = await u.answer;
  up.answer = undefined;
  assert.equal(status, 200, JSON.stringify(json));
  const text = up.asked.at(-1).head.toString("latin1");
  assert.match(text, /name="model"\r\n\r\nwhisper-9\r\n/);
  assert.doesNotMatch(text, /name="timeout"/);
});

for (const [model, name, url] of [["azure", "whisper-7", "/openai/deployments/whisper-7/audio/transcriptions?api-version=2024-10-21"],
  ["groq", "whisper-8", "/v1/audio/transcriptions"], ["compatible", "whisper-6", "/v1/audio/transcriptions"]])
  test(`a large form goes to ${model} as it comes`, async () => {
    const n = up.asked.length;
    const u = upload("/v1/audio/transcriptions", field("model", model), 24 * MIB);
    up.answer = { text: "hello" };
    // The vendor has its beginning while the client has most of it.
    u.req.write(field("model", model) + fileHead + "x".repeat(MIB));
    await until(() => up.asked.length > n && up.asked.at(-1).bytes > 0);
    assert.equal(up.asked.at(-1).url, url);
    assert.match(up.asked.at(-1).head.toString("latin1"), new RegExp(`name="model"\\r\\n\\r\\n${name}\\r\\n`));
    u.req.write(Buffer.alloc(23 * MIB, "y"));
    u.req.end(`\r\n--${boundary}--\r\n`);
    const { status, json } = await u.answer;
    up.answer = undefined;
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(up.asked.at(-1).bytes, Number(up.asked.at(-1).headers["content-length"]));
  });

test("OpenAI's client may put the file first", async () => {
  const file = await ai.files.create({ file: await toFile(Buffer.alloc(6 * MIB, "x"), "in.jsonl"), purpose: "batch" });
  assert.match(file.id, /^file-sl1/);
  assert.equal(up.asked.at(-1).ended, true);
});

test("a field that decides is refused behind the file, before the vendor has all", async () => {
  for (const name of ["model", "custom_llm_provider"]) {
    const u = upload("/v1/files", field("purpose", "batch"), 8 * MIB, field(name, "gpt"));
    await u.run().catch(() => {});
    const { status, json } = await u.answer;
    assert.equal(status, 400, JSON.stringify(json));
    assert.equal(json.error.param, name);
    await until(() => up.asked.at(-1).closed);
    assert.equal(up.asked.at(-1).ended, false);
  }
});

test("a model behind the file is found, the form being held", async () => {
  const u = upload("/v1/audio/transcriptions", "", 8 * MIB, field("model", "whisper"));
  up.answer = { text: "hello" };
  await u.run();
  const { status, json } = await u.answer;
  up.answer = undefined;
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal(up.asked.at(-1).ended, true);
});

test("a vendor that does not read holds the client back", async () => {
  let call;
  up.first = (c) => (call = c);
  const u = upload("/v1/files", field("purpose", "batch"), 200 * MIB);
  const run = u.run();
  await until(() => call);
  let before = -1;
  await until(async () => {
    const same = u.sent === before;
    before = u.sent;
    await new Promise((r) => setTimeout(r, 300));
    return same;
  });
  assert.ok(u.sent < 100 * MIB, `${u.sent} bytes were taken`);
  up.first = undefined;
  call.read();
  await run;
  assert.equal((await u.answer).status, 200);
  assert.equal(call.sum, u.sum);
});

test("an uploader that leaves ends it at the vendor", async () => {
  const n = up.asked.length;
  const u = upload("/v1/files", field("purpose", "batch"), 100 * MIB);
  u.req.write(field("purpose", "batch") + fileHead + "x".repeat(MIB));
  await until(() => up.asked.length > n && up.asked.at(-1).bytes > 0);
  u.req.destroy();
  await until(() => up.asked.at(-1).closed);
  assert.equal(up.asked.at(-1).ended, false);
});

test("a vendor that refuses amid it is told, and asked once", async () => {
  const n = up.asked.length;
  up.first = (call) => {
    call.req.once("data", () => {
      call.res.writeHead(500, { "content-type": "application/json", connection: "close" });
      call.res.end(JSON.stringify({ error: { message: "Too much.", type: "server_error", param: null, code: null } }));
      call.req.resume();
    });
  };
  const u = upload("/v1/files", field("purpose", "batch"), 20 * MIB);
  const run = u.run().catch(() => {});
  const { status, json } = await u.answer;
  up.first = undefined;
  u.req.destroy();
  await run;
  assert.equal(status, 502, JSON.stringify(json));
  assert.match(json.error.message, /Too much/);
  assert.equal(up.asked.length, n + 1);
});

test("a form that is cut or no form fails, and the vendor never sees its end", async () => {
  const u = upload("/v1/files", field("purpose", "batch"), 8 * MIB, "--not a part\r\n");
  u.run();
  assert.equal((await u.answer).status, 200); // within the file's data
  const bad = upload("/v1/files", field("purpose", "batch"), 8 * MIB, `--${boundary}\r\nno header field\r\n\r\n`);
  bad.run().catch(() => {});
  assert.equal((await bad.answer).status, 400);
  assert.equal(up.asked.at(-1).ended, false);
});
