// SPDX-License-Identifier: Apache-2.0
// websocket.mjs - the gateway as a WebSocket server: `ws` as its client, and frames by hand where `ws` would not write
// them. What the messages mean is responses_ws.mjs's.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { mockConfig, start, until } from "./kit.mjs";

let g;
before(async () => {
  g = await start({ config: mockConfig({ general_settings: { master_key: "sk-master" } }) });
});
after(() => g.end());

const auth = { authorization: "Bearer sk-master" };
const open = (target = "/v1/responses", headers = auth) => {
  const ws = new WebSocket(`${g.url.replace("http", "ws")}${target}`, { headers });
  ws.messages = [];
  ws.on("message", (data) => ws.messages.push(JSON.parse(data)));
  ws.opened = new Promise((done, fail) => ws.on("open", done).on("error", fail));
  ws.closed = new Promise((done) => ws.on("close", (code, reason) => done([code, reason.toString()])));
  return ws;
};

// The status and the fields of an answer to a handshake.
const shake = (fields, { method = "GET", version = "HTTP/1.1" } = {}) => new Promise((done, fail) => {
  const socket = net.connect(g.port, "127.0.0.1");
  const all = { host: "localhost", upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", ...auth, ...fields };
  let text = "";
  socket.on("error", fail).on("data", (d) => {
    text += d;
    if (!text.includes("\r\n\r\n")) return;
    done({ status: Number(text.slice(9, 12)), text, socket });
  });
  socket.write(`${method} /v1/responses ${version}\r\n${Object.entries(all).filter(([, v]) => v !== null)
    .map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`);
});

const mask = Buffer.from([7, 77, 177, 0]);
function frame(head, payload = "", { masked = true } = {}) {
  const data = Buffer.from(payload);
  const length = data.length < 126 ? [data.length] : [126, data.length >> 8, data.length & 255];
  if (masked) length[0] |= 128;
  return Buffer.concat([Buffer.from([head, ...length]), masked ? mask : Buffer.alloc(0),
    masked ? data.map((b, i) => b ^ mask[i % 4]) : data]);
}

// What is answered to these bytes: frames as [first byte, payload], until the other end closes.
async function said(...pieces) {
  const { socket } = await shake({});
  const parts = [];
  socket.on("data", (d) => parts.push(d));
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((r) => setImmediate(r));
  }
  await new Promise((r) => socket.on("end", r));
  socket.destroy();
  const all = Buffer.concat(parts), frames = [];
  for (let at = 0; at < all.length;) {
    let n = all[at + 1], head = 2;
    if (n === 126) [n, head] = [all.readUInt16BE(at + 2), 4];
    frames.push([all[at], all.subarray(at + head, at + head + n)]);
    at += head + n;
  }
  return frames;
}
const code = (frames) => {
  const [head, payload] = frames.at(-1);
  assert.equal(head, 0x88);
  return payload.readUInt16BE(0);
};

