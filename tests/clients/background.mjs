// SPDX-License-Identifier: Apache-2.0
// background.mjs - responses that are made while nobody waits, with OpenAI's client: polled, followed from any event on,
// cancelled; on a vendor that knows chat only, and on one that has them itself. Nothing is lost silently.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { client, delta, chunk, done, event, start, until, vendor } from "./kit.mjs";

let g, chat, native, ai, folder;
const config = (more = {}) => ({ model_list: [
  { model_name: "chat", litellm_params: { model: "together_ai/x", api_base: `${chat.url}/v1`, api_key: "sk-chat" } },
  { model_name: "native", litellm_params: { model: "openai/gpt-x", api_base: `${native.url}/v1`, api_key: "sk-native" } },
], router_settings: { num_retries: 0 }, general_settings: { object_store: { type: "sqlite", path: path.join(folder, "o.db") }, ...more } });
before(async () => {
  chat = await vendor();
  native = await vendor();
  folder = mkdtempSync(path.join(os.tmpdir(), "sluice-background-"));
  g = await start({ config: config() });
  ai = client(g);
});
after(async () => {
  await g.end();
  chat.close();
  native.close();
  rmSync(folder, { recursive: true, force: true });
});

// A vendor that says a word whenever it is told to.
const words = (v) => {
  let res;
  const asked = new Promise((r) => (v.answer = (answer) => {
    res = answer;
    res.on("error", () => {});
    res.writeHead(200, { "content-type": "text/event-stream" });
    r();
  }));
  return { asked, say: (content) => res.write(delta({ content })), closed: () => res.closed || res.destroyed,
    end: () => res.end(delta({}, "stop") + chunk([], { usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }) + done),
    cut: () => res.destroy() };
};
const ask = (more = {}) => ai.responses.create({ model: "chat", input: "hi", background: true, ...more });
const poll = async (id, wanted) => {
  let r;
  await until(async () => (r = await ai.responses.retrieve(id)).status === wanted, () => `${r.status} is not ${wanted}`);
  return r;
};
const read = async (stream, most = Infinity) => {
  const events = [];
  for await (const e of stream) {
    events.push(e);
    if (events.length === most) break;
  }
  return events;
};

test("it is told at once, made meanwhile, and polled", async () => {
  const v = words(chat);
  const r = await ask({ metadata: { a: "b" } });
  assert.deepEqual([r.status, r.background, r.output, r.metadata], ["queued", true, [], { a: "b" }]);
  await v.asked;
  assert.equal(chat.last().json.background, undefined);
  assert.equal((await ai.responses.retrieve(r.id)).status, "in_progress");
  v.say("Hel");
  v.say("lo.");
  v.end();
  const end = await poll(r.id, "completed");
  assert.deepEqual([end.id, end.output_text, end.background, end.usage.total_tokens, end.created_at], [r.id, "Hello.", true, 7, r.created_at]);
  const items = await ai.responses.inputItems.list(r.id);
  assert.equal(items.data[0].content[0].text, "hi");
  const two = words(chat);
  const next = await ai.responses.create({ model: "chat", input: "on", previous_response_id: r.id, background: true });
  await two.asked;
  assert.deepEqual(chat.last().json.messages.map((m) => m.content), ["hi", "Hello.", "on"]);
  two.end();
  await poll(next.id, "completed");
});

test("its stream can be left, and read again from any event on", async () => {
  const v = words(chat);
  const first = ask({ stream: true });
  await v.asked;
  v.say("a");
  const begun = await read(await first, 3);
  const id = begun[0].response.id;
  assert.deepEqual(begun.map((e) => e.sequence_number), [0, 1, 2]);
  v.say("b");
  const rest = read(await ai.responses.retrieve(id, { stream: true, starting_after: 2 }));
  const other = read(await ai.responses.retrieve(id, { stream: true }));
  v.say("c");
  v.end();
  const all = await other;
  assert.deepEqual(all.map((e) => e.sequence_number), all.map((_, i) => i));
  assert.deepEqual(await rest, all.slice(3));
  assert.equal(all.at(-1).type, "response.completed");
  assert.equal(all.filter((e) => e.type === "response.output_text.delta").map((e) => e.delta).join(""), "abc");
  await poll(id, "completed");
  assert.deepEqual(await read(await ai.responses.retrieve(id, { stream: true, starting_after: 4 })), all.slice(5));
  assert.deepEqual(await read(await ai.responses.retrieve(id, { stream: true, starting_after: 99 })), []);
  await assert.rejects(ai.responses.retrieve(id, { stream: true, starting_after: "x" }), (e) => e.param === "starting_after");
});

