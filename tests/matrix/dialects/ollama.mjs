// SPDX-License-Identifier: Apache-2.0
// ollama.mjs - Ollama's /api/chat: as a client's dialect, and as a vendor.
import assert from "node:assert/strict";
import { json, only, pieces } from "../kit.mjs";

const countsOf = (a) => ({ in: a.prompt_eval_count, out: a.eval_count });

/* ---- a client ---- */

function turn(t) {
  if (t.said) return [t.said];
  if (t.results) return t.results.map((r) => ({ role: "tool", content: r.text, tool_name: r.name,
    ...(r.image && { images: [r.image.data] }) }));
  return [{ role: "user", content: t.user, ...(t.image && { images: [t.image.data] }) }];
}

export const client = {
  name: "ollama", signsTexts: true, counts: [], loose: ["choice", "link", "ids"],
  path: () => "/api/chat",
  body: (w, model) => ({
    model, messages: [...(w.system ? [{ role: "system", content: w.system }] : []), ...w.turns.flatMap(turn)],
    stream: w.stream === true,
    options: { num_predict: w.max, ...(w.temperature !== undefined && { temperature: w.temperature }),
      ...(w.stop && { stop: w.stop }) },
    ...(w.tools && { tools: w.tools.map((f) => ({ type: "function", function: f })) }),
    ...(w.schema && { format: w.schema }),
    ...(w.think && { think: true }),
  }),
  read(a) {
    const { message } = a;
    assert.equal(message.role, "assistant");
    assert.equal(a.done, true);
    const calls = (message.tool_calls ?? []).map((c) => ({ id: c.id, name: c.function.name, args: c.function.arguments }));
    return { text: message.content, thinking: message.thinking ?? "", signature: message.thinking_blocks?.find((b) => b.signature)?.signature,
      calls, stop: a.done_reason === "stop" && calls.length ? "tools" : a.done_reason, usage: countsOf(a), said: message };
  },
  join(bytes) {
    const lines = bytes.toString().split("\n");
    let whole, error, finished = false;
    lines.pop();
    for (const line of lines.filter((l) => l)) {
      const e = JSON.parse(line);
      assert.ok(!finished, "nothing follows done");
      if (e.error !== undefined) { error = failure(e); continue; }
      const { message, ...head } = e, known = (whole ??= { message: { role: "assistant", content: "" } }).message;
      Object.assign(whole, head);
      for (const [name, value] of Object.entries(message)) {
        if (name === "role") continue;
        if (Array.isArray(value)) known[name] = [...(known[name] ?? []), ...value];
        else known[name] = typeof value === "string" ? (known[name] ?? "") + value : value;
      }
      finished = e.done;
    }
    return { whole, error, finished };
  },
  failure,
  volatile: ["created_at", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration", "index"],
};

function failure(body) {
  only(body, "a failure", "error");
  assert.equal(typeof body.error, "string");
  return body.error;
}

/* ---- a vendor ---- */

/* The kind of a picture is not told. */
const shown = (m) => m.images && { image: { mime: "image/png", data: m.images[0] } };

function seen(messages) {
  const turns = [];
  for (const m of messages) {
    if (m.role === "system") continue;
    assert.equal(typeof m.content, "string", "content is a text");
    if (m.role === "tool") {
      only(m, "a tool message", "role", "content", "tool_name", "tool_call_id", "images");
      const result = { ...(m.tool_call_id && { id: m.tool_call_id }), name: m.tool_name, text: m.content, ...shown(m) };
      if (turns.at(-1)?.results) turns.at(-1).results.push(result);
      else turns.push({ results: [result] });
    } else if (m.role === "assistant") {
      only(m, "an assistant's message", "role", "content", "thinking", "tool_calls");
      turns.push({ text: m.content, thinking: m.thinking ?? "", calls: (m.tool_calls ?? []).map((c) => {
        assert.equal(typeof c.function.arguments, "object", "arguments are an object");
        return { id: c.id, name: c.function.name, args: c.function.arguments };
      }) });
    } else {
      assert.equal(m.role, "user");
      turns.push({ user: m.content, ...shown(m) });
    }
  }
  return turns;
}

const line = (message, more = {}) => Buffer.from(JSON.stringify({ model: vendor.model, created_at: "2026-01-02T03:04:05.123456789Z",
  message: { role: "assistant", content: "", ...message }, done: false, ...more }) + "\n");
const reason = { stop: "stop", tools: "stop", length: "length" };
const end = (s) => ({ done: true, done_reason: reason[s.stop], total_duration: 5, load_duration: 1,
  prompt_eval_count: s.usage.in, prompt_eval_duration: 2, eval_count: s.usage.out, eval_duration: 2 });
const calls = (s) => s.calls.map((c) => ({ function: { name: c.name, arguments: c.args } }));

export const vendor = {
  name: "ollama", model: "qwen3:8b", streamType: "application/x-ndjson", unnamed: true, counts: [], loose: ["choice"],
  params: (base) => ({ model: "ollama/qwen3:8b", api_base: base }),
  see({ path, body }) {
    assert.equal(path, "/api/chat");
    only(body, "the request", "model", "messages", "stream", "tools", "format", "think", "options", "keep_alive");
    assert.equal(typeof body.stream, "boolean");
    const options = body.options ?? {};
    return { model: body.model, system: body.messages.find((m) => m.role === "system")?.content ?? "",
      turns: seen(body.messages), max: options.num_predict, temperature: options.temperature, stop: options.stop ?? [],
      stream: body.stream, think: body.think === true || typeof body.think === "string",
      tools: (body.tools ?? []).map((t) => t.function), schema: body.format };
  },
  whole: (s) => json({ ...JSON.parse(line({ content: s.text ?? "", ...(s.thinking && { thinking: s.thinking }),
    ...(s.calls && { tool_calls: calls(s) }) })), ...end(s) }),
  stream: (s) => [
    ...pieces(s.thinking ?? "").map((p) => line({ thinking: p })),
    ...pieces(s.text ?? "").map((p) => line({ content: p })),
    ...(s.calls ? calls(s).map((c) => line({ tool_calls: [c] })) : []),
    line({}, end(s))],
  ends: 1,
  refusal: (status, message) => ({ status, body: json({ error: message }) }),
  broken: (message) => Buffer.from(JSON.stringify({ error: message }) + "\n"),
};
