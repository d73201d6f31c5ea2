// SPDX-License-Identifier: Apache-2.0
// responses.mjs - OpenAI Responses: as a client's dialect, and as a vendor.
import assert from "node:assert/strict";
import { events, fromUrl, json, only, pieces, sse, urlOf } from "../kit.mjs";

const usageOf = (u) => ({ input_tokens: u.in, input_tokens_details: { cached_tokens: u.cached }, output_tokens: u.out,
  output_tokens_details: { reasoning_tokens: u.reasoning }, total_tokens: u.in + u.out });
const countsOf = (u) => ({ in: u.input_tokens, out: u.output_tokens, cached: u.input_tokens_details.cached_tokens,
  reasoning: u.output_tokens_details.reasoning_tokens });
const of = (items, type) => items.filter((i) => i.type === type);

/* ---- a client ---- */

function turn(t) {
  if (t.said) return t.said;
  if (t.results)
    return t.results.map((r) => ({ type: "function_call_output", call_id: r.id, output: r.image
      ? [{ type: "input_text", text: r.text }, { type: "input_image", image_url: urlOf(r.image), detail: "auto" }] : r.text }));
  if (!t.image) return [{ role: "user", content: t.user }];
  return [{ role: "user", content: [{ type: "input_text", text: t.user },
    { type: "input_image", image_url: urlOf(t.image), detail: "auto" }] }];
}

export const client = {
  name: "responses", signsTexts: true, counts: ["cached", "reasoning"], loose: ["stop"],
  path: () => "/v1/responses",
  body: (w, model) => ({
    model, input: w.turns.flatMap(turn), max_output_tokens: w.max, store: false,
    ...(w.system && { instructions: w.system }),
    ...(w.temperature !== undefined && { temperature: w.temperature }),
    ...(w.tools && { tools: w.tools.map((f) => ({ type: "function", ...f, strict: false })) }),
    ...(w.choice && { tool_choice: "required" }),
    ...(w.schema && { text: { format: { type: "json_schema", name: "answer", schema: w.schema, strict: true } } }),
    ...(w.think && { reasoning: { effort: "medium", summary: "auto" }, include: ["reasoning.encrypted_content"] }),
    ...(w.stream && { stream: true }),
  }),
  read(a) {
    assert.equal(a.object, "response");
    assert.equal(a.error, null);
    const reasoning = of(a.output, "reasoning");
    return { text: of(a.output, "message").flatMap((m) => m.content).map((p) => p.text).join(""),
      thinking: reasoning.flatMap((r) => r.summary).map((p) => p.text).join(""),
      signature: reasoning.find((r) => r.encrypted_content)?.encrypted_content,
      calls: of(a.output, "function_call").map((c) => ({ id: c.call_id, name: c.name, args: JSON.parse(c.arguments) })),
      stop: a.status === "completed" ? (of(a.output, "function_call").length ? "tools" : "stop")
        : a.incomplete_details?.reason === "max_output_tokens" ? "length" : a.status,
      usage: countsOf(a.usage), said: a.output };
  },
  join(bytes) {
    let whole, error, finished = false, number = 0;
    const items = [];
    for (const [name, data] of events(bytes).list) {
      const e = JSON.parse(data), item = items[e.output_index];
      assert.equal(e.type, name, "the event has its name");
      assert.ok(!finished && !error, "nothing follows the end");
      if (name === "error") { error = e.message ?? e.error?.message; continue; }
      assert.equal(e.sequence_number, number++, "events are numbered");
      assert.ok(number > 1 || name === "response.created", "response.created comes first");
      if (name === "response.output_item.added") {
        assert.equal(e.output_index, items.length);
        items.push(structuredClone(e.item));
      } else if (name === "response.content_part.added") item.content[e.content_index] = structuredClone(e.part);
      else if (name === "response.output_text.delta") item.content[e.content_index].text += e.delta;
      else if (name === "response.output_text.done") assert.equal(item.content[e.content_index].text, e.text);
      else if (name === "response.function_call_arguments.delta") item.arguments += e.delta;
      else if (name === "response.function_call_arguments.done") assert.equal(item.arguments, e.arguments);
      else if (name === "response.reasoning_summary_part.added") item.summary[e.summary_index] = structuredClone(e.part);
      else if (name === "response.reasoning_summary_text.delta") item.summary[e.summary_index].text += e.delta;
      else if (name === "response.output_item.done") {
        for (const k of ["content", "arguments"])
          if (item[k] !== undefined && k in e.item)
            assert.deepEqual(k === "content" ? item[k].map((p) => p.text) : item[k],
              k === "content" ? e.item[k].map((p) => p.text) : e.item[k], `${k} of the item is what its deltas said`);
        items[e.output_index] = e.item;
      } else if (name === "response.completed" || name === "response.incomplete") {
        whole = e.response;
        assert.deepEqual(whole.output, items, "the response has the items of the stream");
        finished = true;
      } else if (name === "response.failed") {
        assert.equal(e.response.status, "failed");
        error = e.response.error.message;
      } else assert.match(name, /^response\.(created|in_progress|(content|reasoning_summary)_part\.done|reasoning_summary_text\.done)$/);
    }
    const partial = { output: items };
    return { whole: whole ?? (items.length ? partial : undefined), error, finished };
  },
  failure,
  volatile: ["id", "created_at", "completed_at"],
};

