// SPDX-License-Identifier: Apache-2.0
// cells.mjs - what is asked and answered in each column of the matrix, and what must hold. A cell returns when it
// passes, throws when it fails, and gives a reason when the two protocols cannot say what it is about.
import assert from "node:assert/strict";
import { settled } from "./kit.mjs";

const usage = { in: 20, cached: 8, out: 12, reasoning: 5 };
const spoken = "It is 21 °C in Rome, “sunny” \u{1F600}.";
const image = { mime: "image/png", data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" };
const schema = { type: "object", properties: { city: { type: "string" }, degrees: { type: "integer" } },
  required: ["city", "degrees"], additionalProperties: false };
const tools = ["weather", "time"].map((name) => ({ name: `get_${name}`, description: `The ${name} of a city`,
  parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city"] } }));
const proof = "RXVDa1FDaWduYXR1cmU=";
const call = (n, name, args) => ({ id: `call_0${n}`, name, args });

const both = (x, what) => !(x.c.loose ?? []).includes(what) && !(x.v.loose ?? []).includes(what);
/* `more` on top of what is asked in every cell. */
const hello = (x, more) => ({ system: "Be brief.", turns: [{ user: "How warm is it in “Rome”?" }], max: 512, temperature: 0.5,
  ...(both(x, "stop") && { stop: ["END"] }), ...more });
const answer = { text: spoken, stop: "stop", usage };

export const reasons = {
  text: "Gemini may sign the text of an answer, and only thereby its thoughts. In this dialect a text has no place for a " +
    "signature that is known only when the text is over, and what cannot be said must not become a block that other vendors " +
    "refuse. Google asks for such signatures back and does not insist; those of calls, on which it does, come back.",
};

/* ---- asking ---- */

const scripted = (v, s, stream) => (stream ? { type: v.streamType, frames: v.stream(s) } : { body: v.whole(s) });
// Both ends are looked at as text; the name of the model is the gateway's to change.
const named = (bytes, v) => (v.issued ?? ((text) => text))(bytes.toString("latin1").replaceAll(`"to-${v.name}"`, `"${v.model}"`));

async function send(x, w, play) {
  const { c, v, world } = x;
  world.seen.length = 0;
  world.script = [play];
  const got = await world.ask(c.path(`to-${v.name}`, w.stream), c.headers ?? {}, c.body(w, `to-${v.name}`));
  assert.equal(world.seen.length, 1, `the vendor was asked once: ${got.status} ${got.bytes}`);
  return { ...got, asked: world.seen[0] };
}

/* ---- what the vendor was asked ---- */

function checkTurn(x, is, want) {
  if (want.user) assert.deepEqual(is, want);
  else if (want.results)
    assert.deepEqual(is.results.map((r) => r.text), want.results.map((r) => r.text), "results in their order");
  else {
    assert.equal(is.text, want.text, "what the assistant said");
    assert.deepEqual(is.calls.map(({ name, args }) => ({ name, args })), want.calls.map(({ name, args }) => ({ name, args })));
    assert.equal(is.opaque, want.opaque, "what nobody may read comes back");
    if (want.signature) {
      assert.equal(is.signature, want.signature, "the signature comes back");
      if (!x.v.unspoken) assert.equal(is.thinking, want.thinking ?? "", "the thoughts come back");
    }
  }
}

/* A schema without what says that it is closed. */
const open = ({ additionalProperties, ...rest }) => rest;

function checkAsked(x, w, asked) {
  const { c, v } = x, s = v.see(asked);
  assert.equal(s.model, v.model);
  assert.equal(s.stream, w.stream === true);
  assert.equal(s.system, w.system ?? "");
  if (w.think) assert.ok(s.max >= w.max, "room for thoughts");
  else assert.equal(s.max, w.max);
  if (!w.think) assert.equal(s.temperature, w.temperature);
  assert.deepEqual(s.stop, w.stop ?? []);
  assert.deepEqual(s.tools, w.tools ?? []);
  if (w.choice && both(x, "choice")) assert.equal(s.choice, true, "a tool must be called");
  assert.deepEqual(s.schema, v.subset && c.name !== v.name && w.schema ? open(w.schema) : w.schema);
  assert.equal(s.think === true, w.think !== undefined, "asked to think");
  assert.equal(s.turns.length, w.turns.length, "as many turns");
  s.turns.forEach((t, i) => checkTurn(x, t, w.turns[i].expected ?? w.turns[i]));
  if (!v.unnamed)
    for (let i = 0; i + 1 < s.turns.length; i++)
      if (s.turns[i].calls?.length)
        assert.deepEqual(s.turns[i + 1].results.map((r) => r.id), s.turns[i].calls.map((k) => k.id), "results have their calls' ids");
  if (c.name === v.name) assert.equal(named(asked.text, v), named(x.sent, v), "the bytes are the client's");
}

/* ---- what the client was answered ---- */

function checkAnswer(x, native, s) {
  const { c, v } = x, a = c.read(native);
  assert.equal(a.text, s.text ?? "");
  assert.equal(a.thinking, s.thinking ?? "");
  if (s.thinking && v.signs && v.name !== "gemini") assert.ok(a.signature, "a signature");
  assert.deepEqual(a.calls.map(({ name, args }) => ({ name, args })),
    (s.calls ?? []).map(({ name, args }) => ({ name, args })));
  if (!v.unnamed && a.calls.every((k) => k.id)) assert.deepEqual(a.calls.map((k) => k.id), (s.calls ?? []).map((k) => k.id));
  assert.equal(new Set(a.calls.map((k) => k.id ?? {})).size, a.calls.length, "each call has an id of its own");
  assert.equal(a.stop, s.stop);
  assert.equal(a.usage.in, s.usage.in);
  assert.equal(a.usage.out, s.usage.out);
  for (const count of ["cached", "reasoning"])
    if (c.counts.includes(count) && v.counts.includes(count)) assert.equal(a.usage[count], s.usage[count], `${count} tokens`);
  return a;
}

/* One question, whole and streamed: both are checked, and the stream put together is the whole answer. */
async function exchange(x, wish, s) {
  const { c, v } = x, got = {};
  for (const stream of [false, true]) {
    const w = { ...wish, ...(stream && { stream: true }) }, play = scripted(v, s, stream), a = await send(x, w, play);
    x.sent = a.sent;
    assert.equal(a.status, 200, a.bytes.toString());
    assert.ok(!a.cut, "the connection was broken off");
    checkAsked(x, w, a.asked);
    if (c.name === v.name)
      assert.equal(named(a.bytes, v), named(play.body ?? Buffer.concat(play.frames), v), "the bytes are the vendor's");
    if (stream) {
      const joined = c.join(a.bytes);
      assert.equal(joined.error, undefined);
      assert.ok(joined.finished, "the stream has its end");
      checkAnswer(x, joined.whole, s);
      assert.deepEqual(settled(joined.whole, c.volatile), settled(got.native, c.volatile), "a stream put together is the whole answer");
    } else {
      got.native = JSON.parse(a.bytes);
      Object.assign(got, checkAnswer(x, got.native, s));
    }
  }
  return got;
}

/* Once more with what was answered, as the client's SDK keeps it. */
async function another(x, wish, s, got, results, proves = true) {
  const turns = [...wish.turns,
    { said: got.said, expected: { text: s.text ?? "", calls: s.calls ?? [], thinking: s.thinking,
      ...(x.v.signs && proves && { signature: s.signature }), ...(s.opaque && { opaque: s.opaque }) } },
    results ? { results: results.map((text, i) => ({ id: got.calls[i].id, name: got.calls[i].name, text })) }
      : { user: "And tomorrow?" }];
  await exchange(x, { ...wish, turns }, answer);
}

/* ---- the columns ---- */

async function plain(x) {
  const w = hello(x);
  const a = await send(x, w, scripted(x.v, answer, false));
  x.sent = a.sent;
  assert.equal(a.status, 200, a.bytes.toString());
  checkAsked(x, w, a.asked);
  checkAnswer(x, JSON.parse(a.bytes), answer);
  /* What the client can say and the vendor cannot is refused by its name, not lost. */
  if ((x.c.loose ?? []).includes("stop") || both(x, "stop")) return;
  const b = await x.world.ask(x.c.path(`to-${x.v.name}`), x.c.headers ?? {}, x.c.body(hello(x, { stop: ["END"] }), `to-${x.v.name}`));
  assert.equal(b.status, 400);
  assert.match(x.c.failure(JSON.parse(b.bytes)), /stop/);
}

/* Reads fall anywhere: in the middle of a character, of a line's end, of a frame's head. */
async function inPieces(x, size) {
  const { c, v } = x, play = scripted(v, answer, true), bytes = Buffer.concat(play.frames), frames = [];
  for (let i = 0; i < bytes.length; i += size) frames.push(bytes.subarray(i, i + size));
  const a = await send(x, hello(x, { stream: true }), { ...play, frames }), joined = c.join(a.bytes);
  assert.ok(joined.finished && !joined.error, "the stream has its end");
  checkAnswer(x, joined.whole, answer);
  if (c.name === v.name) assert.equal(named(a.bytes, v), named(bytes, v), "the bytes are the vendor's");
}

async function stream(x) {
  await inPieces(x, 7);
  await inPieces(x, 61);
  await exchange(x, hello(x), answer);
  await exchange(x, hello(x), { ...answer, stop: "length" });
}

async function withTools(x, calls, results) {
  const w = hello(x, { tools, choice: true }), s = { calls, stop: "tools", usage,
    ...(x.v.name === "gemini" && { signature: proof }) };
  await another(x, w, s, await exchange(x, w, s), results);
}

/* Results in another order than the calls: each still finds its own. Without ids the order is all there is. */
async function outOfOrder(x, calls, results) {
  const { c, v } = x, w = hello(x, { tools }), s = { calls, stop: "tools", usage }, first = await exchange(x, w, s);
  if ((c.loose ?? []).includes("ids") || first.calls.some((k) => !k.id)) return;
  w.turns = [...w.turns, { said: first.said },
    { results: first.calls.map((k, i) => ({ id: k.id, name: k.name, text: results[i] })).reverse() }];
  const a = await send(x, w, scripted(v, answer, false)), [, said, told] = v.see(a.asked).turns;
  assert.equal(a.status, 200, a.bytes.toString());
  const taken = new Set();
  for (const r of told.results) {
    const i = said.calls.findIndex((k, n) => !taken.has(n) && (r.id ? k.id === r.id : k.name === r.name));
    taken.add(i);
    assert.equal(r.text, results[i], "the result is that of its call");
  }
}

async function thinking(x) {
  const { c, v } = x;
  const w = hello(x, { max: 4096, think: 2048, temperature: undefined, stop: undefined });
  const s = { thinking: "Rome is in Italy; it is “May”.", text: spoken, stop: "stop", usage, ...(x.v.signs && { signature: proof }) };
  const reason = v.name === "gemini" && !c.signsTexts && reasons.text;
  await another(x, w, s, await exchange(x, w, s), undefined, !reason);
  /* Thoughts in front of a call have to come back with it. */
  const s2 = { ...s, text: undefined, calls: [call(1, "get_weather", { city: "Rome" })], stop: "tools" }, w2 = { ...w, tools };
  await another(x, w2, s2, await exchange(x, w2, s2), ["21"]);
  /* Thoughts that nobody may read go back all the same. */
  if (v.hides) {
    const s3 = { ...s2, opaque: "b3BhcXVl" };
    await another(x, w2, s3, await exchange(x, w2, s3), ["21"]);
  }
  return reason;
}

async function withImage(x) {
  const { c, v, world } = x, user = "Which city is it?";
  await exchange(x, hello(x, { turns: [{ user, image }] }), answer);
  /* By a URL: the vendor gets it, or, where its API has none, the picture itself. */
  if (both(x, "link")) {
    const link = { url: `${world.base}/picture.png` };
    world.picture = Buffer.from(image.data, "base64");
    const w = hello(x, { turns: [{ user, image: link, expected: { user, image: v.links || c.name === v.name ? link : image } }] });
    const a = await send(x, w, scripted(v, answer, false));
    x.sent = a.sent;
    assert.equal(a.status, 200, a.bytes.toString());
    checkAsked(x, w, a.asked);
  }
  /* As what a tool gave: with its result, or behind it, where results are texts. */
  if (both(x, "shown")) {
    const w = hello(x, { tools }), calls = [call(1, "get_weather", { city: "Rome" })], s = { calls, stop: "tools", usage };
    const first = await exchange(x, w, s);
    w.turns = [...w.turns, { said: first.said }, { results: [{ id: first.calls[0].id, name: "get_weather", text: "a map", image }] }];
    const a = await send(x, w, scripted(v, answer, false)), turns = v.see(a.asked).turns;
    assert.equal(a.status, 200, a.bytes.toString());
    assert.deepEqual(turns[2].results.map((r) => r.text), ["a map"]);
    assert.deepEqual(turns.slice(2).flatMap((t) => [t.image, ...(t.results ?? []).map((r) => r.image)]).filter((p) => p), [image]);
  }
}

async function structured(x) {
  await exchange(x, hello(x, { schema }), { ...answer, text: '{"city":"Rome","degrees":21}' });
}

async function early(x) {
  const { c, v } = x;
  for (const status of [400, 429, 503])
    for (const streamed of [false, true]) {
      const said = `the vendor's own words ${status}`, a = await send(x, hello(x, { stream: streamed }), v.refusal(status, said));
      const own = status === 503 && c.name === "anthropic" ? 529 : status;
      assert.equal(a.status, own, `${status} became ${a.status}: ${a.bytes}`);
      assert.match(c.failure(JSON.parse(a.bytes)), new RegExp(said));
    }
  const a = await send(x, hello(x, { stream: true }), { type: v.streamType, frames: [v.broken("we are overloaded")] });
  assert.ok(a.status >= 500, `a stream that begins with a failure has status ${a.status}: ${a.bytes}`);
  assert.match(c.failure(JSON.parse(a.bytes)), /we are overloaded/);
}

/* Nothing was told yet when it broke: then it is a failure like any other. */
function checkBroken(x, a, words) {
  const { c } = x;
  if (a.status >= 500) {
    c.failure(JSON.parse(a.bytes));
    return;
  }
  assert.equal(a.status, 200, a.bytes.toString());
  const joined = c.join(a.bytes);
  assert.ok(!joined.finished, "shown as a finished answer");
  assert.ok(joined.error !== undefined, `no failure is told: ${a.bytes}`);
  if (words) assert.match(joined.error, words);
  assert.ok(joined.whole, "what came before is kept");
}

async function midway(x) {
  const { v } = x, frames = v.stream(answer), a = await send(x, hello(x, { stream: true }),
    { type: v.streamType, frames: [...frames.slice(0, frames.length - v.ends), v.broken("we are overloaded")] });
  checkBroken(x, a, /we are overloaded/);
  assert.ok(a.bytes.includes("21"), "what came before is kept");
}

async function truncated(x) {
  const { c, v } = x, called = { calls: [call(1, "get_weather", { city: "Rome", days: 3 })], stop: "tools", usage };
  const half = v.whole(answer).subarray(0, 60), whole = await send(x, hello(x), { body: half, cut: true });
  assert.ok(whole.cut || whole.status >= 500, `half an answer has status ${whole.status}: ${whole.bytes}`);
  if (!whole.cut) c.failure(JSON.parse(whole.bytes));
  for (const s of [answer, called])
    for (const cut of [false, true]) {
      const frames = v.stream(s), keep = frames.slice(0, frames.length - v.ends);
      if (!keep.length) keep.push(frames[0]);
      if (cut) keep.push(frames[keep.length].subarray(0, 9));
      const a = await send(x, hello(x, { tools, stream: true }), { type: v.streamType, frames: keep, cut });
      checkBroken(x, a);
    }
  /* Some are not over until they say so, whatever came before. */
  if (!v.lastWord) return;
  const a = await send(x, hello(x, { stream: true }), { type: v.streamType, frames: v.stream(answer).slice(0, -1) });
  checkBroken(x, a);
}

async function parallel(x) {
  const calls = [call(1, "get_weather", { city: "Rome" }), call(2, "get_weather", { city: "Oslo" }),
    call(3, "get_time", { city: "Rome", days: 1 })], results = ["21", "3", "12:00"];
  await withTools(x, calls, results);
  await outOfOrder(x, calls, results);
}

export const columns = [
  ["plain", plain],
  ["stream", stream],
  ["tools", (x) => withTools(x, [call(1, "get_weather", { city: "Rome", days: 2 })], ["21"])],
  ["parallel tools", parallel],
  ["thinking", thinking],
  ["image", withImage],
  ["structured output", structured],
  ["error before first byte", early],
  ["error in mid-stream", midway],
  ["truncated", truncated],
];
