// SPDX-License-Identifier: Apache-2.0
// refusals.mjs - wrong requests, each with the answer that OpenAI's clients understand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hello, mockConfig, raw, start } from "./kit.mjs";

let g;
before(async () => {
  g = await start({ config: mockConfig({ general_settings: { max_request_size_mb: 1 } }) });
});
after(() => g.end());

function isError(r, status, code) {
  assert.equal(r.status, status, r.text);
  assert.match(r.headers["content-type"], /^application\/json/);
  assert.deepEqual(Object.keys(r.json.error).sort(), ["code", "message", "param", "type"]);
  assert.equal(typeof r.json.error.message, "string");
  if (code !== undefined) assert.equal(r.json.error.code, code);
}

test("an unknown path is a 404", async () => {
  isError(await g.ask("GET", "/v1/nothing"), 404, "unknown_url");
  isError(await g.ask("POST", "/key/generate", { body: {} }), 404, "unknown_url");
});

test("another method is a 405 with Allow", async () => {
  const r = await g.ask("GET", "/v1/chat/completions");
  isError(r, 405);
  assert.equal(r.headers.allow, "POST, OPTIONS");
  const models = await g.ask("DELETE", "/v1/models");
  isError(models, 405);
  assert.equal(models.headers.allow, "GET, HEAD, OPTIONS");
});

test("a name in the path that is badly encoded is a 400", async () => {
  isError(await g.ask("GET", "/v1/models/a%zz"), 400);
  isError(await g.ask("POST", "/engines/a%00/completions", { body: {} }), 400);
});

test("malformed JSON is a 400", async () => {
  for (const body of ["", "{", "[]", '"x"', '{"model":"echo",}', '{"model":"echo"} x', "\u0000"])
    isError(await g.ask("POST", "/v1/chat/completions", { body }), 400);
});

test("a missing or wrongly typed model is a 400", async () => {
  isError(await g.chat({ messages: [{ role: "user", content: "x" }] }), 400);
  for (const model of [1, null, [], {}, true]) isError(await g.chat(hello(model)), 400);
});

test("an unknown model is a 404 that names what there is", async () => {
  const r = await g.chat(hello("gpt-nothing"));
  isError(r, 404, "model_not_found");
  assert.match(r.json.error.message, /gpt-nothing/);
  assert.match(r.json.error.message, /echo/);
});

test("a body above the limit is a 413, announced or not", async () => {
  const body = JSON.stringify(hello("echo", { pad: "x".repeat(1100000) }));
  isError(await g.ask("POST", "/v1/chat/completions", { body }), 413);
  const size = (1100000).toString(16);
  const chunked = await raw(
    g.port,
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
      `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${size}\r\n${"x".repeat(1100000)}\r\n0\r\n\r\n`);
  assert.match(chunked, /^HTTP\/1\.1 413 /);
});

test("a body below the limit passes", async () => {
  const r = await g.chat(hello("echo", { user: "x".repeat(900000) }));
  assert.equal(r.status, 200, r.text);
});

test("too many or broken query parameters are a 400", async () => {
  const query = Array.from({ length: 40 }, (_, i) => `a${i}=1`).join("&");
  isError(await g.ask("POST", `/v1/chat/completions?${query}`, { body: hello("echo") }), 400);
  isError(await g.ask("POST", "/v1/chat/completions?a=%G1", { body: hello("echo") }), 400);
});

test("ambiguous framing is a 400 and the connection closes", async () => {
  const r = await raw(
    g.port,
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  assert.match(r, /^HTTP\/1\.1 400 /);
});

test("a refused request leaves the connection usable", async () => {
  const bad = '{"model":';
  const good = JSON.stringify(hello("echo"));
  const one = (body, last) =>
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
    `${last ? "Connection: close\r\n" : ""}Content-Length: ${body.length}\r\n\r\n${body}`;
  const r = await raw(g.port, one(bad, false) + one(good, true));
  assert.deepEqual(r.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 400", "HTTP/1.1 200"]);
});