function failure(body) {
  only(body, "a failure", "error");
  assert.equal(typeof body.error.message, "string");
  assert.ok("code" in body.error && "param" in body.error && "type" in body.error);
  return body.error.message;
}

/* ---- a vendor ---- */

const words = (content) => (typeof content === "string" ? content : content.map((p) => p.text ?? "").join(""));

function pictureIn(content) {
  const picture = Array.isArray(content) && content.find((p) => p.type === "input_image");
  return picture && { image: fromUrl(picture.image_url) };
}

function seen(input) {
  const turns = [];
  const said = () => {
    if (turns.at(-1)?.calls === undefined) turns.push({ text: "", thinking: "", calls: [] });
    return turns.at(-1);
  };
  for (const i of input) {
    if (i.role === "system" || i.role === "developer") continue;
    if (i.type === "reasoning") {
      only(i, "a reasoning item", "type", "id", "summary", "encrypted_content", "content", "status");
      Object.assign(said(), { thinking: words(i.summary), signature: i.encrypted_content });
    } else if (i.type === "function_call") said().calls.push({ id: i.call_id, name: i.name, args: JSON.parse(i.arguments) });
    else if (i.type === "function_call_output") {
      if (!turns.at(-1)?.results) turns.push({ results: [] });
      turns.at(-1).results.push({ id: i.call_id, text: words(i.output), ...pictureIn(i.output) });
    } else if (i.role === "assistant") said().text += words(i.content);
    else {
      assert.equal(i.role, "user");
      turns.push({ user: words(i.content), ...pictureIn(i.content) });
    }
  }
  return turns;
}

const output = (s) => [
  ...(s.thinking ? [{ type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: s.thinking }],
    encrypted_content: s.signature }] : []),
  ...(s.text ? [{ type: "message", id: "msg_1", status: "completed", role: "assistant",
    content: [{ type: "output_text", text: s.text, annotations: [], logprobs: [] }] }] : []),
  ...(s.calls ?? []).map((c, i) => ({ type: "function_call", id: `fc_${i}`, call_id: c.id, name: c.name,
    arguments: JSON.stringify(c.args), status: "completed" }))];
const response = (s, more = {}) => ({ id: "resp_1", object: "response", created_at: 1790000000,
  status: s.stop === "length" ? "incomplete" : "completed", error: null,
  incomplete_details: s.stop === "length" ? { reason: "max_output_tokens" } : null, instructions: null, model: vendor.model,
  output: output(s), parallel_tool_calls: true, temperature: 1, top_p: 1, tool_choice: "auto", tools: [], metadata: {},
  usage: usageOf(s.usage), ...more });

