// SPDX-License-Identifier: Apache-2.0
// abort.mjs - a client that leaves takes its call to the vendor with it, in mid-stream and before any answer.
// Needs Node 20.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { client, completion, delta, event, messageEvents, start, text, until, user, vendor } from "./kit.mjs";

let g, v, ai;
before(async () => {
  v = await vendor();
  const to = (model_name, model, api_base) => ({ model_name, litellm_params: { model, api_base, api_key: "sk-vendor" } });
  g = await start({ config: { model_list: [to("m", "openai/vendor-model", `${v.url}/v1`),
    to("claude", "anthropic/claude-sonnet-4-5", v.url)] } });
  ai = client(g);
});
after(async () => {
  await g.end();
  v.close();
});

const openings = {
  m: [delta({ role: "assistant", content: "" }), () => delta({ content: "x" })],
  claude: [messageEvents([text("x")]).slice(0, 3).join(""),
    () => event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "x" } })],
};

// An event each time the client has seen one: what is sent after it left can be counted. For ever.
function endless(model) {
  const [opening, next] = openings[model];
  const s = { sent: 0, ended: false };
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(opening);
    s.send = () => {
      s.sent++;
      res.write(next());
    };
    s.socket = res.socket;
    res.on("close", () => (s.ended = true));
    s.send();
  };
  return s;
}

for (const model of ["m", "claude"]) {
  test(`${model}: an abort in mid-stream closes the vendor's connection, without an event more`, async () => {
    const s = endless(model);
    const abort = new AbortController();
    const stream = await ai.chat.completions.create({ model, stream: true, messages: user("hi") }, { signal: abort.signal });
    let seen = 0;
    for await (const c of stream) {
      if (!c.choices[0].delta.content) continue;
      if (++seen === 3) abort.abort();
      else s.send();
    }
    // The vendor is silent now. Only the gateway can end this call.
    await until(() => s.ended && s.socket.destroyed, () => "the vendor's connection is still open");
    assert.equal(s.sent, 3);
    assert.equal(v.open, 0);
  });

  test(`${model}: a loop that is left early closes the vendor's connection`, async () => {
    const s = endless(model);
    for await (const c of await ai.chat.completions.create({ model, stream: true, messages: user("hi") }))
      if (c.choices[0].delta.content) break;
    await until(() => s.ended && s.socket.destroyed, () => "the vendor's connection is still open");
    assert.equal(s.sent, 1);
  });

  test(`${model}: an abort before the answer closes the vendor's connection`, async () => {
    for (const stream of [false, true]) {
      let asked = false;
      let ended = false;
      v.answer = (res) => {
        asked = true;
        res.on("close", () => (ended = true));
      };
      const abort = new AbortController();
      const call = ai.chat.completions.create({ model, stream, messages: user("hi") }, { signal: abort.signal });
      call.catch(() => {});
      await until(() => asked);
      abort.abort();
      await assert.rejects(call, { name: "Error" });
      await until(() => ended, () => "the vendor's connection is still open");
    }
  });
}

test("the client's own deadline closes the vendor's connection", async () => {
  let ended = false;
  v.answer = (res) => res.on("close", () => (ended = true));
  await assert.rejects(ai.chat.completions.create({ model: "m", messages: user("hi") }, { timeout: 200 }));
  await until(() => ended, () => "the vendor's connection is still open");
});

test("an abort of one stream leaves the others alone", async () => {
  const streams = [];
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(openings.m[0] + delta({ content: "x" }));
    streams.push(res);
  };
  const abort = new AbortController();
  const open = (signal) => ai.chat.completions.create({ model: "m", stream: true, messages: user("hi") }, { signal });
  const first = await open(abort.signal);
  await until(() => streams.length === 1);
  const second = await open();
  abort.abort();
  await until(() => streams[0].destroyed);
  streams[1].end(delta({ content: "y" }) + delta({}, "stop") + "data: [DONE]\n\n");
  let said = "";
  for await (const c of second) said += c.choices[0].delta.content ?? "";
  assert.equal(said, "xy");
  for await (const c of first) void c;
});

test("a hundred that leave, leave nothing behind", async () => {
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(openings.m[0] + delta({ content: "x" }));
  };
  await Promise.all(Array.from({ length: 100 }, async () => {
    for await (const c of await ai.chat.completions.create({ model: "m", stream: true, messages: user("hi") }))
      if (c.choices[0].delta.content) break;
  }));
  await until(() => v.open === 0, () => `${v.open} calls are still open`);
  v.says(completion({ content: "well" }));
  assert.equal((await ai.chat.completions.create({ model: "m", messages: user("hi") })).choices[0].message.content, "well");
});
