// SPDX-License-Identifier: Apache-2.0
// openai.mjs - what clients of OpenAI's API get, and what vendors of that API are sent, judged by OpenAI's own description
// of it (openai/README.md): whole answers, each event of a stream, errors, requests; from every kind of vendor.
import Ajv2020 from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { start } from "../e2e/kit.mjs";
import { vendors } from "./kit.mjs";

const here = path.dirname(realpathSync(fileURLToPath(import.meta.url)));
const doc = JSON.parse(readFileSync(path.join(here, "openai", "schemas.json")));
const schemas = doc.components.schemas;
const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false, logger: false });
ajv.addSchema({ $id: "openai", ...doc });

function judge(name, value) {
  const valid = ajv.getSchema(`openai#/components/schemas/${name}`);
  assert.ok(valid, `no schema ${name}`);
  assert.ok(valid(value), `${name}: ${JSON.stringify(valid.errors?.slice(-4))} in ${JSON.stringify(value)}`);
}

// Events of Responses by their type: each has a schema of its own.
const eventSchemas = new Map();
for (const { $ref } of schemas.ResponseStreamEvent.anyOf) {
  const name = $ref.split("/").at(-1);
  for (const type of schemas[name].properties?.type?.enum ?? []) eventSchemas.set(type, name);
}

let g, v;
before(async () => {
  v = await vendors();
  const model = (model_name, litellm_params) => ({ model_name, litellm_params: { api_base: v.url, api_key: "k", ...litellm_params } });
  g = await start({ config: {
    model_list: [
      model("openai", { model: "openai/gpt-4o", api_base: `${v.url}/v1` }),
      model("azure", { model: "azure/gpt-4o", api_version: "2024-10-21" }),
      model("compat", { model: "together_ai/meta-llama/Llama-4-Scout", api_base: `${v.url}/v1` }),
      model("anthropic", { model: "anthropic/claude-sonnet-4-5" }),
      model("gemini", { model: "gemini/gemini-2.5-flash" }),
      model("bedrock", { model: "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0", aws_region_name: "us-east-1" }),
      model("cohere", { model: "cohere/command-a-03-2025" }),
      model("embed", { model: "cohere/embed-v4.0" }),
      model("ollama", { model: "ollama/qwen3" }),
      model("mistral", { model: "mistral/mistral-large-latest", api_base: `${v.url}/v1` }),
      { model_name: "mock", litellm_params: { model: "mock/echo" } },
    ],
    router_settings: { num_retries: 0, disable_cooldowns: true },
  } });
});
after(async () => {
  await g?.end();
  v.close();
});
beforeEach(() => {
  v.says = "text";
  v.asked.length = 0;
});

const chatters = ["openai", "azure", "compat", "anthropic", "gemini", "bedrock", "cohere", "ollama", "mistral", "mock"];
const scenarios = ["text", "think", "tools", "cut"];
const schema = { type: "object", properties: { a: { type: "integer" } } };
const tools = [{ type: "function", function: { name: "f", description: "d", parameters: schema } },
  { type: "function", function: { name: "g", parameters: { type: "object", properties: {} } } }];

const post = (target, body) => g.ask("POST", target, { body });
const data = (r) => r.text.split("\n").filter((l) => l.startsWith("data: ")).map((l) => l.slice(6));

async function ok(target, body) {
  const r = await post(target, body);
  assert.equal(r.status, 200, `${body.model} ${v.says}: ${r.text}`);
  return r;
}

for (const model of chatters)
  test(`a chat with ${model} is answered as described, whole and in chunks`, async () => {
    for (v.says of scenarios) {
      const body = { model, messages: [{ role: "user", content: "hi" }], tools };
      judge("CreateChatCompletionResponse", (await ok("/v1/chat/completions", body)).json);
      const chunks = data(await ok("/v1/chat/completions", { ...body, stream: true, stream_options: { include_usage: true } }));
      assert.equal(chunks.pop(), "[DONE]");
      for (const chunk of chunks) judge("CreateChatCompletionStreamResponse", JSON.parse(chunk));
      assert.ok(JSON.parse(chunks.at(-1)).usage.total_tokens > 0);
    }
  });

