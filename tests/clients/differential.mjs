// SPDX-License-Identifier: Apache-2.0
// differential.mjs - each client asks an upstream by itself and through the gateway, in the upstream's own dialect and in
// others: it hears the same.
// Needs Node 20
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { aimock } from "./aimock_kit.mjs";
import { start } from "./kit.mjs";
import { sdks } from "./sdk_kit.mjs";

let g, mock;
const aws = { accessKeyId: "AKCLIENT", secretAccessKey: "client-secret" };
// The model that each client names, by itself and at the gateway, and who stands behind it there.
const vendors = {
  openai: (base) => ({ model: "openai/gpt-x", api_base: `${base}/v1`, api_key: "k" }),
  anthropic: (base) => ({ model: "anthropic/claude-sonnet-4-5", api_base: base, api_key: "k" }),
  gemini: (base) => ({ model: "gemini/gemini-2.5-flash", api_base: base, api_key: "k" }),
  cohere: (base) => ({ model: "cohere/command-a-03-2025", api_base: base, api_key: "k" }),
  mistral: (base) => ({ model: "mistral/mistral-large-latest", api_base: `${base}/v1`, api_key: "k" }),
  ollama: (base) => ({ model: "ollama/qwen3:8b", api_base: base }),
  bedrock: (base) => ({ model: "bedrock/anthropic.claude-sonnet-4-5-v1:0", aws_access_key_id: "AK", aws_secret_access_key: "s",
    aws_region_name: "us-east-1", aws_bedrock_runtime_endpoint: base }),
};
const own = { openai: "openai", responses: "openai", anthropic: "anthropic", genai: "gemini", cohere: "cohere", bedrock: "bedrock",
  ollama: "ollama", mistral: "mistral" };

before(async () => {
  mock = await aimock();
  g = await start({ config: {
    model_list: Object.entries(vendors).map(([model_name, params]) => ({ model_name, litellm_params: params(mock.base) })),
    general_settings: { master_key: "sk-master",
      aws_client_credentials: [{ access_key_id: aws.accessKeyId, secret_access_key: aws.secretAccessKey, key: "sk-master" }] },
    router_settings: { num_retries: 0, disable_cooldowns: true } } });
});
after(async () => {
  await g?.end();
  await mock?.end();
});

async function joined(stream) {
  let said = "";
  for await (const piece of stream) said += piece;
  return said;
}

const outcome = async (call, ai) => {
  try {
    return await call();
  } catch (e) {
    return ai.limited(e) ? "limited" : "an error";
  }
};

// One script, and what a client hears of it.
async function hears(ai, model) {
  const heard = { said: (await ai.say(model, "hi")).text, streamed: await joined(ai.stream(model, "hi")),
    broken: await outcome(() => joined(ai.stream(model, "leave")), ai) };
  if (ai.object) heard.object = await ai.object(model, "a city");
  // This upstream keeps no conversations.
  if (!ai.thread) heard.loop = await ai.loop(model, "the weather?", false);
  if (!ai.thread && ai.parts !== false) heard.loops = await ai.loop(model, "the weather?", true);
  mock.setChaos({ rateLimitRate: 1 });
  try {
    heard.limit = [await outcome(() => ai.say(model, "hi"), ai), await outcome(() => joined(ai.stream(model, "hi")), ai)];
  } finally {
    mock.clearChaos();
  }
  return heard;
}

for (const [name, vendor] of Object.entries(own))
  describe(name, () => {
    let alone, through, direct;
    before(async () => {
      // The upstream knows HTTP/1.1 only.
      alone = await sdks[name]({ url: mock.base, key: "k", aws, http1: true });
      through = await sdks[name]({ url: g.url, key: "sk-master", aws });
      direct = await hears(alone, vendors[vendor]("").model.split("/").at(-1));
      direct.limit = ["limited", "limited"]; // not all of its limits have the vendor's words
    });
    after(() => [alone, through].forEach((ai) => ai?.close?.()));
    for (const behind of Object.keys(vendors))
      test(`through the gateway to ${behind} it hears what it hears alone`, async () =>
        assert.deepEqual(await hears(through, behind), direct));
  });
