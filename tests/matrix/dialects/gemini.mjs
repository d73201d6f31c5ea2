// SPDX-License-Identifier: Apache-2.0
// gemini.mjs - Gemini's generateContent: as a client's dialect, and as a vendor.
import assert from "node:assert/strict";
import { events, json, only, pieces } from "../kit.mjs";

const usageOf = (u) => ({ promptTokenCount: u.in, cachedContentTokenCount: u.cached, candidatesTokenCount: u.out - u.reasoning,
  thoughtsTokenCount: u.reasoning, totalTokenCount: u.in + u.out });
const countsOf = (u) => ({ in: u.promptTokenCount, out: (u.candidatesTokenCount ?? 0) + (u.thoughtsTokenCount ?? 0),
  cached: u.cachedContentTokenCount, reasoning: u.thoughtsTokenCount });
const join = (parts, test) => parts.filter(test).map((p) => p.text).join("");

/* ---- a client ---- */

const picture = (image) => (image.url ? { fileData: { mimeType: "image/png", fileUri: image.url } }
  : { inlineData: { mimeType: image.mime, data: image.data } });

function turn(t) {
  if (t.said) return t.said;
  if (t.results)
    return { role: "user", parts: t.results.map((r) => ({ functionResponse: { ...(r.id && { id: r.id }), name: r.name,
      response: { output: r.text }, ...(r.image && { parts: [picture(r.image)] }) } })) };
  return { role: "user", parts: [{ text: t.user },
    ...(t.image ? [picture(t.image)] : [])] };
}

