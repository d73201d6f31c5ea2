// SPDX-License-Identifier: Apache-2.0
// cohere.mjs - Cohere's v2 chat: as a client's dialect, and as a vendor.
import assert from "node:assert/strict";
import { events, fromUrl, json, only, pieces, sse, texts, urlOf } from "../kit.mjs";

const words = { stop: "COMPLETE", tools: "TOOL_CALL", length: "MAX_TOKENS" };
const usageOf = (u) => ({ billed_units: { input_tokens: 5, output_tokens: u.out },
  tokens: { input_tokens: u.in, output_tokens: u.out }, cached_tokens: u.cached });
const countsOf = (u) => ({ in: u.tokens.input_tokens, out: u.tokens.output_tokens, cached: u.cached_tokens });

/* ---- a client ---- */

function turn(t) {
  if (t.said) return [t.said];
  if (t.results) return t.results.map((r) => ({ role: "tool", tool_call_id: r.id, content: r.text }));
  if (!t.image) return [{ role: "user", content: t.user }];
  return [{ role: "user", content: [{ type: "text", text: t.user },
    { type: "image_url", image_url: { url: urlOf(t.image) } }] }];
}

export const client = {
  name: "cohere", signsTexts: true, counts: ["cached"], loose: ["shown"],
  path: () => "/v2/chat",
  body: (w, model) => ({
    model, messages: [...(w.system ? [{ role: "system", content: w.system }] : []), ...w.turns.flatMap(turn)],
    max_tokens: w.max,
    ...(w.temperature !== undefined && { temperature: w.temperature }),
    ...(w.stop && { stop_sequences: w.stop }),
    ...(w.tools && { tools: w.tools.map((f) => ({ type: "function", function: f })) }),
    ...(w.choice && { tool_choice: "REQUIRED" }),
    ...(w.schema && { response_format: { type: "json_object", json_schema: w.schema } }),
    ...(w.think && { thinking: { type: "enabled", token_budget: w.think } }),
    ...(w.stream && { stream: true }),
  }),
  read(a) {
    const { message } = a, content = message.content ?? [];
    assert.equal(message.role, "assistant");
    assert.ok(Array.isArray(content));
    const thinking = content.filter((p) => p.type === "thinking");
    return { text: texts(content) || message.tool_plan || "", thinking: thinking.map((p) => p.thinking).join(""),
      signature: thinking.find((p) => p.signature)?.signature,
      calls: (message.tool_calls ?? []).map((c) => ({ id: c.id, name: c.function.name,
        args: JSON.parse(c.function.arguments) })),
      stop: Object.keys(words).find((k) => words[k] === a.finish_reason) ?? a.finish_reason,
      usage: countsOf(a.usage), said: message };
  },
  join(bytes) {
    let whole, error, finished = false;
    for (const [name, data] of events(bytes).list) {
      if (data === "[DONE]") continue;
      const e = JSON.parse(data), m = whole?.message, d = e.delta?.message;
      assert.equal(e.type, name, "the event has its name");
      assert.ok(!finished, "nothing follows message-end");
      if (e.type === "message-start") whole = { id: e.id, message: { role: d.role } };
      else if (e.type === "content-start") {
        m.content ??= [];
        assert.equal(e.index, m.content.length);
        m.content.push(d.content);
      } else if (e.type === "content-delta")
        for (const [k, v] of Object.entries(d.content))
          m.content[e.index][k] = typeof v === "string" ? (m.content[e.index][k] ?? "") + v : v;
      else if (e.type === "tool-plan-delta") m.tool_plan = (m.tool_plan ?? "") + d.tool_plan;
      else if (e.type === "tool-call-start") {
        m.tool_calls ??= [];
        assert.equal(e.index, m.tool_calls.length);
        m.tool_calls.push(d.tool_calls);
      } else if (e.type === "tool-call-delta")
        m.tool_calls[e.index].function.arguments += d.tool_calls.function.arguments;
      else if (e.type === "message-end") {
        finished = true;
        if (e.delta.finish_reason === "ERROR" || e.delta.finish_reason === "TIMEOUT")
          error = e.delta.error ?? assert.fail("a failure without its text");
        Object.assign(whole ?? {}, e.delta);
      } else assert.match(e.type, /^(content-end|tool-call-end|citation-start|citation-end)$/);
    }
    return { whole, error, finished: finished && !error };
  },
  failure,
  volatile: ["id"],
};

