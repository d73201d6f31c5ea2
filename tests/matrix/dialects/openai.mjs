// SPDX-License-Identifier: Apache-2.0
// openai.mjs - OpenAI chat: as a client's dialect, and as a vendor.
import assert from "node:assert/strict";
import { events, fromUrl, json, only, pieces, sse, texts, urlOf } from "../kit.mjs";

const words = { stop: "stop", tools: "tool_calls", length: "length" };
const usageOf = (u) => ({ prompt_tokens: u.in, completion_tokens: u.out, total_tokens: u.in + u.out,
  prompt_tokens_details: { cached_tokens: u.cached }, completion_tokens_details: { reasoning_tokens: u.reasoning } });
const countsOf = (u) => ({ in: u.prompt_tokens, out: u.completion_tokens, cached: u.prompt_tokens_details?.cached_tokens,
  reasoning: u.completion_tokens_details?.reasoning_tokens });

/* ---- a client ---- */

function turn(t) {
  if (t.said) return [t.said];
  if (t.results) return t.results.map((r) => ({ role: "tool", tool_call_id: r.id, content: r.text }));
  if (!t.image) return [{ role: "user", content: t.user }];
  return [{ role: "user", content: [{ type: "text", text: t.user },
    { type: "image_url", image_url: { url: urlOf(t.image) } }] }];
}

export const client = {
  name: "openai", signsTexts: true, counts: ["cached", "reasoning"], loose: ["shown"],
  path: () => "/v1/chat/completions",
  body: (w, model) => ({
    model,
    messages: [...(w.system ? [{ role: "system", content: w.system }] : []), ...w.turns.flatMap(turn)],
    max_tokens: w.max,
    ...(w.temperature !== undefined && { temperature: w.temperature }),
    ...(w.stop && { stop: w.stop }),
    ...(w.tools && { tools: w.tools.map((f) => ({ type: "function", function: f })) }),
    ...(w.choice && { tool_choice: "required" }),
    ...(w.schema && { response_format: { type: "json_schema",
      json_schema: { name: "answer", schema: w.schema, strict: true } } }),
    ...(w.think && { reasoning_effort: "medium" }),
    ...(w.stream && { stream: true, stream_options: { include_usage: true } }),
  }),
  read(a) {
    assert.equal(a.object, "chat.completion");
    assert.equal(a.choices.length, 1);
    const { message, finish_reason } = a.choices[0];
    assert.equal(message.role, "assistant");
    return { text: message.content ?? "", thinking: message.reasoning_content ?? "",
      signature: message.thinking_blocks?.find((b) => b.signature)?.signature,
      calls: (message.tool_calls ?? []).map((c) => {
        assert.equal(c.type, "function");
        return { id: c.id, name: c.function.name, args: JSON.parse(c.function.arguments) };
      }),
      stop: Object.keys(words).find((k) => words[k] === finish_reason) ?? finish_reason,
      usage: countsOf(a.usage), said: message };
  },
  join(bytes) {
    const { list } = events(bytes);
    let whole, error, done = false;
    for (const [, data] of list) {
      assert.ok(!done, "something follows [DONE]");
      if (data === "[DONE]") { done = true; continue; }
      const chunk = JSON.parse(data);
      if (chunk.error) { error = chunk.error; continue; }
      assert.equal(chunk.object, "chat.completion.chunk");
      const { choices, usage, ...head } = chunk;
      whole ??= { ...head, object: "chat.completion",
        choices: [{ index: 0, message: { role: "assistant", content: null }, finish_reason: null }] };
      assert.equal(chunk.id, whole.id, "one id for all chunks");
      if (usage) whole.usage = usage;
      for (const { delta, finish_reason } of choices) {
        const { message } = whole.choices[0];
        assert.equal(whole.choices[0].finish_reason, null, "nothing follows the finish");
        for (const [name, value] of Object.entries(delta)) {
          if (name === "tool_calls")
            for (const { index, ...call } of value) {
              message.tool_calls ??= [];
              assert.ok(index <= message.tool_calls.length, "indices are dense");
              const known = message.tool_calls[index];
              if (known) known.function.arguments += call.function.arguments;
              else message.tool_calls[index] = call;
            }
          else if (name === "thinking_blocks") message[name] = [...(message[name] ?? []), ...value];
          else if (typeof value === "string" && name !== "role") message[name] = (message[name] ?? "") + value;
          else message[name] = value;
        }
        if (finish_reason) whole.choices[0].finish_reason = finish_reason;
      }
    }
    /* An empty text in front of calls is none. */
    const message = whole?.choices[0].message;
    if (message?.content === "" && message.tool_calls) message.content = null;
    return { whole, error: error && failure({ error }), finished: done };
  },
  failure,
  volatile: ["id", "created"],
};

