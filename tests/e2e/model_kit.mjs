// SPDX-License-Identifier: Apache-2.0
// model_kit.mjs - a model that follows a script, at a vendor of any dialect: what it says is decided once, by the test,
// and said in the words of the path that was asked.
import http from "node:http";
import { crc32 } from "./kit.mjs";

const sse = (object) => `data: ${JSON.stringify(object)}\n\n`;
const named = (object) => `event: ${object.type}\n${sse(object)}`;
const flat = (content) =>
  typeof content === "string" ? content : (content ?? []).map((p) => p.text ?? "").join("");
const halves = (text) => [text.slice(0, text.length >> 1), text.slice(text.length >> 1)].filter(Boolean);

// As the vendors have it, results stand right behind all the calls of a message. calls and results: the ids in each message.
function follows(messages, calls, results) {
  let open = [];
  for (const m of messages) {
    const answered = results(m);
    if (!answered.length && open.length) return false;
    if (answered.some((id) => !open.includes(id))) return false;
    open = open.filter((id) => !answered.includes(id)).concat(calls(m));
  }
  return !open.length;
}

// Each dialect: how a request is read into { said, results, tools }, and how { text, calls } is written, whole or as
// pieces of a stream. said: the last words of the user. results: what tools gave since then. A call has id, name, args.
const usage = { in: 11, out: 7 };
let answers = 0; // each has an id of its own: clients put together by it
const chat = {
  path: /\/chat\/completions$/,
  read: ({ messages, tools }) => {
    const last = messages.findLastIndex((m) => m.role === "user");
    return {
      said: flat(messages[last]?.content),
      results: messages.slice(last + 1).filter((m) => m.role === "tool").map((m) => flat(m.content)),
      tools: (tools ?? []).map((t) => t.function?.name),
      wrong: !follows(messages, (m) => (m.tool_calls ?? []).map((c) => c.id), (m) => (m.role === "tool" ? [m.tool_call_id] : [])),
    };
  },
  whole: ({ text, calls }, { model }) => ({
    id: `chatcmpl-${++answers}`, object: "chat.completion", created: 1790000000, model,
    choices: [{ index: 0, finish_reason: calls ? "tool_calls" : "stop", logprobs: null,
      message: { role: "assistant", content: text ?? null, refusal: null, ...(calls && { tool_calls: calls.map((c) => (
        { id: c.id, type: "function", function: { name: c.name, arguments: JSON.stringify(c.args) } })) }) } }],
    usage: { prompt_tokens: usage.in, completion_tokens: usage.out, total_tokens: usage.in + usage.out },
  }),
  pieces: ({ text, calls }, { model, stream_options }) => {
    const id = `chatcmpl-${++answers}`;
    const chunk = (choices, more) => sse({ id, object: "chat.completion.chunk", created: 1790000000, model, choices, ...more });
    const delta = (d, finish_reason = null) => chunk([{ index: 0, delta: d, logprobs: null, finish_reason }]);
    return [delta({ role: "assistant", content: "" }), ...halves(text ?? "").map((content) => delta({ content })),
      ...(calls ?? []).flatMap((c, index) => {
        const call = (args) => delta({ tool_calls: [{ index, id: c.id, type: "function", function: { name: c.name, arguments: args } }] });
        const all = JSON.stringify(c.args);
        return /^mistral/.test(model) ? [call(all)] // it does not send parts
          : [call(""), ...halves(all).map((a) => delta({ tool_calls: [{ index, function: { arguments: a } }] }))];
      }),
      delta({}, calls ? "tool_calls" : "stop"),
      ...(stream_options?.include_usage ? [chunk([], { usage: chat.whole({}, {}).usage })] : []), "data: [DONE]\n\n"];
  },
  error: (message) => ({ error: { message, type: "rate_limit_error", param: null, code: "rate_limit_exceeded" } }),
};

