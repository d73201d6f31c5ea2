// SPDX-License-Identifier: Apache-2.0
// kit.mjs - one server that plays every vendor, each in its own protocol. `says` is what it answers: "text", "think" (a
// thought, then text), "tools" (text and two calls), "cut" (the limit was reached), "limit" (429), "break" (a stream that
// ends early). `asked` keeps every request.
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { fromUtf8, toUtf8 } from "@smithy/util-utf8";
import http from "node:http";

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const sse = (objects, end = "") => objects.map((o) => `data: ${JSON.stringify(o)}\n\n`).join("") + end;
const events = (objects) => objects.map((o) => `event: ${o.type}\ndata: ${JSON.stringify(o)}\n\n`).join("");

// What each scenario says.
const scenarios = {
  text: { text: ["Hel", "lo é"] },
  think: { thought: "hm", text: ["Hello"] },
  tools: { text: ["So"], calls: [["t1", "f", { a: 1 }], ["t2", "g", {}]] },
  cut: { text: ["Hel"], cut: true },
};

function chat(s) {
  const base = { id: "chatcmpl-1", created: 1790000000, model: "vendor-model" };
  const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
  const calls = s.calls?.map(([id, name, args]) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } }));
  const finish = s.cut ? "length" : calls ? "tool_calls" : "stop";
  const delta = (d, finish_reason = null) => ({ ...base, object: "chat.completion.chunk",
    choices: [{ index: 0, delta: d, logprobs: null, finish_reason }] });
  return {
    whole: { ...base, object: "chat.completion", choices: [{ index: 0, logprobs: null, finish_reason: finish,
      message: { role: "assistant", content: s.text.join(""), refusal: null,
        ...(s.thought && { reasoning_content: s.thought }), ...(calls && { tool_calls: calls }) } }], usage },
    stream: [delta({ role: "assistant", content: "" }), ...(s.thought ? [delta({ reasoning_content: s.thought })] : []),
      ...s.text.map((content) => delta({ content })),
      ...(calls ?? []).map((c, index) => delta({ tool_calls: [{ index, ...c }] })), delta({}, finish),
      { ...base, object: "chat.completion.chunk", choices: [], usage }],
    write: (list, broken) => sse(list, broken ? "" : "data: [DONE]\n\n"),
  };
}

function claude(s) {
  const blocks = [...(s.thought ? [{ type: "thinking", thinking: s.thought, signature: "c2ln" }] : []),
    { type: "text", text: s.text.join("") },
    ...(s.calls ?? []).map(([id, name, input]) => ({ type: "tool_use", id, name, input }))];
  const stop_reason = s.cut ? "max_tokens" : s.calls ? "tool_use" : "end_turn";
  const whole = { id: "msg_1", type: "message", role: "assistant", model: "claude-x", content: blocks, stop_reason,
    stop_sequence: null, usage: { input_tokens: 9, cache_creation_input_tokens: 0, cache_read_input_tokens: 2, output_tokens: 4 } };
  const pieces = (b) => b.type === "thinking"
    ? [{ type: "thinking_delta", thinking: b.thinking }, { type: "signature_delta", signature: b.signature }]
    : b.type === "text" ? s.text.map((text) => ({ type: "text_delta", text }))
      : [{ type: "input_json_delta", partial_json: JSON.stringify(b.input) }];
  const empty = { thinking: { thinking: "", signature: "" }, text: { text: "" }, tool_use: { input: {} } };
  return {
    whole,
    stream: [{ type: "message_start", message: { ...whole, content: [], stop_reason: null } },
      ...blocks.flatMap((b, index) => [{ type: "content_block_start", index, content_block: { ...b, ...empty[b.type] } },
        ...pieces(b).map((delta) => ({ type: "content_block_delta", index, delta })), { type: "content_block_stop", index }]),
      { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 4 } },
      { type: "message_stop" }],
    write: events,
  };
}

