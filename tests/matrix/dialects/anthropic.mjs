// SPDX-License-Identifier: Apache-2.0
// anthropic.mjs - Anthropic Messages: as a client's dialect, and as a vendor.
import assert from "node:assert/strict";
import { events, json, only, pieces, sse, texts } from "../kit.mjs";

const words = { stop: "end_turn", tools: "tool_use", length: "max_tokens" };
const usageOf = (u) => ({ input_tokens: u.in - u.cached, cache_creation_input_tokens: 0,
  cache_read_input_tokens: u.cached, output_tokens: u.out });
const countsOf = (u) => {
  for (const name of ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"])
    assert.equal(typeof u[name], "number", `usage has ${name}`);
  return { in: u.input_tokens + u.cache_creation_input_tokens + u.cache_read_input_tokens, out: u.output_tokens,
    cached: u.cache_read_input_tokens };
};

/* ---- a client ---- */

const picture = (image) => ({ type: "image", source: image.url ? { type: "url", url: image.url }
  : { type: "base64", media_type: image.mime, data: image.data } });

function turn(t) {
  if (t.said) return t.said;
  if (t.results)
    return { role: "user", content: t.results.map((r) => ({ type: "tool_result", tool_use_id: r.id,
      content: r.image ? [{ type: "text", text: r.text }, picture(r.image)] : r.text })) };
  if (!t.image) return { role: "user", content: t.user };
  return { role: "user", content: [picture(t.image), { type: "text", text: t.user }] };
}

export const client = {
  name: "anthropic", counts: ["cached"],
  headers: { "anthropic-version": "2023-06-01", "x-api-key": "sk-any" },
  path: () => "/v1/messages",
  body: (w, model) => ({
    model, max_tokens: w.max, messages: w.turns.map(turn),
    ...(w.system && { system: w.system }),
    ...(w.temperature !== undefined && { temperature: w.temperature }),
    ...(w.stop && { stop_sequences: w.stop }),
    ...(w.tools && { tools: w.tools.map((f) => ({ name: f.name, description: f.description,
      input_schema: f.parameters })) }),
    ...(w.choice && { tool_choice: { type: "any" } }),
    ...(w.schema && { output_config: { format: { type: "json_schema", schema: w.schema } } }),
    ...(w.think && { thinking: { type: "enabled", budget_tokens: w.think } }),
    ...(w.stream && { stream: true }),
  }),
  read(a) {
    assert.equal(a.type, "message");
    assert.equal(a.role, "assistant");
    const thinking = a.content.filter((b) => b.type === "thinking");
    return { text: texts(a.content), thinking: thinking.map((b) => b.thinking).join(""),
      signature: thinking.find((p) => p.signature)?.signature,
      calls: a.content.filter((b) => b.type === "tool_use").map((b) => ({ id: b.id, name: b.name, args: b.input })),
      stop: Object.keys(words).find((k) => words[k] === a.stop_reason) ?? a.stop_reason,
      usage: countsOf(a.usage), said: { role: "assistant", content: a.content } };
  },
  join(bytes) {
    let whole, open, error, finished = false;
    for (const [name, data] of events(bytes).list) {
      const e = JSON.parse(data);
      assert.equal(e.type, name, "the event has its name");
      assert.ok(!finished, "nothing follows message_stop");
      if (e.type === "error") error = failure(e);
      else if (e.type === "message_start") {
        assert.ok(!whole, "one message_start");
        whole = e.message;
        countsOf(whole.usage);
      } else if (e.type === "content_block_start") {
        assert.ok(!open, "one block after the other");
        assert.equal(e.index, whole.content.length);
        open = e.content_block;
        open.json = "";
        whole.content.push(open);
      } else if (e.type === "content_block_delta") {
        const d = e.delta;
        assert.equal(e.index, whole.content.length - 1);
        if (d.type === "text_delta") open.text += d.text;
        else if (d.type === "thinking_delta") open.thinking += d.thinking;
        else if (d.type === "signature_delta") open.signature = d.signature;
        else if (d.type === "input_json_delta") open.json += d.partial_json;
        else assert.equal(d.type, "citations_delta");
      } else if (e.type === "content_block_stop") {
        if (open.type === "tool_use") open.input = open.json ? JSON.parse(open.json) : {};
        delete open.json;
        open = undefined;
      } else if (e.type === "message_delta") {
        Object.assign(whole, e.delta);
        Object.assign(whole.usage, e.usage);
      } else if (e.type === "message_stop") finished = true;
      else assert.equal(e.type, "ping");
    }
    return { whole, error, finished };
  },
  failure,
  volatile: ["id"],
};

function failure(body) {
  assert.equal(body.type, "error");
  assert.match(body.error.type, /^(invalid_request|authentication|permission|not_found|rate_limit|api|overloaded|timeout|billing)_error$/);
  assert.equal(typeof body.error.message, "string");
  return body.error.message;
}

/* ---- a vendor ---- */

const pictureOf = ({ source: s }) => (s.type === "url" ? { url: s.url } : { mime: s.media_type, data: s.data });

function block(b, t) {
  if (b.type === "text") t.text = (t.text ?? "") + b.text;
  else if (b.type === "image") t.image = pictureOf(b);
  else if (b.type === "thinking") Object.assign(t, { thinking: b.thinking, signature: b.signature });
  else if (b.type === "redacted_thinking") t.opaque = b.data;
  else if (b.type === "tool_use") t.calls.push({ id: b.id, name: b.name, args: b.input });
  else if (b.type === "tool_result") {
    const shown = Array.isArray(b.content) && b.content.find((p) => p.type === "image");
    (t.results ??= []).push({ id: b.tool_use_id, text: texts(b.content), ...(shown && { image: pictureOf(shown) }) });
  }
  else assert.fail(`a block of type ${b.type}`);
}

function seen(messages) {
  return messages.map((m, i) => {
    assert.equal(m.role, i % 2 ? "assistant" : "user", "turns alternate");
    const t = { calls: [] };
    if (typeof m.content === "string") t.text = m.content;
    else for (const b of m.content) block(b, t);
    if (m.role === "assistant") return { ...t, text: t.text ?? "" };
    return t.results ? { results: t.results } : { user: t.text, ...(t.image && { image: t.image }) };
  });
}

const frame = (data) => sse(data, data.type);
const content = (s) => [
  ...(s.opaque ? [{ type: "redacted_thinking", data: s.opaque }] : []),
  ...(s.thinking ? [{ type: "thinking", thinking: s.thinking, signature: s.signature }] : []),
  ...(s.text ? [{ type: "text", text: s.text }] : []),
  ...(s.calls ?? []).map((c) => ({ type: "tool_use", id: c.id, name: c.name, input: c.args }))];
const message = (s, more) => ({ id: "msg_1", type: "message", role: "assistant", model: vendor.model, content: content(s),
  stop_reason: words[s.stop], stop_sequence: null, usage: usageOf(s.usage), ...more });

function blockEvents(b, index) {
  const start = (content_block) => frame({ type: "content_block_start", index, content_block });
  const delta = (d) => frame({ type: "content_block_delta", index, delta: d });
  const stop = frame({ type: "content_block_stop", index });
  if (b.type === "thinking")
    return [start({ type: "thinking", thinking: "", signature: "" }),
      ...pieces(b.thinking).map((p) => delta({ type: "thinking_delta", thinking: p })),
      delta({ type: "signature_delta", signature: b.signature }), stop];
  if (b.type === "redacted_thinking") return [start(b), stop];
  if (b.type === "text")
    return [start({ type: "text", text: "" }), ...pieces(b.text).map((p) => delta({ type: "text_delta", text: p })), stop];
  return [start({ type: "tool_use", id: b.id, name: b.name, input: {} }),
    ...pieces(JSON.stringify(b.input)).map((p) => delta({ type: "input_json_delta", partial_json: p })), stop];
}

export const vendor = {
  name: "anthropic", model: "claude-sonnet-4-5", streamType: "text/event-stream; charset=utf-8", signs: true, hides: true,
  lastWord: true,
  counts: ["cached"], links: true,
  params: (base) => ({ model: "anthropic/claude-sonnet-4-5", api_key: "k-anthropic", api_base: base }),
  see({ path, headers, body }) {
    assert.equal(path, "/v1/messages");
    assert.equal(headers["x-api-key"], "k-anthropic");
    assert.equal(headers["anthropic-version"], "2023-06-01");
    only(body, "the request", "model", "messages", "max_tokens", "system", "temperature", "top_p", "top_k",
      "stop_sequences", "stream", "tools", "tool_choice", "thinking", "output_config", "metadata");
    if (body.thinking?.type === "enabled") {
      assert.ok(body.thinking.budget_tokens >= 1024 && body.thinking.budget_tokens < body.max_tokens);
      assert.ok(body.temperature === undefined || body.temperature === 1, "no temperature while thinking");
    }
    return { model: body.model, system: texts(body.system), turns: seen(body.messages), max: body.max_tokens,
      temperature: body.temperature, stop: body.stop_sequences ?? [], stream: body.stream === true,
      think: body.thinking?.type === "enabled" || body.thinking?.type === "adaptive",
      choice: body.tool_choice?.type === "any",
      tools: (body.tools ?? []).map((t) => ({ name: t.name, description: t.description, parameters: t.input_schema })),
      schema: body.output_config?.format?.schema };
  },
  whole: (s) => json(message(s)),
  stream: (s) => [
    frame({ type: "message_start", message: message(s, { content: [], stop_reason: null,
      usage: { ...usageOf(s.usage), output_tokens: 1 } }) }),
    frame({ type: "ping" }),
    ...content(s).flatMap(blockEvents),
    frame({ type: "message_delta", delta: { stop_reason: words[s.stop], stop_sequence: null },
      usage: { output_tokens: s.usage.out } }),
    frame({ type: "message_stop" })],
  ends: 3,
  refusal: (status, message) => ({ status: status === 503 ? 529 : status, body: json({ type: "error", request_id: "req_1",
    error: { type: { 400: "invalid_request_error", 429: "rate_limit_error", 503: "overloaded_error" }[status],
      message } }) }),
  broken: (message) => frame({ type: "error", error: { type: "overloaded_error", message } }),
};
