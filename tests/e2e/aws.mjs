// SPDX-License-Identifier: Apache-2.0
// aws.mjs - a deployment at Bedrock behind the gateway: signed requests, the binary stream, its failures; and clients
// that sign their own requests. Signatures are made here anew, from nothing but hashes.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import http from "node:http";
import { after, before, test } from "node:test";
import { crc32, hello, start } from "./kit.mjs";

const hmac = (key, text) => crypto.createHmac("sha256", key).update(text).digest();
const sha = (data) => crypto.createHash("sha256").update(data).digest("hex");

// The path has been percent-encoded once and is so once more.
const canonicalPath = (path) =>
  path.split("/").map((s) => encodeURIComponent(s).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)).join("/");

function signature({ method, path, headers, names, hash, secret, scope, date }) {
  const canonical = [method, canonicalPath(path), "", ...names.map((n) => `${n}:${headers[n]}`), "", names.join(";"), hash]
    .join("\n");
  const text = ["AWS4-HMAC-SHA256", date, scope, sha(canonical)].join("\n");
  const key = scope.split("/").reduce((k, piece) => hmac(k, piece), `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

// ---- the vendor ----

function message(headers, payload) {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(value.length);
      return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)]);
    }),
  );
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const all = Buffer.concat([prelude, head, body]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(all));
  return Buffer.concat([all, end]);
}
const event = (type, payload) =>
  message({ ":event-type": type, ":content-type": "application/json", ":message-type": "event" }, payload);
const exception = (type, payload) =>
  message({ ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" }, payload);

const text = (t) => event("contentBlockDelta", { contentBlockIndex: 0, delta: { text: t } });
const usage = { inputTokens: 12, outputTokens: 3, totalTokens: 15 };
const script = {
  good: [event("messageStart", { role: "assistant" }), text("Hel"), text("lo"), event("contentBlockStop", { contentBlockIndex: 0 }),
    event("messageStop", { stopReason: "end_turn" }), event("metadata", { usage, metrics: { latencyMs: 1 } })],
  throttled: [event("messageStart", { role: "assistant" }), exception("throttlingException", { message: "Slow down" })],
  broken: [event("messageStart", { role: "assistant" }), text("Hel"), exception("internalServerException", { message: "Oops" })],
  cut: [event("messageStart", { role: "assistant" }), text("Hel")],
};

let g, vendor;
const seen = [];
function serve(req, res) {
  const parts = [];
  req.on("data", (d) => parts.push(d));
  req.on("end", () => {
    const body = Buffer.concat(parts);
    const r = { method: req.method, path: req.url, headers: req.headers, body };
    seen.push(r);
    const auth = /Credential=(\S+), SignedHeaders=(\S+), Signature=(\S+)/.exec(req.headers.authorization ?? "");
    const [id, ...scope] = (auth?.[1] ?? "").split("/");
    const wanted = auth && signature({ ...r, names: auth[2].split(";"), hash: sha(body), secret: "s3cret/key",
      scope: scope.join("/"), date: req.headers["x-amz-date"] });
    if (!auth || id !== "AKVENDOR" || wanted !== auth[3]) {
      res.writeHead(403, { "x-amzn-errortype": "InvalidSignatureException" });
      res.end('{"message":"wrong signature"}');
    } else if (req.url.endsWith("/converse-stream")) {
      res.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "req-7" });
      const all = Buffer.concat(script[/good|throttled|broken|cut/.exec(req.url)?.[0] ?? "good"]);
      for (let i = 0; i < all.length; i += 7) res.write(all.subarray(i, i + 7));
      res.end();
    } else {
      res.writeHead(200, { "content-type": "application/json", "x-amzn-requestid": "req-8" });
      res.end(JSON.stringify({ output: { message: { role: "assistant", content: [{ text: "Hello" }] } },
        stopReason: "end_turn", usage, metrics: { latencyMs: 1 } }));
    }
  });
}

before(async () => {
  vendor = http.createServer(serve);
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
  const at = (model) => ({
    model_name: model,
    litellm_params: { model: `bedrock/us.anthropic.claude-3-haiku-${model}-v1:0`, aws_access_key_id: "AKVENDOR",
      aws_secret_access_key: "s3cret/key", aws_region_name: "us-east-1",
      aws_bedrock_runtime_endpoint: `http://127.0.0.1:${vendor.address().port}` },
  });
  g = await start({ config: {
    model_list: ["good", "throttled", "broken", "cut"].map(at),
    router_settings: { num_retries: 0 },
    general_settings: { master_key: "sk-master",
      aws_client_credentials: [{ access_key_id: "AKCLIENT", secret_access_key: "client-secret", key: "sk-master" }] },
  } });
});
after(async () => {
  await g.end();
  vendor.closeAllConnections();
  vendor.close();
});

