// SPDX-License-Identifier: Apache-2.0
// errors.mjs - failures, as the official openai client sees them: its classes, their members, its retries.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { bearer, client, completion, data, delta, done, event, messageEvents, start, text, user, vendor } from "./kit.mjs";

let g, v, ai, claude;
before(async () => {
  v = await vendor();
  const to = (model_name, model, api_base) => ({ model_name, litellm_params: { model, api_base, api_key: "sk-vendor" } });
  g = await start({ config: {
    model_list: [to("m", "openai/vendor-model", `${v.url}/v1`), to("claude", "anthropic/claude-sonnet-4-5", v.url),
      to("gone", "openai/vendor-model", "http://127.0.0.1:1/v1"),
      { model_name: "mock-429", litellm_params: { model: "mock/error-429" } }],
    general_settings: { master_key: "sk-master" }, router_settings: { num_retries: 0, disable_cooldowns: true } } });
  ai = client(g, { apiKey: "sk-master" });
});
after(async () => {
  await g.end();
  v.close();
});

const ask = (more = {}, options) => ai.chat.completions.create({ model: "m", messages: user("hi"), ...more }, options);
const failure = async (promise) => {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  return assert.fail("no failure");
};
const openaiError = (message, type, code, param = null) => ({ error: { message, type, param, code } });

// The vendor's status, the client's class, and the gateway's status where it is another: a key that the vendor refuses is
// the gateway's trouble, not the client's, and so is what is broken at the vendor's.
const classes = [
  [400, OpenAI.BadRequestError], [401, OpenAI.InternalServerError, 502], [403, OpenAI.PermissionDeniedError],
  [404, OpenAI.NotFoundError], [422, OpenAI.BadRequestError, 400], [429, OpenAI.RateLimitError],
  [500, OpenAI.InternalServerError, 502], [502, OpenAI.InternalServerError], [503, OpenAI.InternalServerError],
];
for (const [status, kind, ours = status] of classes)
  test(`a vendor's ${status} is the client's ${kind.name}`, async () => {
    for (const stream of [false, true]) {
      v.says(openaiError("It is so.", "some_type", "some_code", "some_param"), status);
      const e = await failure(ask({ stream }));
      assert.ok(e instanceof kind, `${e.constructor.name}: ${e.message}`);
      assert.equal(e.status, ours);
      assert.match(e.message, /It is so\./);
      assert.equal(e.param, "some_param");
    }
  });

test("code, type and parameter of the vendor arrive", async () => {
  v.says(openaiError("Too long.", "invalid_request_error", "context_length_exceeded", "messages"), 400);
  const e = await failure(ask());
  assert.deepEqual([e.code, e.type, e.param], ["context_length_exceeded", "invalid_request_error", "messages"]);
});

test("a rate limit says when to come again", async () => {
  v.says(openaiError("Slow down.", "requests", "rate_limit_exceeded"), 429, { "retry-after": "7" });
  const e = await failure(ask());
  assert.ok(e instanceof OpenAI.RateLimitError);
  assert.equal(e.headers.get("retry-after"), "7");
  assert.equal(e.code, "rate_limit_exceeded");
});

test("the client's own retries are honoured", async () => {
  let n = 0;
  v.answer = (res) => {
    const ok = ++n > 2;
    res.writeHead(ok ? 200 : 429, { "content-type": "application/json", ...(ok ? {} : { "retry-after": "0" }) });
    res.end(JSON.stringify(ok ? completion({ content: "third" }) : openaiError("no", "requests", "rate_limit_exceeded")));
  };
  const r = await ask({}, { maxRetries: 2 });
  assert.equal(r.choices[0].message.content, "third");
  assert.equal(n, 3);
});

test("what cannot become better is not tried again", async () => {
  let n = 0;
  v.answer = (res) => {
    n++;
    res.writeHead(400, { "content-type": "application/json" });
    res.end(JSON.stringify(openaiError("no", "invalid_request_error", null)));
  };
  await failure(ask({}, { maxRetries: 2 }));
  assert.equal(n, 1);
});

test("a page of HTML from a proxy is a gateway's error, and is not shown", async () => {
  v.says("<html><body><h1>502 Bad Gateway</h1></body></html>", 502);
  const e = await failure(ask());
  assert.ok(e instanceof OpenAI.InternalServerError);
  assert.equal(e.status, 502);
  assert.ok(!e.message.includes("<h1>"), e.message);
  v.says("<html><body>Welcome</body></html>", 200);
  const again = await failure(ask());
  assert.ok(again instanceof OpenAI.InternalServerError, `${again.status} ${again.message}`);
  assert.ok(!again.message.includes("<html>"), again.message);
});

test("a vendor that cannot be reached is a gateway's error", async () => {
  const e = await failure(ask({ model: "gone" }));
  assert.ok(e instanceof OpenAI.InternalServerError);
  assert.ok(e.requestID);
});

test("a vendor that hangs up before it answers is a gateway's error", async () => {
  v.answer = (res) => res.socket.destroy();
  const e = await failure(ask());
  assert.ok(e instanceof OpenAI.InternalServerError, `${e.status}`);
});

