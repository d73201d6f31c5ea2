// SPDX-License-Identifier: Apache-2.0
// aimock.mjs - each provider against an upstream that is not of our making, and against its faults.
// Needs Node 20
import assert from "node:assert/strict";
import crypto from "node:crypto";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { aimock, picture, sound, text, vector } from "./aimock_kit.mjs";
import { client, start } from "./kit.mjs";
import { sdks } from "./sdk_kit.mjs";
import { file } from "../e2e/kit.mjs";

let g, mock, tokens, openai;
// What each is called, and where it finds its vendor; embeds: has vectors there. (Ollama's are answered in the words of
// an older path.)
const providers = (base, credentials) => ({
  openai: { model: "openai/gpt-x", api_base: `${base}/v1`, api_key: "k", embeds: true },
  azure_openai: { model: "azure/gpt-x", api_base: base, api_key: "k", api_version: "2024-10-21", embeds: true },
  anthropic: { model: "anthropic/claude-sonnet-4-5", api_base: base, api_key: "k" },
  bedrock: { model: "bedrock/anthropic.claude-sonnet-4-5-v1:0", aws_access_key_id: "AK", aws_secret_access_key: "s",
    aws_region_name: "us-east-1", aws_bedrock_runtime_endpoint: base },
  gemini: { model: "gemini/gemini-2.5-flash", api_base: base, api_key: "k", embeds: true },
  vertex: { model: "vertex_ai/gemini-2.5-flash", api_base: base, vertex_credentials: credentials, vertex_location: "europe-west1" },
  cohere: { model: "cohere/command-a-03-2025", api_base: base, api_key: "k", embeds: true },
  mistral: { model: "mistral/mistral-large-latest", api_base: `${base}/v1`, api_key: "k", embeds: true },
  ollama: { model: "ollama/qwen3:8b", api_base: base },
  groq: { model: "groq/llama-x", api_base: `${base}/v1`, api_key: "k" },
  together: { model: "together_ai/x/y", api_base: `${base}/v1`, api_key: "k", embeds: true },
  deepseek: { model: "deepseek/deepseek-chat", api_base: `${base}/v1`, api_key: "k" },
  vllm: { model: "hosted_vllm/x", api_base: `${base}/v1`, api_key: "k", embeds: true },
  openrouter: { model: "openrouter/x/y", api_base: `${base}/api/v1`, api_key: "k" },
  volcengine: { model: "volcengine/ep-1", api_base: `${base}/api/v3`, api_key: "k" },
  xai: { model: "xai/grok-4", api_base: `${base}/v1`, api_key: "k" },
  fireworks: { model: "fireworks_ai/x", api_base: `${base}/v1`, api_key: "k" },
});

before(async () => {
  mock = await aimock();
  tokens = http.createServer((req, res) => {
    res.writeHead(200, { "content-type": "application/json" });
    res.end(JSON.stringify({ access_token: "ya29.token", expires_in: 3599 }));
  });
  await new Promise((r) => tokens.listen(0, "127.0.0.1", r));
  const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const credentials = file({ type: "service_account", client_email: "a@b.iam.gserviceaccount.com", project_id: "p-1",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }), token_uri: `http://127.0.0.1:${tokens.address().port}/token` },
  "aimock-key.json");
  g = await start({ config: {
    model_list: Object.entries(providers(mock.base, credentials)).map(([model_name, { embeds, ...litellm_params }]) =>
      ({ model_name, litellm_params })),
    router_settings: { num_retries: 0, disable_cooldowns: true } } });
  openai = await sdks.openai({ url: g.url, key: "k" });
});
after(async () => {
  await g?.end();
  tokens?.close();
  await mock?.end();
});

async function joined(stream) {
  let said = "";
  for await (const piece of stream) said += piece;
  return said;
}

// Its faults, each for every call, and what the client of a gateway has to hear.
const faults = [
  ["drops", { dropRate: 1 }, (status) => status >= 500],
  ["answers nonsense", { malformedRate: 1 }, (status) => status >= 500],
  ["hangs up", { disconnectRate: 1 }, (status) => status >= 500],
  ["is at its limit", { rateLimitRate: 1 }, (status) => status === 429],
];

for (const [name, { embeds }] of Object.entries(providers("", "")))
  describe(name, () => {
    test("a question is answered", async () => assert.equal((await openai.say(name, "hi")).text, text));
    test("a stream says the same", async () => assert.equal(await joined(openai.stream(name, "hi")), text));
    for (const streamed of [false, true])
      test(`tools are called and answered${streamed ? ", streamed" : ""}`, async () => {
        assert.equal(await openai.loop(name, "the weather?", streamed), "Sunny in both.");
        const { messages } = mock.getLastRequest().body;
        assert.equal(messages.filter((m) => m.role === "tool").length, 2);
      });
    test("vectors are made", { skip: !embeds && "it has none there" }, async () => {
      const r = await client(g).embeddings.create({ model: name, input: ["a"], encoding_format: "float" });
      assert.deepEqual(r.data.map((d) => d.embedding), [vector]);
    });
    for (const [what, chaos, right] of faults)
      test(`a vendor that ${what} is an error with its status, whole and streamed`, async () => {
        mock.setChaos(chaos);
        try {
          for (const call of [() => openai.say(name, "hi"), () => joined(openai.stream(name, "hi"))])
            await assert.rejects(call, (e) => right(e.status) || assert.fail(`${e.status}: ${e.message}`));
        } finally {
          mock.clearChaos();
        }
      });
    test("a stream that breaks off is no answer", () => assert.rejects(joined(openai.stream(name, "leave"))));
  });

describe("what else a vendor has", () => {
  const upload = () => new File(["a sound"], "a.mp3", { type: "audio/mpeg" });

  test("pictures are drawn", async () => {
    const r = await client(g).images.generate({ model: "openai", prompt: "a cat" });
    assert.equal(r.data[0].b64_json, picture);
  });
  test("text is spoken", async () => {
    const r = await client(g).audio.speech.create({ model: "openai", input: "hi", voice: "alloy" });
    assert.equal(Buffer.from(await r.arrayBuffer()).toString("base64"), sound);
  });
  for (const kind of ["transcriptions", "translations"])
    test(`sounds are written down: ${kind}`, async () => {
      assert.equal((await client(g).audio[kind].create({ model: "openai", file: upload() })).text, text);
    });
  test("texts are judged", async () => {
    const r = await client(g).moderations.create({ model: "openai", input: "bad words" });
    assert.equal(r.results[0].flagged, true);
  });
  test("Responses answer, whole and streamed", async () => {
    const ask = { model: "openai", input: "hi" };
    assert.equal((await client(g).responses.create(ask)).output_text, text);
    let said = "";
    for await (const e of await client(g).responses.create({ ...ask, stream: true }))
      if (e.type === "response.output_text.delta") said += e.delta;
    assert.equal(said, text);
  });
  test("documents are put in order", async () => {
    const r = await fetch(`${g.url}/v1/rerank`, { method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer k" },
      body: JSON.stringify({ model: "cohere", query: "which?", documents: ["a", "b"] }) });
    assert.deepEqual((await r.json()).results.map((x) => x.index), [1, 0]);
  });
});