const key = { authorization: "Bearer sk-master" };
const events = (r) => r.text.split("\n\n").filter(Boolean).map((e) => e.replace(/^data: /, ""));

test("a request is signed, and its answer read", async () => {
  const r = await g.chat(hello("good"), key);
  assert.equal(r.status, 200, r.text);
  assert.equal(r.json.choices[0].message.content, "Hello");
  assert.equal(r.json.usage.total_tokens, 15);
  assert.match(seen.at(-1).path, /^\/model\/us\.anthropic\.claude-3-haiku-good-v1%3A0\/converse$/);
});

test("a binary stream becomes events of the client's dialect", async () => {
  const r = await g.chat(hello("good", { stream: true, stream_options: { include_usage: true } }), key);
  const all = events(r);
  assert.equal(all.pop(), "[DONE]");
  const chunks = all.map((e) => JSON.parse(e));
  assert.equal(chunks.map((c) => c.choices[0]?.delta.content ?? "").join(""), "Hello");
  assert.equal(chunks.at(-2).choices[0].finish_reason, "stop");
  assert.equal(chunks.at(-1).usage.prompt_tokens, 12);
});

test("throttled before a word was said is status 429", async () => {
  const r = await g.chat(hello("throttled", { stream: true }), key);
  assert.equal(r.status, 429, r.text);
  assert.equal(r.json.error.code, "rate_limit_exceeded");
});

test("an exception amid the stream is an error, and no [DONE] follows", async () => {
  const all = events(await g.chat(hello("broken", { stream: true }), key));
  assert.match(all.at(-1), /"error"/);
  assert.ok(!all.includes("[DONE]"));
});

test("a stream that ends early is no answer", async () => {
  const all = events(await g.chat(hello("cut", { stream: true }), key));
  assert.match(all.at(-1), /stream_truncated/);
});

// ---- clients that sign ----

function signed({ id = "AKCLIENT", secret = "client-secret", path = "/v1/chat/completions", hashed = true, body, at = Date.now() }) {
  const data = JSON.stringify(body);
  const date = new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/us-east-1/bedrock/aws4_request`;
  const headers = { host: `127.0.0.1:${g.port}`, "x-amz-date": date,
    ...(hashed ? { "x-amz-content-sha256": sha(data) } : {}) };
  const names = Object.keys(headers).sort();
  const s = signature({ method: "POST", path, headers, names, hash: sha(data), secret, scope, date });
  return { body: data, headers: { ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(";")}, Signature=${s}` } };
}
const send = (r) => g.ask("POST", "/v1/chat/completions", r);

test("a client's signature stands for its key, with the body's hash in a header or without", async () => {
  for (const hashed of [true, false]) {
    const r = await send(signed({ hashed, body: hello("good") }));
    assert.equal(r.status, 200, r.text);
  }
  const own = await send(signed({ id: "sk-master", secret: "sk-master", body: hello("good") }));
  assert.equal(own.status, 200, own.text);
});

test("a signature that is wrong, old or over another body is refused", async () => {
  const before = seen.length;
  const tampered = signed({ body: hello("good") });
  tampered.body = tampered.body.replace("hello", "hullo");
  const late = signed({ hashed: false, body: hello("good") });
  late.body = late.body.replace("hello", "hullo");
  for (const r of [signed({ secret: "guess", body: hello("good") }), signed({ id: "AKNOBODY", body: hello("good") }),
    signed({ at: Date.now() - 3600e3, body: hello("good") }), tampered, late]) {
    const answer = await send(r);
    assert.equal(answer.status, 403, answer.text);
  }
  assert.equal(seen.length, before);
});