for (const model of chatters.filter((m) => m !== "openai" && m !== "azure"))
  test(`a response of ${model} is as described, whole and in events`, async () => {
    for (v.says of scenarios) {
      const body = { model, input: "hi", tools: tools.map((t) => ({ type: "function", ...t.function, strict: false })) };
      const whole = (await ok("/v1/responses", body)).json;
      judge("Response", whole);
      judge("Response", (await g.ask("GET", `/v1/responses/${whole.id}`)).json);
      judge("ResponseItemList", (await g.ask("GET", `/v1/responses/${whole.id}/input_items`)).json);
      for (const text of data(await ok("/v1/responses", { ...body, stream: true }))) {
        const event = JSON.parse(text);
        assert.ok(eventSchemas.has(event.type), `no event ${event.type}`);
        judge(eventSchemas.get(event.type), event);
      }
    }
  });

test("vectors are as described, whoever made them", async () => {
  for (const model of ["openai", "azure", "embed", "gemini", "ollama", "mistral", "mock"])
    judge("CreateEmbeddingResponse", (await ok("/v1/embeddings", { model, input: "x" })).json);
});

test("legacy completions are as described", async () => {
  const body = { model: "mock", prompt: "x" };
  judge("CreateCompletionResponse", (await ok("/v1/completions", body)).json);
  for (const chunk of data(await ok("/v1/completions", { ...body, stream: true })).slice(0, -1)) {
    const json = JSON.parse(chunk);
    // The description has no word for pieces: of the last one only is a reason true.
    for (const choice of json.choices) choice.finish_reason ??= "stop";
    judge("CreateCompletionResponse", json);
  }
});

test("images and moderations are handed on as described, models listed", async () => {
  const picture = { model: "openai", prompt: "x" };
  judge("ImagesResponse", (await ok("/v1/images/generations", picture)).json);
  const events = data(await ok("/v1/images/generations", { ...picture, stream: true, partial_images: 1 }));
  assert.equal(events.length, 2);
  for (const event of events) judge("ImageGenStreamEvent", JSON.parse(event));
  judge("CreateModerationResponse", (await ok("/v1/moderations", { model: "openai", input: "x" })).json);
  judge("ListModelsResponse", (await g.ask("GET", "/v1/models")).json);
  judge("Model", (await g.ask("GET", "/v1/models/gemini")).json);
});

test("failures are as described: ours, a vendor's, and amid a stream", async () => {
  const body = (model, more) => ({ model, messages: [{ role: "user", content: "hi" }], ...more });
  const fails = async (status, r) => {
    assert.equal(r.status, status, r.text);
    judge("ErrorResponse", r.json);
  };
  await fails(404, await post("/v1/chat/completions", body("none")));
  await fails(400, await post("/v1/chat/completions", "{"));
  await fails(400, await post("/v1/chat/completions", body("anthropic", { n: 2 })));
  await fails(400, await post("/v1/responses", { model: "anthropic" }));
  await fails(404, await g.ask("GET", "/v1/responses/resp_none"));
  await fails(404, await g.ask("GET", "/v1/nothing"));
  v.says = "limit";
  for (const model of chatters.filter((m) => m !== "mock")) {
    await fails(429, await post("/v1/chat/completions", body(model)));
    await fails(429, await post("/v1/chat/completions", body(model, { stream: true })));
    await fails(429, await post("/v1/responses", { model, input: "hi" }));
  }
  v.says = "break";
  for (const model of chatters.filter((m) => m !== "mock")) {
    const chunks = data(await ok("/v1/chat/completions", body(model, { stream: true })));
    judge("ErrorResponse", JSON.parse(chunks.pop()));
    for (const chunk of chunks) judge("CreateChatCompletionStreamResponse", JSON.parse(chunk));
    if (model === "openai" || model === "azure") continue;
    const events = data(await ok("/v1/responses", { model, input: "hi", stream: true })).map((t) => JSON.parse(t));
    assert.equal(events.at(-1).type, "response.failed");
    for (const event of events) judge(eventSchemas.get(event.type), event);
  }
});

// ---- what vendors of OpenAI's API are sent ----

