// SPDX-License-Identifier: Apache-2.0
// bedrock.mjs - the official AWS client, its requests signed: against a vendor that speaks OpenAI's chat, and against one
// of its own dialect.
// Needs Node 20
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, InvokeModelCommand,
  InvokeModelWithResponseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { EventStreamCodec } from "@smithy/core/event-streams";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { chunk, completion, delta, done, start, vendor } from "./kit.mjs";

let g, chat, native, aws;
// Without a handler of ours it speaks HTTP/2.
const client = (more = {}) =>
  new BedrockRuntimeClient({ region: "us-east-1", endpoint: g.url, maxAttempts: 1, requestHandler: new NodeHttpHandler(),
    credentials: { accessKeyId: "AKCLIENT", secretAccessKey: "client-secret" }, ...more });
const native_model = (model_name, model) => ({ model_name, litellm_params: { model: `bedrock/${model}`, aws_access_key_id: "AKVENDOR",
  aws_secret_access_key: "s", aws_region_name: "us-east-1", aws_bedrock_runtime_endpoint: native.url } });
before(async () => {
  chat = await vendor();
  native = await vendor();
  g = await start({ config: { model_list: [
    { model_name: "gpt:1", litellm_params: { model: "openai/gpt-x", api_base: `${chat.url}/v1`, api_key: "sk-chat" } },
    native_model("claude", "us.anthropic.claude-x-v1:0"),
  ], general_settings: { master_key: "sk-master",
    aws_client_credentials: [{ access_key_id: "AKCLIENT", secret_access_key: "client-secret", key: "sk-master" }] },
  router_settings: { num_retries: 0 } } });
  aws = client();
});
after(async () => {
  aws.destroy();
  await g.end();
  chat.close();
  native.close();
});

const hi = [{ role: "user", content: [{ text: "hi" }] }];
const toolConfig = { tools: [{ toolSpec: { name: "get_weather", description: "Weather", inputSchema: { json: { type: "object",
  properties: { city: { type: "string" } }, required: ["city"] } } } }] };
const ask = (modelId, more = {}) => aws.send(new ConverseCommand({ modelId, messages: hi, ...more }));
async function collect(modelId, more = {}) {
  const r = await aws.send(new ConverseStreamCommand({ modelId, messages: hi, ...more }));
  const all = [];
  for await (const e of r.stream) all.push(e);
  return all;
}
const is = (name, status) => (e) => e.name === name && (!status || e.$metadata.httpStatusCode === status);

const codec = new EventStreamCodec((b) => Buffer.from(b).toString(), (s) => Buffer.from(s));
const header = (value) => ({ type: "string", value });
const message = (kind, type, payload) => Buffer.from(codec.encode({ headers: { [`:${kind}-type`]: header(type),
  ":content-type": header("application/json"), ":message-type": header(kind) }, body: Buffer.from(JSON.stringify(payload)) }));
const event = (type, payload) => message("event", type, payload);
const streams = (frames, cut = 0) => {
  native.answer = (res) => {
    const all = Buffer.concat(frames);
    res.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "r-1" });
    for (let i = 0; i < all.length; i += cut || all.length) res.write(all.subarray(i, i + (cut || all.length)));
    res.end();
  };
};