const responses = {
  path: /\/responses$/,
  read: ({ input, tools }) => {
    const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
    const last = items.findLastIndex((i) => i.role === "user");
    return {
      said: flat(items[last]?.content),
      results: items.slice(last + 1).filter((i) => /_output$/.test(i.type)).map((i) => flat(i.output)),
      tools: (tools ?? []).map((t) => t.name),
    };
  },
  items: ({ text, calls }) => [
    ...(text === undefined ? [] : [{ type: "message", id: `msg_${++answers}`, status: "completed", role: "assistant",
      content: [{ type: "output_text", text, annotations: [], logprobs: [] }] }]),
    ...(calls ?? []).map((c) => ({ type: "function_call", id: `fc_${c.id}`, call_id: c.id, name: c.name, status: "completed",
      arguments: JSON.stringify(c.args) })),
  ],
  whole: (says, { model }) => ({
    id: `resp_${++answers}`, object: "response", created_at: 1790000000, status: "completed", model, output: responses.items(says),
    error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true, temperature: 1,
    tool_choice: "auto", tools: [], top_p: 1, usage: { input_tokens: usage.in, input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.out, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: usage.in + usage.out },
  }),
  pieces: (says, json) => {
    const end = responses.whole(says, json);
    const begin = { ...end, status: "in_progress", output: [], usage: null };
    const events = [{ type: "response.created", response: begin }, { type: "response.in_progress", response: begin }];
    end.output.forEach((item, output_index) => {
      const at = { item_id: item.id, output_index };
      const open = item.type === "message" ? { ...item, content: [] } : { ...item, arguments: "" };
      events.push({ type: "response.output_item.added", output_index, item: { ...open, status: "in_progress" } });
      if (item.type === "message") {
        const [part] = item.content;
        events.push({ type: "response.content_part.added", ...at, content_index: 0, part: { ...part, text: "" } },
          ...halves(part.text).map((delta) => ({ type: "response.output_text.delta", ...at, content_index: 0, delta, logprobs: [] })),
          { type: "response.output_text.done", ...at, content_index: 0, text: part.text, logprobs: [] },
          { type: "response.content_part.done", ...at, content_index: 0, part });
      } else {
        events.push(...halves(item.arguments).map((delta) => ({ type: "response.function_call_arguments.delta", ...at, delta })),
          { type: "response.function_call_arguments.done", ...at, name: item.name, arguments: item.arguments });
      }
      events.push({ type: "response.output_item.done", output_index, item });
    });
    events.push({ type: "response.completed", response: end });
    return events.map((e, sequence_number) => named({ ...e, sequence_number }));
  },
  error: chat.error,
};

// It keeps conversations: a request that goes on from a message has to say only what is new.
const threads = new Map();
const messages = {
  path: /\/v1\/messages$/,
  read: (json) => {
    const before = threads.get(json.thread?.previous_message_id);
    const all = json.messages = [...(before?.messages ?? []), ...json.messages];
    const tools = json.tools ??= before?.tools;
    const blocks = (m) => (typeof m.content === "string" ? [{ type: "text", text: m.content }] : m.content);
    const last = all.findLastIndex((m) => m.role === "user" && blocks(m).some((b) => b.type === "text"));
    return {
      said: last < 0 ? "" : flat(blocks(all[last]).filter((b) => b.type === "text")),
      results: all.slice(Math.max(last, 0)).filter((m) => m.role === "user").flatMap(blocks)
        .filter((b) => b.type === "tool_result").map((b) => flat(b.content)),
      tools: (tools ?? []).map((t) => t.name),
      wrong: !follows(all, (m) => blocks(m).filter((b) => b.type === "tool_use").map((b) => b.id),
        (m) => blocks(m).filter((b) => b.type === "tool_result").map((b) => b.tool_use_id)),
    };
  },
  blocks: ({ text, calls }) => [
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...(calls ?? []).map((c) => ({ type: "tool_use", id: c.id, name: c.name, input: c.args })),
  ],
  whole: (says, { model, messages: all, tools, thread }) => {
    const id = `msg_${++answers}`;
    const content = messages.blocks(says);
    if (thread) threads.set(id, { tools, messages: [...all, { role: "assistant", content }] });
    return { id, type: "message", role: "assistant", model, content,
      stop_reason: says.calls ? "tool_use" : "end_turn", stop_sequence: null,
      usage: { input_tokens: usage.in, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: usage.out } };
  },
  pieces: (says, json) => {
    const end = messages.whole(says, json);
    return [{ type: "message_start", message: { ...end, content: [], stop_reason: null, usage: { ...end.usage, output_tokens: 1 } } },
      { type: "ping" },
      ...end.content.flatMap((b, index) => [
        { type: "content_block_start", index, content_block: b.type === "text" ? { ...b, text: "" } : { ...b, input: {} } },
        ...halves(b.type === "text" ? b.text : JSON.stringify(b.input)).map((t) => ({ type: "content_block_delta", index,
          delta: b.type === "text" ? { type: "text_delta", text: t } : { type: "input_json_delta", partial_json: t } })),
        { type: "content_block_stop", index },
      ]),
      { type: "message_delta", delta: { stop_reason: end.stop_reason, stop_sequence: null }, usage: { output_tokens: usage.out } },
      { type: "message_stop" }].map(named);
  },
  error: (message) => ({ type: "error", error: { type: "rate_limit_error", message } }),
};

