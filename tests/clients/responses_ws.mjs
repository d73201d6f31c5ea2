// SPDX-License-Identifier: Apache-2.0
// responses_ws.mjs - OpenAI's Responses over a WebSocket, with the official client and with messages as Codex writes them:
// on a vendor that speaks Responses over HTTP, and on one that knows chat only.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ResponsesWS } from "openai/resources/responses/ws";
import WebSocket from "ws";
import { chunk, client, delta, done, event, start, until, vendor } from "./kit.mjs";

const log = join(tmpdir(), `sluice-responses-ws-${process.pid}.jsonl`);
let g, chat, native;
before(async () => {
  chat = await vendor();
  native = await vendor();
  g = await start({ config: { model_list: [
    { model_name: "chat", litellm_params: { model: "together_ai/x", api_base: `${chat.url}/v1`, api_key: "sk-chat" } },
    { model_name: "native", litellm_params: { model: "openai/gpt-x", api_base: `${native.url}/v1`, api_key: "sk-native" } },
    { model_name: "claude", litellm_params: { model: "anthropic/x", api_base: chat.url, api_key: "sk-chat" } },
  ], router_settings: { num_retries: 0 }, general_settings: { master_key: "sk-master" },
    litellm_settings: { callbacks: ["jsonl"] }, callback_settings: { jsonl: { path: log } } } });
});
after(async () => {
  await g.end();
  chat.close();
  native.close();
  rmSync(log, { force: true });
});
// A record that is being written is none yet.
const records = () => readFileSync(log, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));

// A socket with what came over it; say() sends one create, events() are those until the next end.
async function connect(headers = {}) {
  const ws = new WebSocket(`${g.url.replace("http", "ws")}/v1/responses`, { headers: {
    authorization: "Bearer sk-master", "openai-beta": "responses_websockets=2026-02-06", ...headers } });
  const s = { ws, all: [], at: 0 };
  ws.on("message", (data) => s.all.push(JSON.parse(data)));
  s.closed = new Promise((r) => ws.on("close", r));
  s.send = (message) => ws.send(JSON.stringify(message));
  s.say = (more) => s.send({ type: "response.create", model: "chat", input: "hi", store: false, ...more });
  const last = (m) => /^(error|response\.(completed|incomplete|failed))$/.test(m.type);
  s.events = async () => {
    let end;
    await until(() => (end = s.all.findIndex((m, i) => i >= s.at && last(m))) >= 0, () => JSON.stringify(s.all));
    const got = s.all.slice(s.at, end + 1);
    s.at = end + 1;
    return got;
  };
  s.end = async (more) => {
    if (more) s.say(more);
    return (await s.events()).at(-1);
  };
  await new Promise((r, fail) => ws.on("open", r).on("error", fail));
  return s;
}

const usage = { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 };
const sayText = (text) => chat.streams([delta({ role: "assistant", content: text }), delta({}, "stop"), chunk([], { usage }), done]);
// What the vendor of Responses sends: one message and one call, as items.
const message = { type: "message", id: "msg_v", status: "completed", role: "assistant",
  content: [{ type: "output_text", text: "On it.", annotations: [], logprobs: [] }] };
const call = { type: "function_call", id: "fc_v", call_id: "call_v", name: "shell", arguments: "{}", status: "completed" };
const response = (n, more = {}) => ({ id: `resp_v${n}`, object: "response", created_at: 1, status: "completed", model: "gpt-x", output: [],
  usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 }, ...more });
const nativeEvents = (n) => [
  event("response.created", { sequence_number: 0, response: response(n, { status: "in_progress", usage: null }) }),
  ...[message, call].flatMap((item, output_index) => [
    event("response.output_item.added", { sequence_number: 1, output_index, item: { ...item, status: "in_progress" } }),
    event("response.output_item.done", { sequence_number: 2, output_index, item }),
  ]),
  event("response.completed", { sequence_number: 9, response: response(n, { output: [message, call] }) }),
];