function failure(body) {
  only(body, "a failure", "message", "id");
  assert.equal(typeof body.message, "string");
  return body.message;
}

/* ---- a vendor ---- */

function seen(messages) {
  const turns = [];
  for (const m of messages) {
    if (m.role === "system") continue;
    if (m.role === "tool") {
      only(m, "a tool message", "role", "tool_call_id", "content");
      const result = { id: m.tool_call_id, text: texts(m.content) };
      if (turns.at(-1)?.results) turns.at(-1).results.push(result);
      else turns.push({ results: [result] });
    } else if (m.role === "assistant") {
      only(m, "an assistant's message", "role", "content", "tool_calls", "tool_plan");
      const content = Array.isArray(m.content) ? m.content : [];
      for (const p of content) only(p, "a part", "type", "text", "thinking");
      turns.push({ text: texts(m.content) || (m.tool_plan ?? ""),
        thinking: content.filter((p) => p.type === "thinking").map((p) => p.thinking).join(""),
        calls: (m.tool_calls ?? []).map((c) => {
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

const frame = (data) => sse(data, data.type);
const content = (s) => [...(s.thinking ? [{ type: "thinking", thinking: s.thinking }] : []),
  ...(s.text ? [{ type: "text", text: s.text }] : [])];

export const vendor = {
  name: "cohere", model: "command-a-reasoning-08-2025", streamType: "text/event-stream", counts: ["cached"], links: true,
  params: (base) => ({ model: "cohere/command-a-reasoning-08-2025", api_key: "k-cohere", api_base: base }),
  see({ path, headers, body }) {
    assert.equal(path, "/v2/chat");
    assert.equal(headers.authorization, "Bearer k-cohere");
    only(body, "the request", "model", "messages", "max_tokens", "temperature", "p", "k", "stop_sequences", "stream", "tools",
      "tool_choice", "strict_tools", "response_format", "thinking");
    return { model: body.model, system: texts(body.messages.find((m) => m.role === "system")?.content ?? ""),
      turns: seen(body.messages), max: body.max_tokens, temperature: body.temperature, stop: body.stop_sequences ?? [],
      stream: body.stream === true, think: body.thinking?.type === "enabled", choice: body.tool_choice === "REQUIRED",
      tools: (body.tools ?? []).map((t) => t.function), schema: body.response_format?.json_schema };
  },
  whole: (s) => json({ id: "c1", finish_reason: words[s.stop], message: { role: "assistant",
    ...(content(s).length && { content: content(s) }),
    ...(s.calls && { tool_calls: s.calls.map((c) => ({ id: c.id, type: "function",
      function: { name: c.name, arguments: JSON.stringify(c.args) } })) }) }, usage: usageOf(s.usage) }),
  stream: (s) => [
    frame({ type: "message-start", id: "c1", delta: { message: { role: "assistant", content: [], tool_plan: "", tool_calls: [],
      citations: [] } } }),
    ...content(s).flatMap((p, index) => {
      const member = p.type;
      return [frame({ type: "content-start", index, delta: { message: { content: { type: member, [member]: "" } } } }),
        ...pieces(p[member]).map((t) => frame({ type: "content-delta", index, delta: { message: { content: { [member]: t } } } })),
        frame({ type: "content-end", index })];
    }),
    ...(s.calls ?? []).flatMap((c, index) => [
      frame({ type: "tool-call-start", index, delta: { message: { tool_calls: { id: c.id, type: "function",
        function: { name: c.name, arguments: "" } } } } }),
      ...pieces(JSON.stringify(c.args)).map((p) => frame({ type: "tool-call-delta", index,
        delta: { message: { tool_calls: { function: { arguments: p } } } } })),
      frame({ type: "tool-call-end", index })]),
    frame({ type: "message-end", delta: { finish_reason: words[s.stop], usage: usageOf(s.usage) } })],
  ends: 2,
  refusal: (status, message) => ({ status, body: json({ id: "e1", message }) }),
  broken: (message) => frame({ type: "message-end", delta: { finish_reason: "ERROR", error: message } }),
};