const gemini = {
  path: /:(generateContent|streamGenerateContent)$/,
  read: ({ contents, tools }) => {
    const last = contents.findLastIndex((c) => c.role !== "model" && c.parts.some((p) => p.text !== undefined));
    return {
      said: flat(contents[last]?.parts),
      results: contents.slice(Math.max(last, 0)).flatMap((c) => c.parts).filter((p) => p.functionResponse)
        .map((p) => JSON.stringify(p.functionResponse.response)),
      tools: (tools ?? []).flatMap((t) => t.functionDeclarations ?? []).map((f) => f.name),
    };
  },
  frame: (responseId, parts, more) => ({ candidates: [{ content: { role: "model", parts }, index: 0, ...more }], modelVersion: "gemini-x",
    responseId, usageMetadata: { promptTokenCount: usage.in, candidatesTokenCount: usage.out,
      totalTokenCount: usage.in + usage.out } }),
  calls: ({ calls }) => (calls ?? []).map((c) => ({ functionCall: { name: c.name, args: c.args } })),
  whole: (says) => gemini.frame(`r-${++answers}`, [...(says.text === undefined ? [] : [{ text: says.text }]), ...gemini.calls(says)],
    { finishReason: "STOP" }),
  pieces: (says) => {
    const id = `r-${++answers}`;
    return [...halves(says.text ?? "").map((text) => gemini.frame(id, [{ text }])),
      gemini.frame(id, gemini.calls(says), { finishReason: "STOP" })].map(sse);
  },
  error: (message) => ({ error: { code: 429, message, status: "RESOURCE_EXHAUSTED" } }),
};

// A message of AWS's event stream with its three headers and two sums.
function message(type, payload) {
  const body = Buffer.from(JSON.stringify(payload));
  const headers = Buffer.concat(Object.entries({ ":event-type": type, ":content-type": "application/json", ":message-type": "event" })
    .map(([name, value]) => Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.of(7, 0, value.length), Buffer.from(value)])));
  const out = Buffer.alloc(16 + headers.length + body.length);
  out.writeUInt32BE(out.length, 0);
  out.writeUInt32BE(headers.length, 4);
  out.writeUInt32BE(crc32(out.subarray(0, 8)), 8);
  headers.copy(out, 12);
  body.copy(out, 12 + headers.length);
  out.writeUInt32BE(crc32(out.subarray(0, -4)), out.length - 4);
  return out;
}