function itemEvents(item, output_index) {
  const at = { item_id: item.id, output_index };
  const added = (open) => ["response.output_item.added", { output_index, item: { ...item, ...open } }];
  const done = ["response.output_item.done", { output_index, item }];
  if (item.type === "reasoning") {
    const part = { ...at, summary_index: 0 }, { text } = item.summary[0];
    return [added({ summary: [], encrypted_content: "" }),
      ["response.reasoning_summary_part.added", { ...part, part: { type: "summary_text", text: "" } }],
      ...pieces(text).map((delta) => ["response.reasoning_summary_text.delta", { ...part, delta }]),
      ["response.reasoning_summary_text.done", { ...part, text }],
      ["response.reasoning_summary_part.done", { ...part, part: item.summary[0] }], done];
  }
  if (item.type === "message") {
    const part = { ...at, content_index: 0 }, [whole] = item.content;
    return [added({ status: "in_progress", content: [] }),
      ["response.content_part.added", { ...part, part: { ...whole, text: "" } }],
      ...pieces(whole.text).map((delta) => ["response.output_text.delta", { ...part, delta, logprobs: [] }]),
      ["response.output_text.done", { ...part, text: whole.text, logprobs: [] }],
      ["response.content_part.done", { ...part, part: whole }], done];
  }
  return [added({ status: "in_progress", arguments: "" }),
    ...pieces(item.arguments).map((delta) => ["response.function_call_arguments.delta", { ...at, delta }]),
    ["response.function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments }], done];
}

function streamOf(s) {
  const open = { status: "in_progress", output: [], usage: null, incomplete_details: null };
  const all = [["response.created", { response: response(s, open) }], ["response.in_progress", { response: response(s, open) }],
    ...output(s).flatMap(itemEvents),
    [s.stop === "length" ? "response.incomplete" : "response.completed", { response: response(s) }]];
  return all.map(([type, more], sequence_number) => sse({ type, sequence_number, ...more }, type));
}

export const vendor = {
  name: "responses", model: "gpt-5.1-codex", streamType: "text/event-stream; charset=utf-8", signs: true,
  lastWord: true, counts: ["cached", "reasoning"], loose: ["stop"], links: true,
  params: (base) => ({ model: "openai/responses/gpt-5.1-codex", api_key: "k-openai", api_base: `${base}/v1` }),
  /* A response is asked for again by its id, so that is the gateway's. */
  issued: (text) => text.replaceAll(/"resp_sl1[\w-]+"/g, '"resp_1"'),
  see({ path, headers, body }) {
    assert.equal(path, "/v1/responses");
    assert.equal(headers.authorization, "Bearer k-openai");
    only(body, "the request", "model", "input", "instructions", "max_output_tokens", "temperature", "top_p", "tools",
      "tool_choice", "parallel_tool_calls", "text", "reasoning", "include", "store", "stream", "user");
    const input = typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input;
    if (body.text?.format) assert.equal(body.text.format.type, "json_schema");
    return { model: body.model, system: body.instructions ??
        words(input.find((i) => /^(system|developer)$/.test(i.role))?.content ?? ""),
      turns: seen(input), max: body.max_output_tokens, temperature: body.temperature, stop: [], stream: body.stream === true,
      think: body.reasoning?.effort !== undefined && body.reasoning.summary !== undefined,
      choice: body.tool_choice === "required",
      tools: (body.tools ?? []).map((t) => {
        only(t, "a tool", "type", "name", "description", "parameters", "strict");
        return { name: t.name, description: t.description, parameters: t.parameters };
      }),
      schema: body.text?.format?.schema };
  },
  whole: (s) => json(response(s)),
  stream: streamOf,
  ends: 2,
  refusal: (status, message) => ({ status, body: json({ error: { message, param: null,
    ...{ 400: { type: "invalid_request_error", code: "invalid_value" },
      429: { type: "requests", code: "rate_limit_exceeded" }, 503: { type: "server_error", code: null } }[status] } }) }),
  broken: (message) => sse({ type: "error", error: { type: "server_error", code: "server_error", message, param: null } }, "error"),
};
