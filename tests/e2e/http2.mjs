// SPDX-License-Identifier: Apache-2.0
// http2.mjs - the gateway's clients over HTTP/2, with node's: many calls on one connection, each its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import http from "node:http";
import http2 from "node:http2";
import path from "node:path";
import { after, before, test } from "node:test";
import { file, hello, mockConfig, start, until } from "./kit.mjs";

let g, upstream;
before(async () => {
  // A vendor whose streams never end: a first event, or as many as are taken.
  upstream = http.createServer((req, res) => {
    upstream.open++;
    res.on("close", () => upstream.open--);
    let n = 0;
    req.on("data", (d) => (n += d.length));
    req.on("end", () => {
      upstream.last = n;
      if (req.url.includes("whole")) {
        res.setHeader("content-type", "application/json");
        res.end(JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m",
          choices: [{ index: 0, message: { role: "assistant", content: "whole" }, finish_reason: "stop" }] }));
        return;
      }
      res.writeHead(200, { "content-type": "text/event-stream" });
      const chunk = (content) =>
        `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m",
          choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }] })}\n\n`;
      const pump = () => {
        while (!res.destroyed && (upstream.sent += 4096, res.write(chunk("x".repeat(4096)))));
      };
      if (!req.url.includes("flood")) {
        res.write(chunk("x"));
        return;
      }
      res.on("drain", pump);
      pump();
    });
  });
  upstream.open = upstream.sent = 0;
  await new Promise((r) => upstream.listen(0, "127.0.0.1", r));
  const base = `http://127.0.0.1:${upstream.address().port}`;
  const config = mockConfig();
  for (const name of ["one-event", "flood", "whole"])
    config.model_list.push({
      model_name: name, litellm_params: { model: "openai/m", api_key: "k", api_base: `${base}/${name}` },
    });
  g = await start({ config });
});
after(async () => {
  await g.end();
  upstream.closeAllConnections();
  upstream.close();
});

async function connect(url, options) {
  const session = http2.connect(url, options);
  session.on("error", () => {});
  await new Promise((done, fail) => (session.on("connect", done), session.on("error", fail)));
  return session;
}

// A request that is under way: .text grows, .end settles with the whole.
function begin(session, body, headers = {}) {
  const s = session.request({ ":method": "POST", ":path": "/v1/chat/completions", "content-type": "application/json",
    ...headers });
  s.text = "";
  s.setEncoding("utf8");
  s.head = new Promise((done, fail) => (s.on("response", (h) => done((s.headers = h))), s.on("error", fail)));
  s.finished = new Promise((done, fail) => {
    s.on("data", (d) => (s.text += d));
    s.on("error", fail);
    s.on("close", () => done({ status: s.headers?.[":status"], headers: s.headers, text: s.text, code: s.rstCode }));
  });
  s.head.catch(() => {});
  s.finished.catch(() => {});
  s.end(typeof body === "string" ? body : JSON.stringify(body));
  return s;
}

test("a chat is answered over h2c", async () => {
  const session = await connect(g.url);
  const r = await begin(session, hello("echo")).finished;
  assert.equal(r.status, 200);
  assert.equal(JSON.parse(r.text).choices[0].message.content, "hello");
  assert.match(r.headers["content-type"], /^application\/json/);
  assert.equal(r.headers.connection, undefined);
  session.close();
});

test("a hundred chats on one connection are answered, each its own", async () => {
  const session = await connect(g.url);
  const all = Array.from({ length: 100 }, (_, i) =>
    begin(session, hello("echo", { messages: [{ role: "user", content: `number ${i}` }] })).finished);
  (await Promise.all(all)).forEach((r, i) =>
    assert.equal(JSON.parse(r.text).choices[0].message.content, `number ${i}`));
  session.close();
});

test("a stream of events comes whole, while other calls are answered", async () => {
  const session = await connect(g.url);
  const s = begin(session, hello("slow-stream", { stream: true }));
  await s.head;
  assert.match(s.headers["content-type"], /^text\/event-stream/);
  assert.equal((await begin(session, hello("echo")).finished).status, 200);
  const r = await s.finished;
  assert.match(r.text, /data: \[DONE\]\n\n$/);
  assert.equal(r.code, 0);
  session.close();
});