test("Converse is asked for as a chat", async () => {
  chat.says(completion({ content: "Hello." }));
  const r = await ask("gpt:1", { system: [{ text: "Be brief." }], inferenceConfig: { maxTokens: 50, temperature: 0.5, stopSequences: ["END"] }, toolConfig,
    messages: [{ role: "user", content: [{ text: "see" }, { image: { format: "png", source: { bytes: Buffer.from([0, 0, 0]) } } }] }] });
  const sent = chat.last().json;
  assert.deepEqual(sent.messages, [{ role: "system", content: "Be brief." }, { role: "user", content: [{ type: "text", text: "see" },
    { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }]);
  assert.deepEqual([sent.model, sent.temperature, sent.max_tokens, sent.stop], ["gpt-x", 0.5, 50, ["END"]]);
  assert.equal(sent.tools[0].function.name, "get_weather");
  assert.deepEqual(r.output.message, { role: "assistant", content: [{ text: "Hello." }] });
  assert.equal(r.stopReason, "end_turn");
  assert.deepEqual([r.usage.inputTokens, r.usage.outputTokens, r.usage.totalTokens], [9, 2, 11]);
});

test("ConverseStream says what the whole answer says, and results find their calls", async () => {
  chat.streams([
    delta({ role: "assistant", content: "" }), delta({ content: "Two " }), delta({ content: "cities." }),
    delta({ tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "get_weather", arguments: "" } }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }), delta({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
    delta({}, "tool_calls"), chunk([], { usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 } }), done]);
  const all = await collect("gpt:1", { toolConfig });
  assert.deepEqual(all[0], { messageStart: { role: "assistant" } });
  const deltas = all.map((e) => e.contentBlockDelta).filter(Boolean);
  assert.equal(deltas.map((d) => d.delta.text ?? "").join(""), "Two cities.");
  assert.equal(deltas.map((d) => d.delta.toolUse?.input ?? "").join(""), '{"city":"Rome"}');
  assert.deepEqual(all.find((e) => e.contentBlockStart).contentBlockStart, { contentBlockIndex: 1, start: { toolUse: { toolUseId: "call_a", name: "get_weather" } } });
  assert.equal(all.at(-2).messageStop.stopReason, "tool_use");
  assert.deepEqual(all.at(-1).metadata.usage, { inputTokens: 20, outputTokens: 9, totalTokens: 29 });
  chat.says(completion({ content: null, tool_calls: [{ id: "call_a", type: "function", function: { name: "get_weather", arguments: '{"city":"Rome"}' } }] }));
  const whole = await ask("gpt:1", { toolConfig });
  assert.deepEqual(whole.output.message.content, [{ toolUse: { toolUseId: "call_a", name: "get_weather", input: { city: "Rome" } } }]);
  chat.says(completion({ content: "ok" }));
  await ask("gpt:1", { toolConfig, messages: [...hi, whole.output.message, { role: "user", content: [
    { toolResult: { toolUseId: "call_a", content: [{ json: { sun: true } }] } }, { text: "So?" }] }] });
  assert.deepEqual(chat.last().json.messages.map((m) => [m.role, m.tool_call_id, m.content]),
    [["user", undefined, "hi"], ["assistant", undefined, null], ["tool", "call_a", '{"sun":true}'], ["user", undefined, "So?"]]);
});

test("failures are the client's own classes, before a stream and amid it", async () => {
  chat.says({ error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded", param: null } }, 429);
  await assert.rejects(ask("gpt:1"), is("ThrottlingException", 429));
  chat.streams([delta({ content: "a" })]);
  await assert.rejects(collect("gpt:1"), (e) => e.name === "ModelStreamErrorException" && /ended early/.test(e.message));
  await assert.rejects(ask("none"), is("ResourceNotFoundException", 404));
  await assert.rejects(ask("gpt:1", { guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" } }),
    (e) => e.name === "ValidationException" && /guardrailConfig/.test(e.message));
  const stranger = client({ credentials: { accessKeyId: "AKCLIENT", secretAccessKey: "guess" } });
  await assert.rejects(stranger.send(new ConverseCommand({ modelId: "gpt:1", messages: hi })), is("InvalidSignatureException", 403));
  stranger.destroy();
});

test("a key as a bearer token will do, and so will HTTP/2", async () => {
  chat.says(completion({ content: "Hello." }));
  const bearer = client({ credentials: undefined, token: { token: "sk-master" }, authSchemePreference: ["httpBearerAuth"] });
  const r = await bearer.send(new ConverseCommand({ modelId: "gpt:1", messages: hi }));
  assert.equal(r.output.message.content[0].text, "Hello.");
  bearer.destroy();
  const http2 = client({ requestHandler: undefined });
  const again = await http2.send(new ConverseCommand({ modelId: "gpt:1", messages: hi }));
  assert.equal(again.output.message.content[0].text, "Hello.");
  http2.destroy();
});

const usage = { inputTokens: 12, outputTokens: 3, totalTokens: 15 };
const said = [event("messageStart", { role: "assistant" }), event("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hel" }, p: "abc" }),
  event("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "lo" } }), event("contentBlockStop", { contentBlockIndex: 0 }),
  event("messageStop", { stopReason: "end_turn" }), event("metadata", { usage, metrics: { latencyMs: 1 } })];
const raw = (path, body = `{"messages":[{"role":"user","content":[{"text":"hi","novel":12345678901234567890}]}],  "novel":1.0}`) =>
  fetch(`${g.url}/model/claude/${path}`, { method: "POST", body, headers: { authorization: "Bearer sk-master" } });

test("where the dialect is spoken bytes go through", async () => {
  const answer = { output: { message: { role: "assistant", content: [{ text: "Hello" }] } }, stopReason: "end_turn", usage, metrics: { latencyMs: 5 }, novel: { n: 1 } };
  native.says(answer);
  const r = await raw("converse");
  assert.deepEqual(await r.json(), answer);
  assert.equal(native.last().url, "/model/us.anthropic.claude-x-v1%3A0/converse");
  assert.equal(native.last().body, `{"messages":[{"role":"user","content":[{"text":"hi","novel":12345678901234567890}]}],  "novel":1.0}`);
  assert.match(native.last().headers.authorization, /Credential=AKVENDOR/);
  for (const cut of [0, 1, 5, 101]) {
    streams(said, cut);
    const s = await raw("converse-stream");
    assert.equal(s.headers.get("content-type"), "application/vnd.amazon.eventstream");
    assert.ok(Buffer.concat(said).equals(Buffer.from(await s.arrayBuffer())), `cut ${cut}`);
  }
  streams(said, 7);
  assert.equal((await collect("claude")).length, 6);
});

test("relayed streams that break say so", async () => {
  streams([said[0], message("exception", "throttlingException", { message: "slow" })]);
  await assert.rejects(collect("claude"), is("ThrottlingException", 429));
  streams([...said.slice(0, 2), message("exception", "internalServerException", { message: "oops" })]);
  await assert.rejects(collect("claude"), (e) => e.name === "ModelStreamErrorException" && /oops/.test(e.message));
  streams(said.slice(0, 3));
  await assert.rejects(collect("claude"), /ended early/);
  streams([...said.slice(0, 2), said[2].subarray(0, 20)]);
  await assert.rejects(collect("claude"), /amid a frame/);
  const broken = Buffer.from(said[2]);
  broken[broken.length - 9] ^= 1;
  streams([...said.slice(0, 2), broken]);
  await assert.rejects(collect("claude"), /broken/);
});

test("models' own requests go through", async () => {
  native.says({ id: "msg_1", content: [{ type: "text", text: "Hi" }], usage: { input_tokens: 3, output_tokens: 4 } });
  const body = JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 5, messages: [] });
  const r = await aws.send(new InvokeModelCommand({ modelId: "claude", body, contentType: "application/json" }));
  assert.equal(JSON.parse(Buffer.from(r.body)).content[0].text, "Hi");
  assert.equal(native.last().url, "/model/us.anthropic.claude-x-v1%3A0/invoke");
  assert.equal(native.last().body, body);
  const part = (o) => event("chunk", { bytes: Buffer.from(JSON.stringify(o)).toString("base64") });
  const parts = [{ type: "message_start" }, { type: "message_stop", "amazon-bedrock-invocationMetrics": { inputTokenCount: 9, outputTokenCount: 4 } }];
  streams(parts.map(part), 11);
  const s = await aws.send(new InvokeModelWithResponseStreamCommand({ modelId: "claude", body, contentType: "application/json" }));
  const got = [];
  for await (const e of s.body) got.push(JSON.parse(Buffer.from(e.chunk.bytes)));
  assert.deepEqual(got, parts);
  assert.equal(native.last().url, "/model/us.anthropic.claude-x-v1%3A0/invoke-with-response-stream");
  streams(parts.slice(0, 1).map(part));
  const cut = await aws.send(new InvokeModelWithResponseStreamCommand({ modelId: "claude", body, contentType: "application/json" }));
  await assert.rejects(async () => {
    for await (const e of cut.body) got.push(e);
  }, /ended early/);
  await assert.rejects(aws.send(new InvokeModelCommand({ modelId: "gpt:1", body, contentType: "application/json" })), is("ValidationException", 400));
});
