// SPDX-License-Identifier: Apache-2.0
// daemon.mjs - the library in somebody's libevent daemon: answers, clients that leave or read slowly, reload, end.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { after, before, test } from "node:test";
import { hello, mockConfig, until } from "../e2e/kit.mjs";
import { content, daemon } from "./kit.mjs";

const words = (model, n) => ({ model, messages: [{ role: "user", content: Array.from({ length: n }, (_, i) => `w${i}`).join(" ") }] });

let vendor;
before(async () => {
  // A vendor that says one word and then waits, or floods.
  vendor = http.createServer((req, res) => {
    vendor.open++;
    res.on("close", () => vendor.open--);
    req.resume();
    req.on("end", () => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      const chunk = (text) => res.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m",
        choices: [{ index: 0, delta: { role: "assistant", content: text }, finish_reason: null }] })}\n\n`);
      const pump = () => {
        while (!res.destroyed && (vendor.sent += 8192, chunk("x".repeat(8192))));
      };
      if (!vendor.flood) {
        chunk("x");
        return;
      }
      res.on("drain", pump);
      pump();
    });
  });
  vendor.open = vendor.sent = 0;
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
});
after(() => {
  vendor.closeAllConnections();
  vendor.close();
});

const config = () => {
  const c = mockConfig();
  c.model_list.push({ model_name: "vendor", litellm_params: { model: "openai/m", api_key: "k",
    api_base: `http://127.0.0.1:${vendor.address().port}/v1` } });
  return c;
};

test("lines are answered in order, each with its chunks and an empty line", async () => {
  const d = await daemon();
  const c = d.connect();
  c.send(hello("mock"), words("mock", 3), hello("mock"));
  const answers = await c.answered(3);
  assert.deepEqual(answers.map(content), ["hello", "w0 w1 w2", "hello"]);
  assert.ok(answers[1].length > 3);
  assert.deepEqual(await d.end(), { status: 0, signal: null });
});

test("a client that has said all gets all, and is closed", async () => {
  const d = await daemon();
  const c = d.connect();
  c.send(hello("mock"));
  c.socket.end();
  await until(() => c.closed);
  assert.equal(content(c.answers()[0]), "hello");
  assert.deepEqual(await d.end(), { status: 0, signal: null }, d.err);
});

test("many clients are served at once", async () => {
  const d = await daemon({ config: config() });
  const clients = Array.from({ length: 50 }, () => d.connect());
  for (const c of clients) c.send(hello("slow"));
  for (const c of clients) assert.equal(content((await c.answered())[0]), "hello");
  assert.deepEqual(await d.end(), { status: 0, signal: null }, d.err);
});

test("lines that are no requests are refused, and the next is served", async () => {
  const d = await daemon();
  const c = d.connect();
  c.send("no json", "", { model: "nothing", messages: [] }, hello("mock"));
  const answers = await c.answered(4);
  assert.equal(answers[0][0].error.type, "bad_request");
  assert.ok(answers[1][0].error && answers[2][0].error);
  assert.equal(content(answers[3]), "hello");
  assert.deepEqual(await d.end(), { status: 0, signal: null }, d.err);
});

test("a client that leaves takes its call with it", async () => {
  const d = await daemon({ config: config() });
  const c = d.connect();
  c.send(hello("vendor"));
  await until(() => c.text.includes('"x"'));
  assert.equal(vendor.open, 1);
  c.socket.resetAndDestroy();
  await until(() => vendor.open === 0, () => "the vendor's connection is still open");
  assert.deepEqual(await d.end(), { status: 0, signal: null }, d.err);
});

test("a client that does not read holds the vendor back", async () => {
  const d = await daemon({ config: config() });
  const c = d.connect();
  vendor.flood = true;
  c.socket.pause();
  c.send(hello("vendor"));
  await until(() => vendor.sent > 0);
  for (let before = -1; before !== vendor.sent;) {
    before = vendor.sent;
    assert.ok(before < 64 << 20);
    await new Promise((r) => setTimeout(r, 300));
  }
  const held = vendor.sent;
  c.socket.resume();
  await until(() => vendor.sent > held, () => "the stream does not go on");
  c.socket.resetAndDestroy();
  await until(() => vendor.open === 0);
  vendor.flood = false;
  assert.deepEqual(await d.end(), { status: 0, signal: null }, d.err);
});

test("SIGHUP takes a new configuration, and running calls finish on the old one", async () => {
  const d = await daemon({ config: config() });
  const running = d.connect();
  running.send(words("slow-stream", 30));
  await until(() => running.text.includes("w1"));
  writeFileSync(d.config, JSON.stringify({ model_list: [{ model_name: "new", litellm_params: { model: "mock/new" } }] }));
  d.child.kill("SIGHUP");
  await until(() => /reloaded/.test(d.err), () => d.err);
  const c = d.connect();
  c.send(hello("new"), hello("echo"));
  const answers = await c.answered(2);
  assert.equal(content(answers[0]), "hello");
  assert.equal(answers[1][0].error.code, "model_not_found");
  assert.match(content((await running.answered())[0]), /w29$/);
  writeFileSync(d.config, "model_list: [");
  d.child.kill("SIGHUP");
  await until(() => /old configuration stays/.test(d.err), () => d.err);
  c.send(hello("new"));
  await c.answered(3);
  assert.deepEqual(await d.end(), { status: 0, signal: null }, d.err);
});

test("SIGTERM lets running calls finish, closes idle clients, and ends with 0", async () => {
  const d = await daemon({ config: config() });
  const idle = d.connect();
  const busy = d.connect();
  busy.send(words("slow-stream", 20));
  await until(() => busy.text.includes("w1"));
  d.child.kill("SIGTERM");
  await until(() => idle.closed);
  assert.equal(content((await busy.answered())[0]).split(" ").length, 20);
  assert.deepEqual(await d.ended, { status: 0, signal: null });
});

test("a second SIGTERM ends what still runs", async () => {
  const d = await daemon({ config: config() });
  const c = d.connect();
  c.send(hello("vendor"));
  await until(() => c.text.includes('"x"'));
  d.child.kill("SIGTERM");
  await new Promise((r) => setTimeout(r, 100));
  assert.deepEqual(await d.end(), { status: 0, signal: null });
  await until(() => vendor.open === 0);
});