test("a wrong key is an authentication error", async () => {
  const e = await failure(client(g, { apiKey: "sk-wrong" }).chat.completions.create({ model: "m", messages: user("x") }));
  assert.ok(e instanceof OpenAI.AuthenticationError);
  assert.equal(e.code, "invalid_api_key");
});

test("an unknown model is not found, and what exists is named", async () => {
  const e = await failure(ask({ model: "nothing" }));
  assert.ok(e instanceof OpenAI.NotFoundError);
  assert.equal(e.code, "model_not_found");
  assert.equal(e.param, "model");
  assert.match(e.message, /claude/);
});

test("wrong types are bad requests that name the parameter", async () => {
  for (const [more, param] of [[{ messages: "hi" }, /^messages/], [{ model: 7 }, /^model/], [{ stream: "yes" }, /^stream/]]) {
    const e = await failure(ask(more));
    assert.ok(e instanceof OpenAI.BadRequestError, `${JSON.stringify(more)}: ${e.status} ${e.message}`);
    assert.match(String(e.param), param);
  }
});

test("an error in mid-stream reaches the client after the text before it", async () => {
  v.streams([delta({ role: "assistant", content: "" }), delta({ content: "half" }),
    data(openaiError("Overloaded.", "server_error", "overloaded"))]);
  const pieces = [];
  const e = await failure((async () => {
    for await (const c of await ask({ stream: true })) pieces.push(c.choices[0].delta.content ?? "");
  })());
  assert.equal(pieces.join(""), "half");
  assert.match(e.message, /Overloaded\./);
  assert.equal(e.type, "server_error");
});

test("an error as a stream's first event is an error's status", async () => {
  v.streams([data(openaiError("Overloaded.", "server_error", "overloaded"))]);
  const e = await failure(ask({ stream: true }));
  assert.ok(e.status >= 500, `${e.status}`);
});

test("a stream without its end is an error", async () => {
  v.streams([delta({ role: "assistant", content: "" }), delta({ content: "half" })]);
  const e = await failure((async () => {
    for await (const c of await ask({ stream: true })) void c;
  })());
  assert.equal(e.code, "stream_truncated");
});

test("a stream that is cut off is an error", async () => {
  v.answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(delta({ role: "assistant", content: "" }) + delta({ content: "half" }), () => res.socket.destroy());
  };
  const e = await failure((async () => {
    for await (const c of await ask({ stream: true })) void c;
  })());
  assert.ok(e instanceof OpenAI.APIError, `${e}`);
});

const claudeErrors = [
  [400, "invalid_request_error", OpenAI.BadRequestError, null],
  [400, "invalid_request_error", OpenAI.BadRequestError, "context_length_exceeded", "prompt is too long: 9 tokens > 8 maximum"],
  [401, "authentication_error", OpenAI.InternalServerError, "upstream_auth"],
  [403, "permission_error", OpenAI.PermissionDeniedError],
  [404, "not_found_error", OpenAI.NotFoundError, "model_not_found"],
  [429, "rate_limit_error", OpenAI.RateLimitError, "rate_limit_exceeded"],
  [500, "api_error", OpenAI.InternalServerError],
  [529, "overloaded_error", OpenAI.InternalServerError],
];
for (const [status, type, kind, code, words = "It is so."] of claudeErrors)
  test(`Anthropic's ${status} ${type}${code ? ` (${code})` : ""} is the client's ${kind.name}`, async () => {
    v.says({ type: "error", error: { type, message: words }, request_id: "req_1" }, status);
    const e = await failure(ask({ model: "claude" }));
    assert.ok(e instanceof kind, `${e.constructor.name} ${e.status}`);
    assert.equal(e.status, { 401: 502, 500: 502, 529: 503 }[status] ?? status);
    assert.ok(e.message.includes(words), e.message);
    if (code !== undefined) assert.equal(e.code, code);
  });

test("Anthropic's error as a first event is an error's status, and later an error in the stream", async () => {
  const overloaded = event("error", { error: { type: "overloaded_error", message: "Overloaded" } });
  v.streams([overloaded]);
  assert.equal((await failure(ask({ model: "claude", stream: true }))).status, 503);
  v.streams([...messageEvents([text("half")]).slice(0, 4), overloaded]);
  const pieces = [];
  const e = await failure((async () => {
    for await (const c of await ask({ model: "claude", stream: true })) pieces.push(c.choices[0].delta.content ?? "");
  })());
  assert.equal(pieces.join(""), "half");
  assert.match(e.message, /Overloaded/);
});

test("nothing of a failure keeps the next call from working", async () => {
  v.answer = (res) => res.socket.destroy();
  await failure(ask());
  v.says(completion({ content: "well" }));
  assert.equal((await ask()).choices[0].message.content, "well");
  v.streams([delta({ role: "assistant", content: "" }), delta({ content: "well" }), delta({}, "stop"), done]);
  assert.equal((await ai.chat.completions.stream({ model: "m", messages: user("x") }).finalContent()), "well");
});

test("the mock's rate limit has its retry-after too", async () => {
  const r = await g.chat({ model: "mock-429", messages: user("x") }, bearer("sk-master"));
  assert.equal(r.status, 429);
  assert.equal(r.headers["retry-after"], "1");
});
