// SPDX-License-Identifier: Apache-2.0
// converse.mjs - Bedrock's Converse: as a client's dialect, and as a vendor.
import assert from "node:assert/strict";
import { decode, encode } from "../eventstream.mjs";
import { json, only, pieces } from "../kit.mjs";

const words = { stop: "end_turn", tools: "tool_use", length: "max_tokens" };
const usageOf = (u) => ({ inputTokens: u.in - u.cached, outputTokens: u.out, totalTokens: u.in + u.out,
  cacheReadInputTokens: u.cached });
const countsOf = (u) => ({ in: u.inputTokens + (u.cacheReadInputTokens ?? 0) + (u.cacheWriteInputTokens ?? 0),
  out: u.outputTokens, cached: u.cacheReadInputTokens });
const join = (content, of) => content.map(of).filter((t) => t !== undefined).join("");

/* ---- a client ---- */

const picture = (image) => ({ image: { format: image.mime.slice(6), source: { bytes: image.data } } });

function turn(t) {
  if (t.said) return t.said;
  if (t.results)
    return { role: "user", content: t.results.map((r) => ({ toolResult: { toolUseId: r.id, status: "success",
      content: [{ text: r.text }, ...(r.image ? [picture(r.image)] : [])] } })) };
  return { role: "user", content: [{ text: t.user },
    ...(t.image ? [picture(t.image)] : [])] };
}

const exceptions = /^(validation|accessDenied|resourceNotFound|throttling|modelTimeout|modelError|modelStreamError|internalServer|serviceUnavailable|serviceQuotaExceeded|modelNotReady)Exception$/i;

export const client = {
  name: "converse", counts: ["cached"], loose: ["link"],
  path: (model, stream) => `/model/${model}/converse${stream ? "-stream" : ""}`,
  body: (w) => ({
    messages: w.turns.map(turn),
    ...(w.system && { system: [{ text: w.system }] }),
    inferenceConfig: { maxTokens: w.max, ...(w.temperature !== undefined && { temperature: w.temperature }),
      ...(w.stop && { stopSequences: w.stop }) },
    ...(w.tools && { toolConfig: { tools: w.tools.map((f) => ({ toolSpec: { name: f.name, description: f.description,
      inputSchema: { json: f.parameters } } })), ...(w.choice && { toolChoice: { any: {} } }) } }),
    ...(w.schema && { outputConfig: { textFormat: { type: "json_schema",
      structure: { jsonSchema: { name: "answer", schema: JSON.stringify(w.schema) } } } } }),
    ...(w.think && { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: w.think } } }),
  }),
  read(a) {
    const { message } = a.output;
    assert.equal(message.role, "assistant");
    for (const b of message.content) assert.equal(Object.keys(b).length, 1, "a block is one of its kinds");
    const thinking = message.content.map((b) => b.reasoningContent?.reasoningText).filter((b) => b);
    return { text: join(message.content, (b) => b.text), thinking: thinking.map((b) => b.text).join(""),
      signature: thinking.find((p) => p.signature)?.signature,
      calls: message.content.filter((b) => b.toolUse).map(({ toolUse: c }) => ({ id: c.toolUseId, name: c.name, args: c.input })),
      stop: Object.keys(words).find((k) => words[k] === a.stopReason) ?? a.stopReason, usage: countsOf(a.usage),
      said: message };
  },
  join(bytes) {
    let whole, error, finished = false;
    const inputs = [];
    for (const [kind, type, { p, ...e }] of decode(bytes).list) { // p is padding
      assert.ok(!error, "nothing follows an exception");
      if (kind === "exception") {
        assert.match(type, exceptions);
        error = failure(e);
        continue;
      }
      const content = whole?.output.message.content, i = e.contentBlockIndex;
      if (type === "messageStart") whole = { output: { message: { role: e.role, content: [] } } };
      else if (type === "contentBlockStart") {
        content[i] = e.start;
        inputs[i] = "";
      } else if (type === "contentBlockDelta") {
        const { text, toolUse, reasoningContent: r } = e.delta;
        if (text !== undefined) (content[i] ??= { text: "" }).text += text;
        if (toolUse) inputs[i] += toolUse.input;
        if (r?.redactedContent) content[i] = { reasoningContent: r };
        else if (r) {
          const known = (content[i] ??= { reasoningContent: { reasoningText: { text: "" } } }).reasoningContent.reasoningText;
          known.text += r.text ?? "";
          if (r.signature) known.signature = r.signature;
        }
      } else if (type === "contentBlockStop") {
        if (content[i]?.toolUse) content[i].toolUse.input = JSON.parse(inputs[i] || "{}");
      } else if (type === "messageStop") whole.stopReason = e.stopReason;
      else {
        assert.equal(type, "metadata");
        Object.assign(whole, e);
        assert.ok(whole.stopReason, "metadata follows messageStop");
        finished = true;
      }
    }
    return { whole, error, finished };
  },
  failure,
  volatile: ["latencyMs"],
};

function failure(body) {
  only(body, "a failure", "message", "__type", "originalStatusCode", "originalMessage");
  assert.equal(typeof body.message, "string");
  return body.message;
}