const png = "iVBORw0KGgo=";
// Each asks for the same: a system text, a picture, two calls that were answered, tools, a bound, sampling, an end.
const clients = [
  ["/v1/chat/completions", (model) => ({ model, tools, tool_choice: "auto", max_completion_tokens: 9, temperature: 0.5, stop: ["END"],
    messages: [{ role: "system", content: "s" },
      { role: "user", content: [{ type: "text", text: "q" }, { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } }] },
      { role: "assistant", content: null, tool_calls: [{ id: "t1", type: "function", function: { name: "f", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "t1", content: "1" }] })],
  ["/v1/responses", (model) => ({ model, instructions: "s", max_output_tokens: 20, temperature: 0.5, reasoning: { effort: "low" },
    text: { format: { type: "json_schema", name: "n", schema } }, store: false,
    tools: [{ type: "function", name: "f", parameters: schema, strict: true }],
    input: [{ role: "user", content: [{ type: "input_text", text: "q" },
      { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${png}` }] },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }] },
      { type: "function_call", call_id: "t1", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "t1", output: "1" }] })],
  ["/v1/messages", (model) => ({ model, max_tokens: 9, system: "s", temperature: 0.5, stop_sequences: ["END"],
    thinking: { type: "enabled", budget_tokens: 2000 }, tools: [{ name: "f", input_schema: schema }], tool_choice: { type: "any" },
    messages: [{ role: "user", content: [{ type: "text", text: "q", cache_control: { type: "ephemeral" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: png } }] },
    { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "s" },
      { type: "tool_use", id: "t1", name: "f", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "1" }] }] })],
  ["/v1beta/models/MODEL:generateContent", () => ({ systemInstruction: { parts: [{ text: "s" }] },
    generationConfig: { maxOutputTokens: 9, temperature: 0.5, topK: 5, stopSequences: ["END"], responseMimeType: "application/json",
      responseSchema: { type: "OBJECT", properties: { a: { type: "INTEGER", nullable: true } } },
      thinkingConfig: { thinkingBudget: 2000 } },
    tools: [{ functionDeclarations: [{ name: "f", parameters: { type: "OBJECT", properties: {} } }] }],
    contents: [{ role: "user", parts: [{ text: "q" }, { inlineData: { mimeType: "image/png", data: png } }] },
      { role: "model", parts: [{ functionCall: { name: "f", args: {} }, thoughtSignature: "c2ln" }] },
      { role: "user", parts: [{ functionResponse: { name: "f", response: { output: 1 } } }] }] })],
  ["/v2/chat", (model) => ({ model, max_tokens: 9, temperature: 0.5, p: 0.9, k: 5, stop_sequences: ["END"], tools, strict_tools: true,
    tool_choice: "REQUIRED", messages: [{ role: "system", content: "s" }, { role: "user", content: "q" },
      { role: "assistant", tool_plan: "p", tool_calls: [{ id: "t1", type: "function", function: { name: "f", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "t1", content: "1" }] })],
  ["/model/MODEL/converse", () => ({ system: [{ text: "s" }], inferenceConfig: { maxTokens: 9, temperature: 0.5, stopSequences: ["END"] },
    toolConfig: { tools: [{ toolSpec: { name: "f", inputSchema: { json: schema } } }], toolChoice: { any: {} } },
    messages: [{ role: "user", content: [{ text: "q" }, { image: { format: "png", source: { bytes: png } } }] },
      { role: "assistant", content: [{ toolUse: { toolUseId: "t1", name: "f", input: {} } }] },
      { role: "user", content: [{ toolResult: { toolUseId: "t1", content: [{ text: "1" }] } }] }] })],
  ["/api/chat", (model) => ({ model, stream: false, think: true, format: schema, tools,
    options: { num_predict: 9, temperature: 0.5, stop: ["END"], num_ctx: 9 }, messages: [{ role: "system", content: "s" }, { role: "user", content: "q", images: [png] },
      { role: "assistant", content: "", tool_calls: [{ function: { name: "f", arguments: {} } }] },
      { role: "tool", tool_name: "f", content: "1" }] })],
  ["/api/generate", (model) => ({ model, stream: true, prompt: "q", system: "s", images: [png] })],
];

for (const [target, body] of clients)
  test(`a request at ${target} reaches a vendor of OpenAI's API as described`, async () => {
    for (const model of ["openai", "azure", "compat"]) {
      if (target === "/v1/responses" && model !== "compat") continue; // relayed: below
      const r = await post(target.replace("MODEL", model), body(model));
      assert.equal(r.status, 200, r.text);
      judge("CreateChatCompletionRequest", v.asked.at(-1).body);
    }
  });

test("what is relayed to OpenAI stays as described", async () => {
  const sent = async (name, target, body) => {
    await post(target, body);
    judge(name, v.asked.at(-1).body);
  };
  await sent("CreateResponse", "/v1/responses", clients[1][1]("openai"));
  await sent("CreateEmbeddingRequest", "/v1/embeddings", { model: "openai", input: ["x"], dimensions: 5, encoding_format: "float" });
  await sent("CreateImageRequest", "/v1/images/generations", { model: "openai", prompt: "x", n: 1 });
  await sent("CreateModerationRequest", "/v1/moderations", { model: "openai", input: "x" });
  await sent("CreateCompletionRequest", "/v1/completions", { model: "openai", prompt: "x", max_tokens: 5 });
});