test("cancelling ends it at the vendor, too", async () => {
  const v = words(chat);
  const r = await ask();
  await v.asked;
  v.say("Half");
  const reader = read(await ai.responses.retrieve(r.id, { stream: true }));
  await until(async () => (await ai.responses.retrieve(r.id)).status === "in_progress");
  const cancelled = await ai.responses.cancel(r.id);
  assert.deepEqual([cancelled.id, cancelled.status], [r.id, "cancelled"]);
  await until(() => v.closed());
  assert.equal((await reader).at(-1).type, "response.cancelled");
  assert.equal((await ai.responses.retrieve(r.id)).status, "cancelled");
  assert.equal((await ai.responses.cancel(r.id)).status, "cancelled");
});

test("a deleted one ends, and nothing of it is left", async () => {
  const v = words(chat);
  const r = await ask();
  await v.asked;
  await ai.responses.delete(r.id);
  await until(() => v.closed());
  await assert.rejects(ai.responses.retrieve(r.id), OpenAI.NotFoundError);
});

test("what goes wrong is kept as that", async () => {
  chat.says({ error: { message: "No such model.", type: "invalid_request_error" } }, 400);
  const r = await ask();
  const failed = await poll(r.id, "failed");
  assert.match(failed.error.message, /No such model/);
  const events = await read(await ai.responses.retrieve(r.id, { stream: true }));
  assert.deepEqual(events.map((e) => e.type), ["response.created", "response.in_progress", "response.failed"]);
  const v = words(chat);
  const cut = await ask();
  await v.asked;
  v.say("Half");
  await until(async () => (await read(await ai.responses.retrieve(cut.id, { stream: true }), 5)).length === 5);
  v.cut();
  const half = await poll(cut.id, "failed");
  assert.deepEqual([half.output[0].status, half.output[0].content[0].text], ["incomplete", "Half"]);
});

test("what cannot be is refused by name, at once", async () => {
  await assert.rejects(ask({ store: false }), (e) => e.status === 400 && e.param === "store");
  await assert.rejects(ask({ input: [{ type: "item_reference", id: "x" }] }), (e) => e.status === 400);
  const v = words(chat);
  const r = await ask();
  await v.asked;
  await assert.rejects(ask({ previous_response_id: r.id }), (e) => e.param === "previous_response_id");
  v.end();
  await poll(r.id, "completed");
  const sync = words(chat);
  const plain = ai.responses.create({ model: "chat", input: "hi", stream: true });
  await sync.asked;
  sync.say("x");
  sync.end();
  const events = await read(await plain);
  const id = events[0].response.id;
  await assert.rejects(ai.responses.retrieve(id, { stream: true }), (e) => e.status === 400 && e.code === "events_not_kept");
  await assert.rejects(ai.responses.cancel(id), /synchronous/);
  await assert.rejects(ai.responses.retrieve(`${r.id}%2Fevents`), OpenAI.NotFoundError);
});

test("only so many are made at a time", async () => {
  const few = await start({ config: config({ max_background_responses: 1, object_store: { type: "memory" } }) });
  const v = words(chat);
  await client(few).responses.create({ model: "chat", input: "hi", background: true });
  await v.asked;
  await assert.rejects(client(few).responses.create({ model: "chat", input: "hi", background: true }),
    (e) => e.status === 429 && e.code === "too_many_background_responses");
  v.end();
  await until(() => client(few).responses.create({ model: "chat", input: "hi", background: true }).then(() => true, () => false));
  await few.end("SIGKILL");
});