/* ---- a vendor ---- */

function shown(content) {
  const picture = content.find((b) => b.image)?.image;
  return picture && { image: { mime: `image/${picture.format}`, data: picture.source.bytes } };
}

function seen(messages) {
  return messages.map((m, i) => {
    assert.equal(m.role, i % 2 ? "assistant" : "user", "turns alternate");
    for (const b of m.content) only(b, "a block", "text", "image", "toolUse", "toolResult", "reasoningContent");
    const results = m.content.filter((b) => b.toolResult);
    if (results.length)
      return { results: results.map(({ toolResult: r }) => ({ id: r.toolUseId, text: join(r.content, (c) => c.text),
        ...shown(r.content) })) };
    const text = join(m.content, (b) => b.text);
    if (m.role === "user") return { user: text, ...shown(m.content) };
    const thoughts = m.content.map((b) => b.reasoningContent).filter((r) => r);
    const thinking = thoughts.find((r) => r.reasoningText)?.reasoningText;
    return { text, opaque: thoughts.find((r) => r.redactedContent)?.redactedContent, thinking: thinking?.text ?? "", signature: thinking?.signature,
      calls: m.content.filter((b) => b.toolUse).map(({ toolUse: c }) => ({ id: c.toolUseId, name: c.name, args: c.input })) };
  });
}

const frame = (type, payload) => encode("event", type, { ...payload, p: "abcdefgh" });
const content = (s) => [
  ...(s.opaque ? [{ reasoningContent: { redactedContent: s.opaque } }] : []),
  ...(s.thinking ? [{ reasoningContent: { reasoningText: { text: s.thinking, signature: s.signature } } }] : []),
  ...(s.text ? [{ text: s.text }] : []),
  ...(s.calls ?? []).map((c) => ({ toolUse: { toolUseId: c.id, name: c.name, input: c.args } }))];

function blockFrames(b, contentBlockIndex) {
  const delta = (d) => frame("contentBlockDelta", { contentBlockIndex, delta: d });
  const stop = frame("contentBlockStop", { contentBlockIndex });
  if (b.reasoningContent?.redactedContent) return [delta({ reasoningContent: b.reasoningContent }), stop];
  if (b.reasoningContent) {
    const { text, signature } = b.reasoningContent.reasoningText;
    return [...pieces(text).map((p) => delta({ reasoningContent: { text: p } })), delta({ reasoningContent: { signature } }), stop];
  }
  if (b.text) return [...pieces(b.text).map((p) => delta({ text: p })), stop];
  const { input, ...start } = b.toolUse;
  return [frame("contentBlockStart", { contentBlockIndex, start: { toolUse: start } }),
    ...pieces(JSON.stringify(input)).map((p) => delta({ toolUse: { input: p } })), stop];
}

const model = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const classes = { 400: "ValidationException", 429: "ThrottlingException", 503: "ServiceUnavailableException" };

export const vendor = {
  name: "converse", model, streamType: "application/vnd.amazon.eventstream", signs: true, hides: true, counts: ["cached"],
  params: (base) => ({ model: `bedrock/${model}`, aws_region_name: "us-east-1", aws_access_key_id: "AKIDEXAMPLE",
    aws_secret_access_key: "secret", api_base: base }),
  see({ path, headers, body }) {
    const stream = path.endsWith("-stream");
    assert.equal(path, `/model/${encodeURIComponent(model)}/converse${stream ? "-stream" : ""}`);
    assert.match(headers.authorization, /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\/aws4_request, /);
    only(body, "the request", "messages", "system", "inferenceConfig", "toolConfig", "outputConfig",
      "additionalModelRequestFields");
    const config = body.inferenceConfig ?? {}, format = body.outputConfig?.textFormat;
    only(config, "inferenceConfig", "maxTokens", "temperature", "topP", "stopSequences");
    return { model, system: join(body.system ?? [], (b) => b.text), turns: seen(body.messages), max: config.maxTokens,
      temperature: config.temperature, stop: config.stopSequences ?? [], stream,
      think: /enabled|adaptive/.test(body.additionalModelRequestFields?.thinking?.type),
      choice: body.toolConfig?.toolChoice?.any !== undefined,
      tools: (body.toolConfig?.tools ?? []).map(({ toolSpec: t }) => ({ name: t.name, description: t.description,
        parameters: t.inputSchema.json })),
      schema: format && JSON.parse(format.structure.jsonSchema.schema) };
  },
  whole: (s) => json({ output: { message: { role: "assistant", content: content(s) } }, stopReason: words[s.stop],
    usage: usageOf(s.usage), metrics: { latencyMs: 7 } }),
  stream: (s) => [
    frame("messageStart", { role: "assistant" }),
    ...content(s).flatMap(blockFrames),
    frame("messageStop", { stopReason: words[s.stop] }),
    frame("metadata", { usage: usageOf(s.usage), metrics: { latencyMs: 7 } })],
  ends: 3,
  refusal: (status, message) => ({ status, headers: { "x-amzn-errortype": `${classes[status]}:http://internal.amazon.com/` },
    body: json({ message }) }),
  broken: (message) => encode("exception", "serviceUnavailableException", { message }),
};