test("a handshake is answered as the standard says", async () => {
  const { status, text, socket } = await shake({});
  socket.destroy();
  assert.equal(status, 101);
  assert.match(text, /\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
  assert.match(text, /\r\nconnection: upgrade\r\n/i);
  assert.match(text, /\r\nupgrade: websocket\r\n/i);
  assert.doesNotMatch(text, /content-length|transfer-encoding|sec-websocket-extensions/i);
});

test("a handshake that asks for something else is refused", async () => {
  const cases = [
    [{ upgrade: null }, 426], [{ upgrade: "h2c" }, 426], [{ connection: "keep-alive" }, 426],
    [{ "sec-websocket-version": "8" }, 426], [{ "sec-websocket-version": null }, 426],
    [{ "sec-websocket-key": null }, 400], [{ "sec-websocket-key": "dGhlIHNhbXBsZQ==" }, 400],
    [{ authorization: null }, 401], [{ authorization: "Bearer sk-other" }, 401],
  ];
  for (const [fields, want] of cases) {
    const { status, text, socket } = await shake(fields);
    socket.destroy();
    assert.equal(status, want, JSON.stringify(fields));
    if (want === 426) assert.match(text, /\r\nsec-websocket-version: 13\r\n/i);
  }
  for (const [fields, more] of [[{}, { version: "HTTP/1.0" }], [{ "content-length": "2" }, {}]]) {
    const { status, socket } = await shake(fields, more);
    socket.destroy();
    assert.equal(status, 400);
  }
});

test("lists of words in any case are a handshake, too", async () => {
  const { status, socket } = await shake({ connection: "keep-alive, UPGRADE", upgrade: "WebSocket" });
  socket.destroy();
  assert.equal(status, 101);
});

test("a ping is answered with what it says, also within a message", async () => {
  const frames = await said(frame(0x01, '{"type":"respo'), frame(0x89, "are you there"),
    frame(0x80, 'nse.nothing"}'), frame(0x88, Buffer.from([3, 232])));
  assert.deepEqual(frames[0], [0x8a, Buffer.from("are you there")]);
  assert.equal(JSON.parse(frames[1][1]).error.code, "unknown_event_type");
  assert.equal(code(frames), 1000);
});

test("a close is answered with the same code, or with none", async () => {
  assert.equal(code(await said(frame(0x88, Buffer.from([15, 160, 98, 121, 101])))), 4000);
  assert.deepEqual(await said(frame(0x88)), [[0x88, Buffer.alloc(0)]]);
});

test("who breaks the rules is told by which code, and the connection ends", async () => {
  const cases = [
    ["no mask", [frame(0x81, "{}", { masked: false })], 1002],
    ["a reserved bit", [frame(0xc1, "{}")], 1002],
    ["an opcode", [frame(0x83, "{}")], 1002],
    ["a ping in pieces", [frame(0x09, "x")], 1002],
    ["a continuation of nothing", [frame(0x80, "x")], 1002],
    ["a message within a message", [frame(0x01, "{"), frame(0x81, "}")], 1002],
    ["a code that may not be sent", [frame(0x88, Buffer.from([3, 237]))], 1002],
    ["no UTF-8", [frame(0x81, Buffer.from([0x22, 0xff, 0x22]))], 1007],
    ["no UTF-8 in the first piece", [frame(0x01, Buffer.from([0xc3, 0x28]))], 1007],
    ["a binary message", [frame(0x82, "{}")], 1003],
    ["a message without bounds", [Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4])], 1009],
  ];
  for (const [what, pieces, want] of cases) assert.equal(code(await said(...pieces)), want, what);
});

test("bytes one by one are the same message", async () => {
  const bytes = Buffer.concat([frame(0x81, '{"type":"grüße"}'), frame(0x88)]);
  const frames = await said(...Array.from(bytes, (b) => Buffer.from([b])));
  assert.match(JSON.parse(frames[0][1]).error.message, /grüße/);
});

test("`ws` talks to it, in pieces and in large messages", async () => {
  const ws = open();
  await ws.opened;
  assert.equal(ws.extensions, "");
  const text = JSON.stringify({ type: "response.create", model: "echo", input: `say ${"x".repeat(200000)}` });
  ws.send(text.slice(0, 70000), { fin: false });
  ws.send(text.slice(70000), { fin: true });
  await until(() => ws.messages.some((m) => m.type === "response.completed"));
  const { output } = ws.messages.at(-1).response;
  assert.match(output[0].content[0].text, /x{1000}/);
  ws.close(1000);
  assert.deepEqual(await ws.closed, [1000, ""]);
});

test("a route without a key says so before the upgrade", async () => {
  const ws = open("/v1/responses", {});
  await assert.rejects(ws.opened, /401/);
  const listed = (await g.ask("GET", "/routes")).json;
  assert.ok(JSON.stringify(listed).includes("/v1/responses"));
});

test("a gateway that goes away says so: idle sockets at once, others behind their call", async () => {
  const other = await start({ config: mockConfig() });
  const connect = () => {
    const ws = new WebSocket(`${other.url.replace("http", "ws")}/v1/responses`);
    ws.messages = [];
    ws.on("message", (data) => ws.messages.push(JSON.parse(data)));
    ws.closed = new Promise((done) => ws.on("close", (c) => done(c)));
    return new Promise((done, fail) => ws.on("open", () => done(ws)).on("error", fail));
  };
  const idle = await connect(), busy = await connect();
  busy.send(JSON.stringify({ type: "response.create", model: "slow-stream", input: "hi" }));
  await until(() => busy.messages.length > 3);
  const ended = other.end();
  assert.equal(await idle.closed, 1001);
  assert.equal(await busy.closed, 1001);
  assert.equal(busy.messages.at(-1).type, "response.completed");
  assert.equal((await ended).status, 0);
});