const converse = {
  path: /\/converse(-stream)?$/,
  type: "application/vnd.amazon.eventstream",
  read: ({ messages: all, toolConfig }) => {
    const last = all.findLastIndex((m) => m.role === "user" && m.content.some((b) => b.text !== undefined));
    return {
      said: flat(all[last]?.content),
      results: all.slice(Math.max(last, 0)).flatMap((m) => m.content).filter((b) => b.toolResult)
        .map((b) => JSON.stringify(b.toolResult.content)),
      tools: (toolConfig?.tools ?? []).map((t) => t.toolSpec?.name),
    };
  },
  usage: { inputTokens: usage.in, outputTokens: usage.out, totalTokens: usage.in + usage.out },
  whole: ({ text, calls }) => ({ stopReason: calls ? "tool_use" : "end_turn", usage: converse.usage, metrics: { latencyMs: 1 },
    output: { message: { role: "assistant", content: [...(text === undefined ? [] : [{ text }]),
      ...(calls ?? []).map((c) => ({ toolUse: { toolUseId: c.id, name: c.name, input: c.args } }))] } } }),
  pieces: (says) => {
    const end = converse.whole(says);
    return [message("messageStart", { role: "assistant" }),
      ...end.output.message.content.flatMap((b, contentBlockIndex) => [
        ...(b.toolUse ? [message("contentBlockStart", { contentBlockIndex,
          start: { toolUse: { toolUseId: b.toolUse.toolUseId, name: b.toolUse.name } } })] : []),
        ...halves(b.toolUse ? JSON.stringify(b.toolUse.input) : b.text).map((t) =>
          message("contentBlockDelta", { contentBlockIndex, delta: b.toolUse ? { toolUse: { input: t } } : { text: t } })),
        message("contentBlockStop", { contentBlockIndex })]),
      message("messageStop", { stopReason: end.stopReason }), message("metadata", { usage: end.usage, metrics: end.metrics })];
  },
  error: (text) => ({ message: text }),
};

const dialects = { chat, responses, messages, gemini, converse };

// decide({ dialect, said, results, tools, json, url }) gives { text, calls } to say, or { refuse: sentence } for a
// status 429. With `hold` the model says half of it and then no more; with `cut` it leaves there.
export async function model(decide) {
  const m = { asked: [], open: 0, decide };
  const server = http.createServer((req, res) => {
    const parts = [];
    m.open++;
    res.on("close", () => m.open--);
    req.on("data", (d) => parts.push(d));
    req.on("end", () => {
      const path = new URL(req.url, "http://x").pathname;
      const [dialect, d] = Object.entries(dialects).find(([, each]) => each.path.test(path)) ?? [];
      if (!d) {
        m.asked.push({ dialect: null, url: req.url });
        res.writeHead(404, { "content-type": "application/json" });
        res.end("{}");
        return;
      }
      const json = JSON.parse(Buffer.concat(parts));
      const turn = { dialect, ...d.read(json), json, url: req.url, headers: req.headers };
      m.asked.push(turn);
      if (turn.wrong) {
        res.writeHead(400, { "content-type": "application/json" });
        res.end(JSON.stringify(d.error("results of tools have to stand behind their calls")));
        return;
      }
      const says = m.decide(turn);
      const calls = says.calls?.map((c, i) => ({ id: `call_${m.asked.length}_${i}`, ...c }));
      if (says.refuse) {
        res.writeHead(429, { "content-type": "application/json", ...(d === converse && { "x-amzn-errortype": "ThrottlingException" }) });
        res.end(JSON.stringify(d.error(says.refuse)));
      } else if (json.stream || /stream/i.test(path)) {
        const pieces = d.pieces({ ...says, calls }, json);
        res.writeHead(200, { "content-type": d.type ?? "text/event-stream" });
        for (const piece of says.hold || says.cut ? pieces.slice(0, pieces.length >> 1) : pieces) res.write(piece);
        if (!says.hold) res.end();
      } else {
        res.writeHead(200, { "content-type": "application/json" });
        res.end(JSON.stringify(d.whole({ ...says, calls }, json)));
      }
    });
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  m.url = `http://127.0.0.1:${server.address().port}`;
  m.last = () => m.asked.at(-1);
  m.close = () => {
    server.closeAllConnections();
    server.close();
  };
  // Where each provider of ours finds it.
  m.at = (model_name, provider) => ({ model_name, litellm_params: {
    openai: { model: "openai/gpt-x", api_base: `${m.url}/v1`, api_key: "sk-vendor" },
    mistral: { model: "mistral/mistral-x", api_base: `${m.url}/v1`, api_key: "sk-vendor" },
    anthropic: { model: "anthropic/claude-sonnet-4-5", api_base: m.url, api_key: "sk-vendor" },
    gemini: { model: "gemini/gemini-3-flash", api_base: m.url, api_key: "sk-vendor" },
    bedrock: { model: "bedrock/anthropic.claude-sonnet-4-5-v1:0", aws_access_key_id: "AKVENDOR", aws_secret_access_key: "s",
      aws_region_name: "us-east-1", aws_bedrock_runtime_endpoint: m.url },
  }[provider] });
  return m;
}
