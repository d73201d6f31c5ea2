// SPDX-License-Identifier: Apache-2.0
// signals.mjs - SIGHUP reloads, SIGTERM drains, a second signal ends at once.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { test } from "node:test";
import { bearer, hello, mockConfig, start, until } from "./kit.mjs";

// A stream of some seconds; `text` grows.
function stream(g, words = 60) {
  const body = JSON.stringify(hello("slow-stream", {
    stream: true, messages: [{ role: "user", content: Array.from({ length: words }, (_, i) => `w${i}`).join(" ") }],
  }));
  const s = { text: "", status: 0, closed: false, failed: false };
  s.req = http.request({ host: "127.0.0.1", port: g.port, method: "POST", path: "/v1/chat/completions", agent: false,
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) } });
  s.req.on("error", () => (s.failed = s.closed = true));
  s.req.on("response", (res) => {
    s.status = res.statusCode;
    res.on("data", (d) => (s.text += d));
    res.on("error", () => (s.failed = true));
    res.on("close", () => (s.closed = true));
  });
  s.req.end(body);
  return s;
}

test("SIGHUP takes a changed file", async () => {
  const g = await start({ config: mockConfig() });
  const config = mockConfig();
  config.model_list.push({ model_name: "new", litellm_params: { model: "mock/new" } });
  assert.equal((await g.chat(hello("new"))).status, 404);
  writeFileSync(g.config, JSON.stringify(config));
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  assert.equal((await g.chat(hello("new"))).status, 200);
  await g.end();
});

test("SIGHUP with a bad file changes nothing and says why", async () => {
  const g = await start({ config: mockConfig() });
  writeFileSync(g.config, "model_list:\n  - model_name: [\n");
  g.child.kill("SIGHUP");
  await g.log(/reload refused.*old configuration stays/);
  assert.equal((await g.chat(hello("echo"))).status, 200);
  await g.end();
});

test("a running stream survives a reload that drops its model", async () => {
  const g = await start({ config: mockConfig() });
  const s = stream(g, 30);
  await until(() => s.text.includes("w3"));
  writeFileSync(g.config, JSON.stringify({ model_list: [{ model_name: "other", litellm_params: { model: "mock/x" } }] }));
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  assert.equal((await g.chat(hello("slow-stream"))).status, 404);
  await until(() => s.closed);
  assert.match(s.text, /data: \[DONE\]/);
  await g.end();
});

test("a master key can come and go by reload", async () => {
  const g = await start({ config: mockConfig() });
  writeFileSync(g.config, JSON.stringify(mockConfig({ general_settings: { master_key: "sk-late" } })));
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  assert.equal((await g.chat(hello("echo"))).status, 401);
  assert.equal((await g.ask("GET", "/models")).status, 401);
  assert.equal((await g.ask("GET", "/models", { headers: bearer("sk-late") })).status, 200);
  await g.end();
});

test("SIGHUP without a file is harmless", async () => {
  const g = await start();
  g.child.kill("SIGHUP");
  await g.log(/no configuration file/);
  assert.equal((await g.chat(hello("mock"))).status, 200);
  await g.end();
});

test("SIGTERM lets a running stream finish, then ends with 0", async () => {
  const g = await start({ config: mockConfig() });
  const s = stream(g, 20);
  await until(() => s.text.includes("w1"));
  const end = g.end();
  await g.log(/ending/);
  await assert.rejects(g.chat(hello("echo")));
  assert.deepEqual(await end, { status: 0, signal: null });
  assert.match(s.text, /w19/);
  assert.match(s.text, /data: \[DONE\]/);
});

test("SIGINT ends an idle gateway with 0", async () => {
  const g = await start({ config: mockConfig() });
  await g.chat(hello("echo"));
  assert.deepEqual(await g.end("SIGINT"), { status: 0, signal: null });
});

test("what still runs at the deadline is cut", async () => {
  const g = await start({ config: mockConfig(), args: ["--drain_timeout", "0"] });
  const s = stream(g, 2000);
  await until(() => s.text.includes("w1"));
  assert.deepEqual(await g.end(), { status: 0, signal: null });
  await until(() => s.closed);
  assert.ok(!s.text.includes("[DONE]"));
});

test("a second signal ends at once", async () => {
  const g = await start({ config: mockConfig() });
  const s = stream(g, 2000);
  await until(() => s.text.includes("w1"));
  const end = g.end();
  await g.log(/ending/);
  g.child.kill("SIGTERM");
  assert.equal((await end).status, 143);
});

test("the port is free again afterwards", async () => {
  const g = await start({ config: mockConfig() });
  const port = g.port;
  await g.chat(hello("echo"));
  await g.end();
  const again = await start({ config: mockConfig(), args: ["--port", String(port)] });
  assert.equal(again.port, port);
  await again.end();
});