test("an end of the gateway is told when it is back", async () => {
  let h = await start({ config: config(), args: ["--drain_timeout", "1"] });
  const v = words(chat);
  const drained = await client(h).responses.create({ model: "chat", input: "hi", background: true });
  await v.asked;
  v.say("Half");
  await until(async () => (await read(await client(h).responses.retrieve(drained.id, { stream: true }), 5)).length === 5);
  await h.end();
  let r = await ai.responses.retrieve(drained.id);
  assert.deepEqual([r.status, r.output[0].content[0].text], ["failed", "Half"]);
  assert.match(r.error.message, /going away/);
  h = await start({ config: config() });
  const w = words(chat);
  const killed = await client(h).responses.create({ model: "chat", input: "hi", background: true });
  await w.asked;
  assert.equal((await ai.responses.retrieve(killed.id)).status, "queued"); /* another process makes it */
  await h.end("SIGKILL");
});

test("what another process makes is fetched, followed, cancelled and deleted through the store", async () => {
  const h = await start({ config: config() });
  const there = client(h);
  const make = async () => {
    const v = words(chat);
    const r = await there.responses.create({ model: "chat", input: "hi", background: true });
    await v.asked;
    v.say("Half");
    return { v, id: r.id };
  };
  // Followed: all of it comes when it has ended, and from any event on.
  const one = await make();
  const reading = ai.responses.retrieve(one.id, { stream: true }).then(read);
  await assert.rejects(ask({ previous_response_id: one.id }), (e) => e.param === "previous_response_id");
  one.v.say(" and whole.");
  one.v.end();
  const events = await reading;
  assert.equal(events.at(-1).response.output_text ?? events.at(-1).response.output[0].content[0].text, "Half and whole.");
  assert.deepEqual(await read(await ai.responses.retrieve(one.id, { stream: true, starting_after: 3 })), events.slice(4));
  assert.equal((await poll(one.id, "completed")).output_text, "Half and whole.");
  // Cancelled: with what there was of it, and at the vendor, too.
  const two = await make();
  const followed = there.responses.retrieve(two.id, { stream: true }).then(read);
  const cancelled = await ai.responses.cancel(two.id);
  assert.deepEqual([cancelled.id, cancelled.status], [two.id, "cancelled"]);
  await until(() => two.v.closed());
  assert.equal((await followed).at(-1).type, "response.cancelled");
  assert.equal((await there.responses.retrieve(two.id)).status, "cancelled");
  // Deleted: it ends, and does not come back.
  const three = await make();
  assert.equal((await ai.responses.delete(three.id))?.deleted ?? true, true);
  await until(() => three.v.closed());
  await assert.rejects(ai.responses.retrieve(three.id), OpenAI.NotFoundError);
  await assert.rejects(there.responses.retrieve(three.id), OpenAI.NotFoundError);
  await h.end();
});

test("where the vendor has it, it is the vendor's", async () => {
  const response = (status) => ({ id: "resp_v1", object: "response", created_at: 1, status, background: true, model: "gpt-x", output: [] });
  native.says(response("queued"));
  const r = await ai.responses.create({ model: "native", input: "hi", background: true });
  assert.equal(native.last().json.background, true);
  native.says(response("in_progress"));
  assert.equal((await ai.responses.retrieve(r.id)).status, "in_progress");
  assert.equal(native.last().url, "/v1/responses/resp_v1");
  native.streams([event("response.output_text.delta", { sequence_number: 4, delta: "x", item_id: "i", output_index: 0, content_index: 0 }),
    event("response.completed", { sequence_number: 5, response: response("completed") })]);
  const events = await read(await ai.responses.retrieve(r.id, { stream: true, starting_after: 3 }));
  assert.equal(native.last().url, "/v1/responses/resp_v1?stream=true&starting_after=3");
  assert.deepEqual(events.map((e) => e.sequence_number), [4, 5]);
  native.says(response("cancelled"));
  assert.equal((await ai.responses.cancel(r.id)).status, "cancelled");
});
