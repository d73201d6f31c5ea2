// SPDX-License-Identifier: Apache-2.0
// kit.mjs - what the tests of the official clients share: a client for a gateway, and a vendor that answers what a test
// tells it and keeps what it was asked, byte for byte. Run by ../npm.sh, which brings the packages.
import { File } from "node:buffer";
import http from "node:http";
import OpenAI from "openai";
import { start } from "../e2e/kit.mjs";

export * from "../e2e/kit.mjs";

// OpenAI's client wants it for uploads; Node 18 has not put it among the globals yet.
globalThis.File ??= File;

// No retries, unless a test is about them.
export const client = (g, more = {}) =>
  new OpenAI({ baseURL: `${g.url}/v1`, apiKey: "sk-client", maxRetries: 0, ...more });

export const user = (content) => [{ role: "user", content }];

// A vendor. `answer(res, call)` is the test's; `asked` has every call so far.
export async function vendor() {
  const v = { asked: [], open: 0, sockets: new Set(), answer: undefined };
  const server = http.createServer((req, res) => {
    const parts = [];
    v.open++;
    res.on("close", () => v.open--);
    req.on("data", (d) => parts.push(d));
    req.on("end", () => {
      const raw = Buffer.concat(parts);
      const body = raw.toString();
      const call = { method: req.method, url: req.url, headers: req.headers, body, raw };
      if (body && !/^multipart/.test(req.headers["content-type"])) call.json = JSON.parse(body);
      v.asked.push(call);
      v.answer(res, call);
    });
  });
  server.on("connection", (s) => {
    v.sockets.add(s);
    s.on("close", () => v.sockets.delete(s));
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  v.url = `http://127.0.0.1:${server.address().port}`;
  v.close = () => {
    server.closeAllConnections();
    server.close();
  };
  v.last = () => v.asked.at(-1);
  v.says = (body, status = 200, headers = {}) => {
    v.answer = (res) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const type = typeof body === "string" ? "text/html" : "application/json";
      res.writeHead(status, { "content-type": type, ...headers });
      res.end(text);
    };
  };
  v.streams = (frames, headers = {}) => {
    v.answer = (res) => {
      res.writeHead(200, { "content-type": "text/event-stream", ...headers });
      for (const frame of frames) res.write(frame);
      res.end();
    };
  };
  return v;
}

// A gateway between two vendors: "gpt" is asked at `chat`, which speaks OpenAI's chat, and `name` at `native`, whose
// dialect is the test's.
export async function between(name, params) {
  const chat = await vendor(), native = await vendor();
  const g = await start({ config: { model_list: [
    { model_name: "gpt", litellm_params: { model: "openai/gpt-x", api_base: `${chat.url}/v1`, api_key: "sk-chat" } },
    { model_name: name, litellm_params: { ...params, api_base: native.url } },
  ], general_settings: { master_key: "sk-master" }, router_settings: { num_retries: 0 } } });
  return { g, chat, native, close: async () => {
    await g.end();
    chat.close();
    native.close();
  } };
}

// The parts of a form, by name; what comes twice is a list.
export async function form(call) {
  const fields = await new Response(call.raw, { headers: { "content-type": call.headers["content-type"] } }).formData();
  const out = {};
  for (const name of new Set(fields.keys())) {
    const all = fields.getAll(name);
    out[name] = all.length === 1 ? all[0] : all;
  }
  return out;
}

// OpenAI's format.
export const data = (object) => `data: ${typeof object === "string" ? object : JSON.stringify(object)}\n\n`;
export const completion = (message, more = {}) => ({
  id: "chatcmpl-1", object: "chat.completion", created: 1790000000, model: "vendor-model",
  choices: [{ index: 0, message: { role: "assistant", content: null, refusal: null, ...message }, logprobs: null,
    finish_reason: message.tool_calls ? "tool_calls" : "stop" }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }, ...more,
});
export const chunk = (choices, more = {}) => data({
  id: "chatcmpl-1", object: "chat.completion.chunk", created: 1790000000, model: "vendor-model", choices, ...more,
});
export const delta = (part, finish_reason = null, index = 0) =>
  chunk([{ index, delta: part, logprobs: null, finish_reason }]);
export const done = data("[DONE]");

// Anthropic's format.
export const event = (type, more = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
export const message = (content, more = {}) => ({
  id: "msg_01", type: "message", role: "assistant", model: "claude-sonnet-4-5", content,
  stop_reason: content.some((b) => b.type === "tool_use") ? "tool_use" : "end_turn", stop_sequence: null,
  usage: { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 6 }, ...more,
});
// A stream of blocks: each is [block at its start, its deltas].
export const messageEvents = (blocks, { stop_reason = "end_turn", usage = { output_tokens: 6 } } = {}) => [
  event("message_start", { message: { ...message([]), stop_reason: null,
    usage: { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 1 } } }),
  event("ping"),
  ...blocks.flatMap(([content_block, deltas], index) => [
    event("content_block_start", { index, content_block }),
    ...deltas.map((d) => event("content_block_delta", { index, delta: d })),
    event("content_block_stop", { index }),
  ]),
  event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage }),
  event("message_stop"),
];
export const text = (...pieces) => [{ type: "text", text: "" }, pieces.map((t) => ({ type: "text_delta", text: t }))];
export const toolUse = (id, name, ...pieces) => [
  { type: "tool_use", id, name, input: {} },
  pieces.map((partial_json) => ({ type: "input_json_delta", partial_json })),
];

export const weather = {
  type: "function",
  function: { name: "get_weather", description: "Weather of a city", parameters: { type: "object",
    properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false } },
};