test("the official client has its answer over a socket", async () => {
  sayText("Hello.");
  const ws = new ResponsesWS(client(g, { apiKey: "sk-master" }));
  const types = [];
  const got = await new Promise((done, fail) => {
    ws.on("error", fail);
    ws.on("event", (e) => types.push(e.type));
    ws.on("response.completed", done);
    ws.send({ type: "response.create", model: "chat", input: "hi" });
  });
  ws.close();
  assert.deepEqual(types, ["response.created", "response.in_progress", "response.output_item.added",
    "response.content_part.added", "response.output_text.delta", "response.output_text.done", "response.content_part.done",
    "response.output_item.done", "response.completed"]);
  assert.equal(got.response.output[0].content[0].text, "Hello.");
  assert.equal(got.response.usage.total_tokens, 29);
  assert.deepEqual(chat.last().json.messages, [{ role: "user", content: "hi" }]);
  assert.equal(chat.last().json.stream, true);
  for (const name of ["type", "generate", "stream_id", "store"]) assert.equal(chat.last().json[name], undefined, name);
});

test("a conversation goes on over the socket, although nobody is to keep it", async () => {
  const s = await connect();
  sayText("One.");
  const one = await s.end({ input: "first" });
  sayText("Two.");
  const two = await s.end({ input: [{ role: "user", content: "second" }], previous_response_id: one.response.id });
  sayText("Three.");
  await s.end({ input: [], previous_response_id: two.response.id });
  assert.deepEqual(chat.last().json.messages.map((m) => [m.role, m.content?.[0]?.text ?? m.content]),
    [["user", "first"], ["assistant", "One."], ["user", "second"], ["assistant", "Two."]]);
  // A branch from before: what is remembered does not change.
  await s.end({ input: "other", previous_response_id: one.response.id });
  assert.deepEqual(chat.last().json.messages.map((m) => m.content?.[0]?.text ?? m.content), ["first", "One.", "other"]);
  s.ws.close();
  // Another socket does not know it, and neither does the store.
  const t = await connect();
  const failed = await t.end({ input: "on", previous_response_id: one.response.id });
  assert.deepEqual({ ...failed, error: { ...failed.error, message: "" } }, { type: "error", status: 400, error: {
    message: "", type: "invalid_request_error", param: "previous_response_id", code: "previous_response_not_found" } });
  assert.match(failed.error.message, /not found/);
  t.ws.close();
});

test("a vendor of Responses is told the whole conversation by POST", async () => {
  const s = await connect({ "session-id": "abc" });
  native.streams(nativeEvents(1));
  s.say({ model: "native", input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "go" }] }],
    client_metadata: { a: "b" }, tools: [{ type: "namespace", x: 1.0 }] });
  const events = await s.events();
  assert.deepEqual(events.map((e) => e.type), ["response.created", "response.output_item.added", "response.output_item.done",
    "response.output_item.added", "response.output_item.done", "response.completed"]);
  assert.deepEqual([native.last().method, native.last().url], ["POST", "/v1/responses"]);
  const sent = native.last().json;
  assert.deepEqual(Object.keys(sent).sort(), ["client_metadata", "input", "model", "store", "stream", "tools"]);
  assert.deepEqual([sent.model, sent.stream, sent.store], ["gpt-x", true, false]);
  assert.match(native.last().body, /"x":1/);
  const { id } = events.at(-1).response;
  const result = { type: "function_call_output", call_id: "call_v", output: "ok" };
  native.streams(nativeEvents(2));
  await s.end({ model: "native", input: [result], previous_response_id: id });
  assert.equal(native.last().json.previous_response_id, undefined);
  assert.deepEqual(native.last().json.input,
    [{ type: "message", role: "user", content: [{ type: "input_text", text: "go" }] }, message, call, result]);
  s.ws.close();
});