function gemini(s) {
  const frame = (parts, more = {}) => ({ candidates: [{ content: { role: "model", parts }, index: 0, ...more }],
    modelVersion: "gemini-x", responseId: "r1" });
  const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 };
  const finishReason = s.cut ? "MAX_TOKENS" : "STOP";
  const thought = s.thought ? [{ text: s.thought, thought: true }] : [];
  const calls = (s.calls ?? []).map(([, name, args]) => ({ functionCall: { name, args } }));
  return {
    whole: { ...frame([...thought, { text: s.text.join("") }, ...calls], { finishReason }), usageMetadata },
    stream: [...thought.map((p) => frame([p])), ...s.text.map((text) => frame([{ text }])), ...calls.map((p) => frame([p])),
      { ...frame([], { finishReason }), usageMetadata }],
    write: sse,
  };
}

function converse(s) {
  const blocks = [...(s.thought ? [{ reasoningContent: { reasoningText: { text: s.thought, signature: "c2ln" } } }] : []),
    { text: s.text.join("") }, ...(s.calls ?? []).map(([toolUseId, name, input]) => ({ toolUse: { toolUseId, name, input } }))];
  const stopReason = s.cut ? "max_tokens" : s.calls ? "tool_use" : "end_turn";
  const usage = { inputTokens: 9, outputTokens: 4, totalTokens: 13 };
  const delta = (contentBlockIndex, d) => ["contentBlockDelta", { contentBlockIndex, delta: d }];
  const pieces = (b, i) => b.reasoningContent
    ? [delta(i, { reasoningContent: { text: s.thought } }), delta(i, { reasoningContent: { signature: "c2ln" } })]
    : b.text !== undefined ? s.text.map((text) => delta(i, { text }))
      : [["contentBlockStart", { contentBlockIndex: i, start: { toolUse: { toolUseId: b.toolUse.toolUseId, name: b.toolUse.name } } }],
        delta(i, { toolUse: { input: JSON.stringify(b.toolUse.input) } })];
  return {
    whole: { output: { message: { role: "assistant", content: blocks } }, stopReason, usage, metrics: { latencyMs: 1 } },
    stream: [["messageStart", { role: "assistant" }],
      ...blocks.flatMap((b, i) => [...pieces(b, i), ["contentBlockStop", { contentBlockIndex: i }]]),
      ["messageStop", { stopReason }], ["metadata", { usage, metrics: { latencyMs: 1 } }]],
    write: (list) => Buffer.concat(list.map(([type, payload]) => codec.encode({
      headers: { ":event-type": { type: "string", value: type }, ":content-type": { type: "string", value: "application/json" },
        ":message-type": { type: "string", value: "event" } }, body: fromUtf8(JSON.stringify(payload)) }))),
    type: "application/vnd.amazon.eventstream",
  };
}

function cohere(s) {
  const finish_reason = s.cut ? "MAX_TOKENS" : s.calls ? "TOOL_CALL" : "COMPLETE";
  const usage = { billed_units: { input_tokens: 9, output_tokens: 4 }, tokens: { input_tokens: 9, output_tokens: 4 } };
  const blocks = [...(s.thought ? [{ type: "thinking", thinking: s.thought }] : []), { type: "text", text: s.text.join("") }];
  const calls = (s.calls ?? []).map(([id, name, args]) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } }));
  const of = (message) => ({ delta: { message } });
  return {
    whole: { id: "c1", finish_reason, message: { role: "assistant", content: blocks, ...(s.calls && { tool_calls: calls }) }, usage },
    stream: [{ type: "message-start", id: "c1", ...of({ role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] }) },
      ...blocks.flatMap((b, index) => [{ type: "content-start", index, ...of({ content: { ...b, [b.type]: "" } }) },
        { type: "content-delta", index, ...of({ content: { [b.type]: b[b.type] } }) }, { type: "content-end", index }]),
      ...calls.flatMap(({ function: f, ...c }, index) => [
        { type: "tool-call-start", index, ...of({ tool_calls: { ...c, function: { name: f.name, arguments: "" } } }) },
        { type: "tool-call-delta", index, ...of({ tool_calls: { function: { arguments: f.arguments } } }) },
        { type: "tool-call-end", index }]),
      { type: "message-end", delta: { finish_reason, usage } }],
    write: events,
  };
}