test("one call of several is cancelled, and the upstream's with it", async () => {
  const session = await connect(g.url);
  const streams = [0, 1, 2].map(() => begin(session, hello("one-event", { stream: true })));
  await until(() => streams.every((s) => s.text.includes("chat.completion.chunk")));
  assert.equal(upstream.open, 3);
  streams[1].close(http2.constants.NGHTTP2_CANCEL);
  await until(() => upstream.open === 2, () => "the upstream request is still open");
  assert.equal((await begin(session, hello("echo")).finished).status, 200);
  assert.equal(upstream.open, 2);
  session.destroy();
  await until(() => upstream.open === 0);
});

test("who does not read one stream still gets the others, and the upstream is held back", async () => {
  const session = await connect(g.url);
  const s = session.request({ ":method": "POST", ":path": "/v1/chat/completions", "content-type": "application/json" });
  s.on("error", () => {});
  s.end(JSON.stringify(hello("flood", { stream: true }))); // nobody listens to its data
  let sent = -1;
  await until(() => upstream.sent > 0);
  for (;;) {
    await new Promise((r) => setTimeout(r, 300));
    if (upstream.sent === sent) break;
    sent = upstream.sent;
  }
  assert.ok(sent < 32 << 20, `${sent} bytes were taken from the upstream`);
  for (let i = 0; i < 5; i++) assert.equal((await begin(session, hello("echo")).finished).status, 200);
  session.destroy();
  await until(() => upstream.open === 0);
});

test("a large body goes up", async () => {
  const session = await connect(g.url);
  const body = JSON.stringify(hello("whole", { messages: [{ role: "user", content: "a".repeat(4 << 20) }] }));
  const r = await begin(session, body).finished;
  assert.equal(r.status, 200);
  assert.ok(upstream.last > 4 << 20);
  session.close();
});

test("refusals look as they do over HTTP/1.1", async () => {
  const session = await connect(g.url);
  for (const [method, target, status] of [["GET", "/nowhere", 404], ["GET", "/v1/chat/completions", 405],
    ["POST", "/v1/chat/completions", 400]]) {
    const s = session.request({ ":method": method, ":path": target }, { endStream: true });
    const head = await new Promise((done, fail) => (s.on("response", done), s.on("error", fail)));
    assert.equal(head[":status"], status);
    s.resume();
    await new Promise((done) => s.on("close", done));
  }
  session.close();
});

test("at the end the connection says goodbye, and what runs on it ends first", async () => {
  const own = await start({ config: mockConfig() });
  const session = await connect(own.url);
  let goodbye;
  session.on("goaway", (code) => (goodbye = code));
  const s = begin(session, hello("slow-stream", { stream: true }));
  await s.head;
  const ended = own.end();
  const r = await s.finished;
  assert.match(r.text, /data: \[DONE\]\n\n$/);
  assert.equal((await ended).status, 0);
  assert.equal(goodbye, 0);
});

test("over TLS the two agree on h2, and on HTTP/1.1 with who knows no other", async () => {
  const cert = file("", "h2.crt"), key = path.join(path.dirname(cert), "h2.key");
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1",
    "-keyout", key, "-out", cert], { stdio: "ignore" });
  const own = await start({ config: mockConfig(), args: ["--ssl_keyfile_path", key, "--ssl_certfile_path", cert] });
  const session = await connect(own.url, { rejectUnauthorized: false });
  assert.equal(session.alpnProtocol, "h2");
  assert.equal((await begin(session, hello("echo")).finished).status, 200);
  session.close();
  const { default: https } = await import("node:https");
  const status = await new Promise((done, fail) =>
    https.get(`${own.url}/health/liveliness`, { rejectUnauthorized: false, agent: false }, (res) => {
      res.resume();
      done(res.statusCode);
    }).on("error", fail));
  assert.equal(status, 200);
  await own.end();
});