function failure(body) {
  only(body, "a failure", "error");
  assert.equal(typeof body.error.message, "string");
  assert.equal(typeof body.error.type, "string");
  assert.ok("code" in body.error && "param" in body.error, "code and param are there");
  return body.error.message;
}

/* ---- a vendor ---- */

const members = ["model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "tools",
  "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "stream", "stream_options", "n", "user"];

function seen(messages) {
  const turns = [];
  for (const m of messages) {
    if (m.role === "system" || m.role === "developer") continue;
    if (m.role === "tool") {
      only(m, "a tool message", "role", "tool_call_id", "content");
      const last = turns.at(-1);
      const result = { id: m.tool_call_id, text: texts(m.content) };
      if (last?.results) last.results.push(result);
      else turns.push({ results: [result] });
    } else if (m.role === "assistant") {
      only(m, "an assistant's message", "role", "content", "tool_calls", "refusal", "annotations", "reasoning_content");
      turns.push({ text: texts(m.content), calls: (m.tool_calls ?? []).map((c) => {
        only(c, "a call", "id", "type", "function");
        return { id: c.id, name: c.function.name, args: JSON.parse(c.function.arguments) };
      }) });
    } else {
      assert.equal(m.role, "user");
      const picture = Array.isArray(m.content) && m.content.find((p) => p.type === "image_url");
      turns.push({ user: texts(m.content), ...(picture && { image: fromUrl(picture.image_url.url) }) });
    }
  }
  return turns;
}

const chunk = (choices, more = {}) => sse({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1790000000,
  model: "gpt-4.1", choices, ...more });
const delta = (d, finish_reason = null) => chunk([{ index: 0, delta: d, finish_reason }], { usage: null });

export const vendor = {
  name: "openai", model: "gpt-4.1", streamType: "text/event-stream; charset=utf-8", counts: ["cached", "reasoning"], links: true,
  params: (base) => ({ model: "openai_like/gpt-4.1", api_key: "k-openai", api_base: `${base}/v1` }),
  see({ path, headers, body }) {
    assert.equal(path, "/v1/chat/completions");
    assert.equal(headers.authorization, "Bearer k-openai");
    only(body, "the request", ...members);
    return { model: body.model, system: texts(body.messages.find((m) => /system|developer/.test(m.role))?.content ?? ""),
      turns: seen(body.messages), max: body.max_completion_tokens ?? body.max_tokens, temperature: body.temperature,
      stop: [body.stop ?? []].flat(), stream: body.stream === true, think: body.reasoning_effort !== undefined,
      choice: body.tool_choice === "required",
      tools: (body.tools ?? []).map((t) => {
        assert.equal(t.type, "function");
        const { strict, ...f } = t.function;
        assert.ok(!strict, "nobody asked for a strict tool");
        return f;
      }),
      schema: body.response_format?.json_schema?.schema };
  },
  whole: (s) => json({ id: "chatcmpl-1", object: "chat.completion", created: 1790000000, model: "gpt-4.1",
    choices: [{ index: 0, message: { role: "assistant", content: s.text || null,
      ...(s.thinking && { reasoning_content: s.thinking }),
      ...(s.calls && { tool_calls: s.calls.map((c) => ({ id: c.id, type: "function",
        function: { name: c.name, arguments: JSON.stringify(c.args) } })) }) }, finish_reason: words[s.stop] }],
    usage: usageOf(s.usage) }),
  stream: (s) => [
    delta({ role: "assistant", content: s.text ? "" : null }),
    ...pieces(s.thinking ?? "").map((p) => delta({ reasoning_content: p })),
    ...pieces(s.text ?? "").map((p) => delta({ content: p })),
    ...(s.calls ?? []).flatMap((c, index) => [
      delta({ tool_calls: [{ index, id: c.id, type: "function", function: { name: c.name, arguments: "" } }] }),
      ...pieces(JSON.stringify(c.args)).map((p) => delta({ tool_calls: [{ index, function: { arguments: p } }] }))]),
    delta({}, words[s.stop]),
    chunk([], { usage: usageOf(s.usage) }),
    sse("[DONE]")],
  ends: 3, /* frames that only say that it is over */
  refusal: (status, message) => ({ status, body: json({ error: { message, param: null,
    ...{ 400: { type: "invalid_request_error", code: "invalid_value" },
      429: { type: "requests", code: "rate_limit_exceeded" }, 503: { type: "server_error", code: null } }[status] } }) }),
  broken: (message) => sse({ error: { message, type: "server_error", param: null, code: null } }),
};