export const client = {
  name: "gemini", signsTexts: true, counts: ["cached", "reasoning"],
  headers: { "x-goog-api-key": "sk-any" },
  path: (model, stream) => `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  body: (w) => ({
    contents: w.turns.map(turn),
    ...(w.system && { systemInstruction: { parts: [{ text: w.system }] } }),
    ...(w.tools && { tools: [{ functionDeclarations: w.tools.map((f) => ({ name: f.name, description: f.description,
      parametersJsonSchema: f.parameters })) }] }),
    ...(w.choice && { toolConfig: { functionCallingConfig: { mode: "ANY" } } }),
    generationConfig: { maxOutputTokens: w.max,
      ...(w.temperature !== undefined && { temperature: w.temperature }),
      ...(w.stop && { stopSequences: w.stop }),
      ...(w.schema && { responseMimeType: "application/json", responseJsonSchema: w.schema }),
      ...(w.think && { thinkingConfig: { includeThoughts: true, thinkingBudget: w.think } }) },
  }),
  read(a) {
    assert.equal(a.candidates.length, 1);
    const { content, finishReason } = a.candidates[0], parts = content.parts ?? [];
    assert.equal(content.role, "model");
    const calls = parts.filter((p) => p.functionCall);
    return { text: join(parts, (p) => p.text !== undefined && !p.thought), thinking: join(parts, (p) => p.thought),
      signature: parts.find((p) => p.thoughtSignature)?.thoughtSignature,
      calls: calls.map(({ functionCall: c }) => ({ id: c.id, name: c.name, args: c.args })),
      stop: { STOP: calls.length ? "tools" : "stop", MAX_TOKENS: "length" }[finishReason] ?? finishReason,
      usage: countsOf(a.usageMetadata), said: content };
  },
  join(bytes) {
    let whole, error, finished = false;
    for (const [name, data] of events(bytes).list) {
      const e = JSON.parse(data);
      assert.equal(name, "");
      if (e.error) { error = failure(e); continue; }
      const { candidates, ...head } = e;
      whole = { candidates: [{ content: { role: "model", parts: [] } }], ...whole, ...head };
      for (const { content, ...more } of candidates ?? []) {
        const known = whole.candidates[0], parts = known.content.parts;
        assert.ok(!finished, "nothing follows the finish");
        for (const p of content?.parts ?? []) {
          if (p.text === "" && !p.thoughtSignature) continue;
          const last = parts.at(-1);
          if (p.text !== undefined && last?.text !== undefined && !!last.thought === !!p.thought &&
              !last.thoughtSignature) {
            last.text += p.text;
            if (p.thoughtSignature) last.thoughtSignature = p.thoughtSignature;
          } else parts.push(p);
        }
        Object.assign(known, more);
        if (more.finishReason) finished = true;
      }
    }
    return { whole, error, finished: finished && !error };
  },
  failure,
  volatile: ["responseId", "createTime", "id"],
};

function failure(body) {
  only(body, "a failure", "error");
  assert.equal(typeof body.error.code, "number");
  assert.match(body.error.status, /^[A-Z_]+$/);
  assert.equal(typeof body.error.message, "string");
  return body.error.message;
}

/* ---- a vendor ---- */

function shown(parts) {
  const p = parts.find((x) => x.inlineData || x.fileData);
  return p && { image: p.fileData ? { url: p.fileData.fileUri } : { mime: p.inlineData.mimeType, data: p.inlineData.data } };
}

function seen(contents) {
  return contents.map((c, i) => {
    assert.equal(c.role, i % 2 ? "model" : "user", "turns alternate");
    const responses = c.parts.filter((p) => p.functionResponse).map((p) => p.functionResponse);
    for (const p of c.parts) only(p, "a part", "text", "thought", "thoughtSignature", "inlineData", "fileData",
      "functionCall", "functionResponse");
    if (responses.length) {
      assert.equal(responses.length, contents[i - 1].parts.filter((p) => p.functionCall).length, "a response for each call");
      return { ...shown(c.parts), results: responses.map((r) => ({ ...(r.id && { id: r.id }), name: r.name,
        text: r.response.output ?? r.response.result, ...shown(r.parts ?? []) })) };
    }
    if (c.role === "model")
      return { text: join(c.parts, (p) => p.text !== undefined && !p.thought),
        thinking: join(c.parts, (p) => p.thought),
        signature: c.parts.find((p) => p.thoughtSignature)?.thoughtSignature,
        calls: c.parts.filter((p) => p.functionCall).map(({ functionCall: f }) => ({ id: f.id, name: f.name, args: f.args })) };
    return { user: join(c.parts, (p) => p.text !== undefined), ...shown(c.parts) };
  });
}

/* Google's subset of JSON Schema, its words undone. What it cannot say is no member of it. */
function schemaOf(value, names = false) {
  if (Array.isArray(value)) return value.map((v) => schemaOf(v));
  if (!value || typeof value !== "object") return value;
  assert.ok(names || !("additionalProperties" in value), "Google's schemas have no additionalProperties");
  return Object.fromEntries(Object.entries(value).filter(([k]) => names || k !== "propertyOrdering").map(([k, v]) =>
    [k, !names && k === "type" && typeof v === "string" ? v.toLowerCase() : schemaOf(v, k === "properties")]));
}

const answer = (parts, more = {}, head = {}) => ({ candidates: [{ content: { role: "model", parts }, index: 0, ...more }],
  modelVersion: vendor.model, responseId: "r1", ...head });
const reason = { stop: "STOP", tools: "STOP", length: "MAX_TOKENS" };
const frame = (data) => Buffer.from(`data: ${JSON.stringify(data)}\r\n\r\n`);
/* The signature is on the first call, else on the last text. */
const calls = (s) => (s.calls ?? []).map((c, i) => ({ functionCall: { name: c.name, args: c.args },
  ...(i === 0 && s.signature && { thoughtSignature: s.signature }) }));
const signed = (s) => (s.signature && !s.calls ? { thoughtSignature: s.signature } : {});

export const vendor = {
  name: "gemini", model: "gemini-2.5-flash", streamType: "text/event-stream", signs: true, unnamed: true, unspoken: true, subset: true,
  counts: ["cached", "reasoning"],
  params: (base) => ({ model: "gemini/gemini-2.5-flash", api_key: "k-gemini", api_base: base }),
  see({ path, headers, body }) {
    const [, model, method] = /\/models\/([^:]+):(.*)$/.exec(path) ?? assert.fail(`path ${path}`);
    assert.ok(method === "generateContent" || method === "streamGenerateContent?alt=sse", method);
    assert.equal(headers["x-goog-api-key"], "k-gemini");
    only(body, "the request", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings");
    const config = body.generationConfig ?? {};
    only(config, "generationConfig", "maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "responseMimeType",
      "responseSchema", "responseJsonSchema", "thinkingConfig", "candidateCount");
    const schema = config.responseJsonSchema ?? config.responseSchema;
    if (schema) assert.equal(config.responseMimeType, "application/json");
    return { model, system: (body.systemInstruction?.parts ?? []).map((p) => p.text).join(""), turns: seen(body.contents),
      max: config.maxOutputTokens, temperature: config.temperature, stop: config.stopSequences ?? [],
      stream: method !== "generateContent", think: config.thinkingConfig?.includeThoughts === true,
      choice: body.toolConfig?.functionCallingConfig?.mode === "ANY",
      tools: (body.tools ?? []).flatMap((t) => t.functionDeclarations).map((f) => ({ name: f.name,
        description: f.description, parameters: f.parametersJsonSchema ?? schemaOf(f.parameters) })),
      schema: config.responseJsonSchema ?? schemaOf(schema) };
  },
  whole: (s) => json(answer([...(s.thinking ? [{ text: s.thinking, thought: true }] : []),
    ...(s.text ? [{ text: s.text, ...signed(s) }] : []), ...calls(s)],
  { finishReason: reason[s.stop] }, { usageMetadata: usageOf(s.usage) })),
  stream: (s) => [
    ...pieces(s.thinking ?? "").map((p) => frame(answer([{ text: p, thought: true }]))),
    ...pieces(s.text ?? "").map((p, i, all) => frame(answer([{ text: p, ...(i === all.length - 1 && signed(s)) }]))),
    ...calls(s).map((p) => frame(answer([p], {}, { usageMetadata: usageOf({ ...s.usage, out: 6 }) }))),
    frame(answer([{ text: "" }], { finishReason: reason[s.stop] }, { usageMetadata: usageOf(s.usage) }))],
  ends: 1,
  refusal: (status, message) => ({ status, body: json({ error: { code: status, message,
    status: { 400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE" }[status] } }) }),
  broken: (message) => frame({ error: { code: 503, message, status: "UNAVAILABLE" } }),
};