test("what a vendor keeps, it is asked for by its own id", async () => {
  const s = await connect();
  native.streams(nativeEvents(7));
  const { response: { id } } = await s.end({ model: "native", store: true });
  await s.end({ model: "native", store: true, input: "on", previous_response_id: id });
  assert.equal(native.last().json.previous_response_id, "resp_v7");
  assert.equal(native.last().json.input, "on");
  s.ws.close();
});

test("a warm-up asks nobody, and what follows continues it", async () => {
  const s = await connect();
  const asked = chat.asked.length;
  const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "warm" }] }];
  s.say({ input, generate: false, instructions: "Be brief." });
  const events = await s.events();
  assert.deepEqual(events.map((e) => e.type), ["response.created", "response.in_progress", "response.completed"]);
  const { response } = events.at(-1);
  assert.deepEqual([response.status, response.output, response.usage.total_tokens], ["completed", [], 0]);
  assert.equal(chat.asked.length, asked);
  sayText("Yes.");
  const next = await s.end({ input: [], previous_response_id: response.id });
  assert.equal(next.response.output[0].content[0].text, "Yes.");
  assert.deepEqual(chat.last().json.messages.map((m) => m.content?.[0]?.text ?? m.content), ["warm"]);
  const refused = await s.end({ model: "nowhere", generate: false });
  assert.equal(refused.error.code, "model_not_found");
  s.ws.close();
});

test("each message is a call of its own in the records, whoever answered it", async () => {
  const s = await connect(), began = Date.now();
  sayText("Yes.");
  const { response } = await s.end({ generate: false });
  await s.end({ previous_response_id: response.id });
  await s.end({ model: "nowhere" });
  s.ws.close();
  const calls = () => records().filter((r) => r.startTime * 1000 >= began - 1);
  await until(() => calls().length >= 3, () => JSON.stringify(records()));
  assert.deepEqual(calls().map((r) => [r.call_type, r.model_group, r.status, r.completion_tokens]),
    [["responses", "chat", "success", 0], ["responses", "chat", "success", 9], ["responses", "nowhere", "failure", undefined]]);
});

// Answers that are held until they are released, the last one asked for being the last of the list.
function held() {
  const answers = [];
  chat.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(delta({ role: "assistant", content: "a" }));
    answers.push(() => res.end(delta({}, "stop") + done));
  };
  return answers;
}

test("messages of one stream are answered one after the other", async () => {
  for (const stream_id of [undefined, "lane.1"]) {
    const s = await connect(), answers = held(), asked = chat.asked.length;
    for (const n of [1, 2, 3]) s.say({ input: `${n}`, stream_id });
    for (const n of [1, 2, 3]) {
      await until(() => chat.asked.length === asked + n);
      assert.equal(chat.last().json.messages.at(-1).content, `${n}`);
      await until(() => s.all.length && s.all.at(-1).type.endsWith("delta"));
      answers.at(-1)();
      const events = await s.events();
      assert.ok(events.every((e) => e.stream_id === stream_id), JSON.stringify(events));
    }
    s.ws.close();
  }
});

test("messages of several streams are answered side by side, sixteen of them", async () => {
  const s = await connect(), answers = held(), asked = chat.asked.length;
  const ended = () => s.all.filter((e) => e.type === "response.completed").map((e) => e.stream_id);
  for (let n = 0; n <= 16; n++) s.say({ input: `${n}`, stream_id: n ? `lane.${n}` : undefined });
  s.say({ input: "again", stream_id: "lane.3" });
  await until(() => answers.length === 16);
  assert.deepEqual(chat.asked.slice(asked).map((a) => a.json.messages.at(-1).content).sort(),
    [...Array(16).keys()].map(String).sort());
  answers[5](); /* the seventeenth takes its place */
  await until(() => answers.length === 17);
  assert.equal(ended().length, 1);
  for (const end of answers.slice(0, 17).filter((_, i) => i !== 5)) end();
  await until(() => answers.length === 18);
  answers[17]();
  await until(() => ended().length === 18);
  assert.equal(ended().filter((id) => id === "lane.3").length, 2);
  for (const id of new Set(ended())) {
    const events = s.all.filter((e) => e.stream_id === id);
    assert.equal(events[0].type, "response.created", id);
    assert.ok(events.some((e) => e.type === "response.output_text.delta"), id);
  }
  s.ws.close();
});