function ollama(s) {
  const line = (message, more) => ({ model: "q", created_at: "2026-01-01T00:00:00Z",
    message: { role: "assistant", content: "", ...message }, ...more });
  const tool_calls = s.calls?.map(([, name, args]) => ({ function: { name, arguments: args } }));
  const end = { done: true, done_reason: s.cut ? "length" : "stop", prompt_eval_count: 9, eval_count: 4 };
  return {
    whole: line({ content: s.text.join(""), ...(s.thought && { thinking: s.thought }), ...(tool_calls && { tool_calls }) }, end),
    stream: [...(s.thought ? [line({ thinking: s.thought }, { done: false })] : []),
      ...s.text.map((content) => line({ content }, { done: false })),
      ...(tool_calls ? [line({ tool_calls }, { done: false })] : []), line({}, end)],
    write: (list) => list.map((o) => `${JSON.stringify(o)}\n`).join(""),
    type: "application/x-ndjson",
  };
}

const protocols = [[/generateContent|streamGenerateContent/i, gemini], [/converse/, converse], [/v1\/messages/, claude],
  [/v2\/chat/, cohere], [/api\/chat/, ollama], [/chat\/completions/, chat]];

const kinds = ["hate", "hate/threatening", "harassment", "harassment/threatening", "illicit", "illicit/violent", "self-harm",
  "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic"];
const each = (value) => Object.fromEntries(kinds.map((k) => [k, value]));
const moderated = { flagged: false, categories: each(false), category_scores: each(0.1), category_applied_input_types: each(["text"]) };

const pictureUsage = { input_tokens: 1, output_tokens: 2, total_tokens: 3, input_tokens_details: { text_tokens: 1, image_tokens: 0 } };

// Answers of operations that are no chat, by path.
const others = [
  [/embeddings/, { object: "list", model: "e", data: [{ object: "embedding", index: 0, embedding: [0.5, 1] }],
    usage: { prompt_tokens: 2, total_tokens: 2 } }],
  [/v2\/embed/, { id: "e1", embeddings: { float: [[0.5, 1]] }, texts: ["x"], meta: { billed_units: { input_tokens: 2 } } }],
  [/api\/embed/, { model: "q", embeddings: [[0.5, 1]], prompt_eval_count: 2 }],
  [/embedContent|batchEmbedContents/i, { embedding: { values: [0.5, 1] }, embeddings: [{ values: [0.5, 1] }] }],
  [/images/, { created: 1790000000, data: [{ b64_json: "AAAA" }], usage: pictureUsage }],
  [/moderations/, { id: "modr-1", model: "omni-moderation-latest", results: [moderated] }],
  [/v1\/completions/, { id: "cmpl-1", object: "text_completion", created: 1790000000, model: "m",
    choices: [{ index: 0, text: "x", logprobs: null, finish_reason: "stop" }] }],
  [/v1\/responses/, { id: "resp_1", object: "response", created_at: 1790000000, status: "completed", model: "m", output: [] }],
];

const picture = (type, more) => ({ type: `image_generation.${type}`, b64_json: "AAAA", created_at: 1790000000, size: "1024x1024",
  quality: "high", background: "opaque", output_format: "png", ...more });
const pictures = [picture("partial_image", { partial_image_index: 0 }), picture("completed", { usage: pictureUsage })];

export async function vendors() {
  const v = { asked: [], says: "text" };
  const server = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const body = text ? JSON.parse(text) : {};
      v.asked.push({ url: req.url, body });
      const other = others.find(([path]) => path.test(req.url))?.[1];
      if (v.says === "limit") {
        res.writeHead(429, { "content-type": "application/json", "retry-after": "1" });
        res.end(JSON.stringify({ error: { message: "Slow down", type: "rate_limit_error" }, message: "Slow down" }));
        return;
      }
      if (other) {
        const streams = body.stream === true;
        res.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
        res.end(streams ? events(pictures) : JSON.stringify(other));
        return;
      }
      const answer = protocols.find(([path]) => path.test(req.url))[1](scenarios[v.says] ?? scenarios.text);
      const streams = /stream/i.test(req.url) || body.stream === true, broken = v.says === "break";
      const said = broken ? answer.stream.slice(0, Math.ceil(answer.stream.length / 2)) : answer.stream;
      res.writeHead(200, { "content-type": streams ? answer.type ?? "text/event-stream" : "application/json" });
      res.end(streams ? answer.write(said, broken) : JSON.stringify(answer.whole));
    });
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  v.url = `http://127.0.0.1:${server.address().port}`;
  v.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return v;
}
