// SPDX-License-Identifier: Apache-2.0
// streams.mjs - answers in pieces: their form, clients that leave, clients that read slowly.
import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";
import { hello, mockConfig, start, until } from "./kit.mjs";

let g, upstream;
before(async () => {
  // A vendor that sends events for ever and notes how each request ended.
  upstream = http.createServer((req, res) => {
    upstream.open++;
    res.on("close", () => upstream.open--);
    req.resume();
    req.on("end", () => {
      if (req.url.includes("slow-head")) return;
      res.writeHead(200, { "content-type": "text/event-stream" });
      const chunk = (content) =>
        `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m",
          choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }] })}\n\n`;
      const pump = () => {
        while (!res.destroyed && (upstream.sent += 4096, res.write(chunk("x".repeat(4096)))));
      };
      if (req.headers["x-flood"] || upstream.flood) {
        res.on("drain", pump);
        pump();
      } else {
        res.write(chunk("x"));
      }
    });
  });
  upstream.open = 0;
  upstream.sent = 0;
  await new Promise((r) => upstream.listen(0, "127.0.0.1", r));
  const base = `http://127.0.0.1:${upstream.address().port}`;
  const config = mockConfig();
  const vendor = (model_name, path) =>
    config.model_list.push({ model_name, litellm_params: { model: "openai/m", api_key: "k", api_base: base + path } });
  vendor("vendor", "/v1");
  vendor("vendor-slow-head", "/slow-head");
  g = await start({ config });
});
after(async () => {
  await g.end();
  upstream.closeAllConnections();
  upstream.close();
});

function open(model, more = { stream: true }) {
  const body = JSON.stringify(hello(model, more));
  const socket = net.connect(g.port, "127.0.0.1");
  const s = { socket, text: "" };
  socket.on("error", () => {});
  socket.write("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
    `Content-Length: ${body.length}\r\n\r\n${body}`);
  return s;
}

test("a stream has chunks of one id, a finish, and [DONE] once", async () => {
  const r = await g.chat(hello("echo", { stream: true, messages: [{ role: "user", content: "one two three" }] }));
  assert.equal(r.status, 200);
  assert.match(r.headers["content-type"], /^text\/event-stream/);
  const events = r.text.split("\n\n").filter((e) => e && !e.startsWith(":"));
  assert.equal(events.at(-1), "data: [DONE]");
  const chunks = events.slice(0, -1).map((e) => JSON.parse(e.replace(/^data: /, "")));
  assert.equal(new Set(chunks.map((c) => c.id)).size, 1);
  assert.ok(chunks.every((c) => c.object === "chat.completion.chunk" && c.model === "echo"));
  assert.equal(chunks.map((c) => c.choices[0]?.delta?.content ?? "").join(""), "one two three");
  assert.equal(chunks.filter((c) => c.choices[0]?.finish_reason).length, 1);
});

test("a client that leaves in mid-stream takes the upstream with it", async () => {
  const s = open("vendor");
  s.socket.on("data", (d) => (s.text += d));
  await until(() => s.text.includes("chat.completion.chunk"));
  assert.equal(upstream.open, 1);
  s.socket.destroy();
  await until(() => upstream.open === 0, () => "the upstream request is still open");
});

test("a client that leaves before the answer's head takes the upstream with it", async () => {
  for (const more of [{ stream: true }, {}]) {
    const s = open("vendor-slow-head", more);
    await until(() => upstream.open === 1);
    s.socket.destroy();
    await until(() => upstream.open === 0, () => "the upstream request is still open");
  }
});

test("a client that does not read holds the upstream back", async () => {
  upstream.flood = true;
  upstream.sent = 0;
  const s = open("vendor");
  s.socket.pause();
  let before = -1;
  // Sending stops when the buffers of four sockets and of the gateway are full.
  await until(() => upstream.sent > 0);
  for (;;) {
    await new Promise((r) => setTimeout(r, 300));
    if (upstream.sent === before) break;
    before = upstream.sent;
    assert.ok(before < 64 << 20, "the gateway took more than 64 MiB for a client that reads nothing");
  }
  // It goes on when the client reads.
  s.socket.on("data", (d) => (s.text = String(d).slice(-100)));
  s.socket.resume();
  await until(() => upstream.sent > before, () => "the stream does not go on");
  upstream.flood = false;
  s.socket.destroy();
  await until(() => upstream.open === 0);
});

test("a long answer arrives whole", async () => {
  const r = await g.chat(hello("long"));
  assert.equal(r.status, 200);
  assert.equal(r.json.choices[0].message.content.length, 100000);
});

test("requests on one connection are answered in order", async () => {
  const one = (n, last) => {
    const body = JSON.stringify(hello("echo", { messages: [{ role: "user", content: `n${n}` }] }));
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
      `${last ? "Connection: close\r\n" : ""}Content-Length: ${body.length}\r\n\r\n${body}`;
  };
  const { raw } = await import("./kit.mjs");
  const all = await raw(g.port, one(1) + one(2) + one(3, true));
  assert.deepEqual(all.match(/"content":\s*"n\d"/g).map((m) => m.match(/n\d/)[0]), ["n1", "n2", "n3"]);
});
