// SPDX-License-Identifier: Apache-2.0
// realtime.mjs - OpenAI's Realtime through the gateway: the official client on one side, a vendor's socket on the other.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import WebSocket, { WebSocketServer } from "ws";
import { client, start, until } from "./kit.mjs";

const folder = mkdtempSync(join(tmpdir(), "sluice-realtime-"));
const [log, cert, key] = ["calls.jsonl", "cert.pem", "key.pem"].map((name) => join(folder, name));
// A record that is being written is none yet.
const records = () => readFileSync(log, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));

// A vendor: `refuse` is a status instead of a handshake; `sockets` are the others, with what came over them.
const vendor = { sockets: [], refuse: 0 };
let g;
before(async () => {
  const server = http.createServer((req, res) => res.writeHead(404).end());
  const wss = new WebSocketServer({ noServer: true, handleProtocols: (set) => (set.has("realtime") ? "realtime" : false) });
  server.on("upgrade", (req, socket, head) => {
    if (vendor.refuse) {
      const body = JSON.stringify({ error: { message: "no such model here", type: "invalid_request_error", code: "model_not_found" } });
      return socket.end(`HTTP/1.1 ${vendor.refuse} No\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    }
    wss.handleUpgrade(req, socket, head, (ws) => {
      const s = { ws, req, got: [] };
      ws.on("message", (data, binary) => {
        s.got.push(binary ? data : data.toString());
        vendor.onMessage?.(s, data);
      });
      s.closed = new Promise((r) => ws.on("close", (code, reason) => r([code, reason.toString()])));
      vendor.sockets.push(s);
      vendor.onOpen?.(s);
    });
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  vendor.url = `http://127.0.0.1:${server.address().port}`;
  vendor.close = () => {
    server.closeAllConnections();
    server.close();
  };
  // The official client speaks to nobody without TLS.
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-subj", "/CN=localhost", "-days", "1", "-keyout", key, "-out", cert], { stdio: "ignore" });
  g = await start({ args: ["--ssl_certfile_path", cert, "--ssl_keyfile_path", key], config: { model_list: [
    { model_name: "talk", litellm_params: { model: "openai/gpt-realtime", api_base: `${vendor.url}/v1`, api_key: "sk-vendor" } },
    { model_name: "azure-talk", litellm_params: { model: "azure/rt-deployment", api_base: vendor.url, api_key: "sk-azure",
      api_version: "2024-10-01-preview" } },
    { model_name: "claude", litellm_params: { model: "anthropic/claude-sonnet-4-5", api_key: "sk-none" } },
  ], router_settings: { num_retries: 0, disable_cooldowns: true }, general_settings: { master_key: "sk-master" },
    litellm_settings: { callbacks: ["jsonl"] }, callback_settings: { jsonl: { path: log } } } });
});
after(async () => {
  await g.end();
  vendor.close();
  rmSync(folder, { recursive: true });
});

const last = () => vendor.sockets.at(-1);
const connect = async (target = "/v1/realtime?model=talk", { protocols = [], headers = { authorization: "Bearer sk-master" } } = {}) => {
  const ws = new WebSocket(`wss://127.0.0.1:${g.port}${target}`, protocols, { headers, rejectUnauthorized: false });
  ws.got = [];
  ws.on("message", (data) => ws.got.push(data));
  ws.closed = new Promise((r) => ws.on("close", (code, reason) => r([code, reason.toString()])));
  await new Promise((r, fail) => ws.on("open", r).on("error", fail));
  return ws;
};
const usage = { total_tokens: 12, input_tokens: 9, output_tokens: 3, input_token_details: { cached_tokens: 4, text_tokens: 2, audio_tokens: 7 },
  output_token_details: { text_tokens: 1, audio_tokens: 2 } };
const responseEvents = (n) => [{ type: "response.created", response: { id: `resp_${n}`, status: "in_progress" } },
  { type: "response.output_audio.delta", response_id: `resp_${n}`, delta: "AAAA" },
  { type: "response.done", response: { id: `resp_${n}`, status: "completed", output: [], usage } }];

test("the official client talks to the vendor, and each response is a record", async () => {
  vendor.onOpen = (s) => s.ws.send(JSON.stringify({ type: "session.created", session: { id: "sess_1", model: "gpt-realtime" } }));
  vendor.onMessage = (s, data) => {
    if (JSON.parse(data).type === "response.create") for (const e of responseEvents(s.got.length)) s.ws.send(JSON.stringify(e));
  };
  const rt = new OpenAIRealtimeWS({ model: "talk", options: { rejectUnauthorized: false } },
    client(g, { apiKey: "sk-master", baseURL: `https://127.0.0.1:${g.port}/v1` }));
  const types = [];
  rt.on("event", (e) => types.push(e.type));
  await new Promise((r, fail) => rt.on("session.created", r).on("error", fail));
  for (let n = 1; n <= 2; n++) {
    rt.send({ type: "response.create" });
    await until(() => types.filter((t) => t === "response.done").length === n);
  }
  rt.close();
  assert.equal((await last().closed)[0], 1000);
  assert.deepEqual(types, ["session.created", ...Array(2).fill(responseEvents(1).map((e) => e.type)).flat()]);
  const { req } = last();
  assert.equal(req.url, "/v1/realtime?model=gpt-realtime");
  assert.equal(req.headers.authorization, "Bearer sk-vendor");
  assert.ok(!JSON.stringify(req.headers).includes("sk-master"));
  await until(() => records().length === 3, () => JSON.stringify(records()));
  const turns = records().filter((r) => r.purpose === "turn"), [call] = records().filter((r) => !r.purpose);
  assert.deepEqual(turns.map((t) => [t.call_type, t.model, t.prompt_tokens, t.completion_tokens, t.parent_uid]),
    Array(2).fill(["realtime", "gpt-realtime", 9, 3, call.uid]));
  assert.deepEqual([call.status, call.http_status, call.prompt_tokens], ["success", 101, undefined]);
  vendor.onOpen = vendor.onMessage = undefined;
});

test("frames pass as they are: pieces, bytes, pings, and the closes of both sides with their words", async () => {
  const ws = await connect();
  await until(() => last());
  ws.send("one ", { fin: false });
  ws.send("message", { fin: true });
  ws.send(Buffer.from([0, 255, 1]));
  const pong = new Promise((r) => ws.on("pong", (data) => r(data.toString())));
  ws.ping("are you there");
  await until(() => last().got.length === 2);
  assert.deepEqual(last().got, ["one message", Buffer.from([0, 255, 1])]);
  assert.equal(await pong, "are you there");
  last().ws.send("x".repeat(300000));
  await until(() => ws.got.length === 1);
  assert.equal(ws.got[0].length, 300000);
  last().ws.close(4001, "that is all");
  assert.deepEqual(await ws.closed, [4001, "that is all"]);
  const again = await connect();
  again.close(4002, "no more");
  assert.deepEqual(await last().closed, [4002, "no more"]);
});

test("a side that is lost takes the other one along", async () => {
  const ws = await connect();
  ws.terminate();
  await last().closed;
  const other = await connect();
  last().ws.terminate();
  await other.closed;
});

test("a vendor that refuses is a failure like any other, before the upgrade", async () => {
  vendor.refuse = 404;
  const refused = (target, headers) => connect(target, { headers }).then(() => assert.fail("it was let in"), (e) => e.message);
  assert.match(await refused("/v1/realtime?model=talk", { authorization: "Bearer sk-master" }), /404/);
  vendor.refuse = 0;
  assert.match(await refused("/v1/realtime?model=talk", {}), /401/);
  assert.match(await refused("/v1/realtime?model=nobody", { authorization: "Bearer sk-master" }), /404/);
  assert.match(await refused("/v1/realtime", { authorization: "Bearer sk-master" }), /400/);
  assert.match(await refused("/v1/realtime?model=claude", { authorization: "Bearer sk-master" }), /400|404|501/);
});

test("a browser's key goes no further than here, its subprotocol does", async () => {
  const ws = await connect("/v1/realtime?model=talk", { headers: {}, protocols: ["realtime", "openai-insecure-api-key.sk-master"] });
  assert.equal(ws.protocol, "realtime");
  assert.equal(last().req.headers["sec-websocket-protocol"], "realtime");
  ws.close();
  await ws.closed;
});

test("Azure is asked at its own address, by its clients' one too", async () => {
  for (const target of ["/v1/realtime?model=azure-talk", "/openai/realtime?api-version=2025-01-01&deployment=azure-talk"]) {
    const ws = await connect(target);
    const url = new URL(last().req.url, "http://x");
    assert.equal(url.pathname, "/openai/realtime");
    assert.deepEqual(Object.fromEntries(url.searchParams), { "api-version": "2024-10-01-preview", deployment: "rt-deployment" });
    assert.equal(last().req.headers["api-key"], "sk-azure");
    ws.close();
    await ws.closed;
  }
});

test("each side holds the other back", async () => {
  const piece = "y".repeat(1 << 16);
  const ws = await connect();
  const pump = async (from, to) => {
    to._socket.pause();
    for (let i = 0; i < 1024; i++) from.send(piece);
    let waiting;
    await until(async () => {
      if (from.bufferedAmount && from.bufferedAmount === waiting) return true;
      waiting = from.bufferedAmount;
      await new Promise((r) => setTimeout(r, 300));
      return false;
    }, () => `${from.bufferedAmount}`);
    assert.ok(from.bufferedAmount > 32 << 20, `${from.bufferedAmount}`);
    to._socket.resume();
    await until(() => from.bufferedAmount === 0);
  };
  await pump(last().ws, ws);
  await until(() => ws.got.length === 1024);
  await pump(ws, last().ws);
  await until(() => last().got.length === 1024);
  ws.close();
  await last().closed;
});

test("a gateway that goes away tells both sides, behind what is under way", async () => {
  const other = await start({ config: { model_list: [
    { model_name: "talk", litellm_params: { model: "openai/gpt-realtime", api_base: `${vendor.url}/v1`, api_key: "sk-vendor" } }] } });
  const open = async () => {
    const n = vendor.sockets.length;
    const ws = new WebSocket(`ws://127.0.0.1:${other.port}/v1/realtime?model=talk`);
    ws.got = [];
    ws.on("message", (data) => ws.got.push(data.toString()));
    ws.closed = new Promise((r) => ws.on("close", (code, reason) => r([code, reason.toString()])));
    await new Promise((r, fail) => ws.on("open", r).on("error", fail));
    await until(() => vendor.sockets.length > n);
    return [ws, vendor.sockets.at(-1)];
  };
  const [idle, idleThere] = await open(), [busy, busyThere] = await open();
  // A text of ten bytes, of which four have gone: masked with zeroes.
  const frame = Buffer.concat([Buffer.from([0x81, 0x8a, 0, 0, 0, 0]), Buffer.from("0123456789")]);
  busy._socket.write(frame.subarray(0, 10));
  busyThere.ws.send("before");
  await until(() => busy.got.length === 1);
  const ended = other.end(), away = [1001, "this server is going away"];
  assert.deepEqual(await idle.closed, away);
  assert.deepEqual(await idleThere.closed, away);
  busyThere.ws.send("still heard");
  await until(() => busy.got.length === 2);
  busy._socket.write(frame.subarray(10));
  assert.deepEqual(await busy.closed, away);
  assert.deepEqual(await busyThere.closed, away);
  assert.deepEqual(busyThere.got, ["0123456789"]);
  assert.equal((await ended).status, 0);
});