test("each stream's last answer can be continued, and there are thirty-two names for streams", async () => {
  const s = await connect();
  sayText("Yes.");
  const ids = [];
  for (let n = 1; n <= 32; n++) ids.push((await s.end({ input: `first of ${n}`, stream_id: `lane.${n}` })).response.id);
  s.say({ stream_id: "lane.33" });
  const refused = (await s.events()).at(-1);
  assert.deepEqual([refused.error.code, refused.error.param, refused.status],
    ["websocket_stream_limit_reached", "stream_id", 400]);
  await s.end({}); /* that without a name does not count */
  for (const n of [1, 32]) {
    await s.end({ input: "on", stream_id: `lane.${n}`, previous_response_id: ids[n - 1] });
    assert.deepEqual(chat.last().json.messages.map((m) => m.content?.[0]?.text ?? m.content), [`first of ${n}`, "Yes.", "on"]);
  }
  s.ws.close();
});

test("failures are events in OpenAI's shape, and the socket stays", async () => {
  const s = await connect();
  const code = async (message, want, status) => {
    s.ws.send(typeof message === "string" ? message : JSON.stringify({ type: "response.create", model: "chat", input: "hi", ...message }));
    const [e] = await s.events();
    assert.deepEqual([e.type, e.error.code, e.status], ["error", want, status], JSON.stringify(e));
    return e;
  };
  await code("{", null, 400);
  await code("[]", null, 400);
  await code({ type: "session.update" }, "unknown_event_type", 400);
  await code({ background: true }, "unsupported_parameter", 400);
  await code({ stream_id: "no blanks" }, "invalid_stream_id", 400);
  await code({ model: "nowhere" }, "model_not_found", 404);
  await code({ input: [] }, null, 400);
  await code({ generate: 1 }, null, 400);
  chat.says({ error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded" } }, 429, { "retry-after": "7" });
  const limited = await code({}, "rate_limit_exceeded", 429);
  assert.match(limited.error.message, /slow down/);
  native.streams([nativeEvents(1)[0], nativeEvents(1)[1]]); /* breaks off */
  await code({ model: "native" }, "stream_truncated", 502);
  s.send({ type: "response.processed", response_id: "resp_x" });
  sayText("Still here.");
  const end = await s.end({});
  assert.equal(end.type, "response.completed");
  s.ws.close();
});

test("a client that leaves takes its upstream along", async () => {
  chat.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(delta({ role: "assistant", content: "a" }));
  };
  for (const leave of [(ws) => ws.close(1000), (ws) => ws.terminate()]) {
    const s = await connect();
    s.say({});
    s.say({ input: "waits" });
    await until(() => s.all.some((e) => e.type.endsWith("delta")));
    assert.equal(chat.open, 1);
    leave(s.ws);
    await until(() => chat.open === 0);
  }
});

test("a client that does not read holds its upstream back", async () => {
  const piece = delta({ content: "x".repeat(60000) });
  let written = 0, over = false;
  chat.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(delta({ role: "assistant", content: "" }));
    const more = () => {
      while (!over && written < 64 << 20) {
        written += piece.length;
        if (!res.write(piece)) return res.once("drain", more);
      }
      res.end(delta({}, "stop") + done);
    };
    more();
  };
  const s = await connect();
  s.ws._socket.pause();
  s.say({});
  let before = -1;
  await until(async () => {
    if (written > 0 && written === before) return true;
    before = written;
    await new Promise((r) => setTimeout(r, 300));
    return false;
  });
  assert.ok(written < 32 << 20, `${written}`);
  s.ws._socket.resume();
  over = true;
  assert.equal((await s.end()).type, "response.completed");
  s.ws.close();
});
