// SPDX-License-Identifier: Apache-2.0
// figures.mjs - what tools made for LiteLLM look for: its header fields, and its names at /metrics.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hello, start } from "./kit.mjs";

const priced = { model: "mock/echo", input_cost_per_token: 0.001, output_cost_per_token: 0.01, region_name: "eu", rpm: 60, tpm: 9000 };
const config = { model_list: [
  { model_name: "priced", litellm_params: priced, model_info: { id: "one" } },
  { model_name: "plain", litellm_params: { model: "mock/echo" }, model_info: { id: "two" } },
  { model_name: "broken", litellm_params: { model: "mock/error-500" }, model_info: { id: "three" } },
], router_settings: { num_retries: 0 } };

test("an answer says what it cost and where it was made", async () => {
  const g = await start({ config });
  const r = await g.chat(hello("priced"));
  const { prompt_tokens: i, completion_tokens: o } = r.json.usage;
  assert.ok(i > 0 && o > 0);
  assert.equal(Number(r.headers["x-litellm-response-cost"]), Number((i * 0.001 + o * 0.01).toFixed(9)));
  assert.equal(r.headers["x-litellm-model-region"], "eu");
  assert.equal(r.headers["x-litellm-model-id"], "one");
  const plain = await g.chat(hello("plain"));
  assert.ok(!("x-litellm-response-cost" in plain.headers));
  assert.ok(!("x-litellm-model-region" in plain.headers));
  const stream = await g.chat(hello("priced", { stream: true }));
  assert.ok(!("x-litellm-response-cost" in stream.headers));
  await g.end();
});

test("an answer from the cache cost nothing", async () => {
  const g = await start({ config: { ...config, litellm_settings: { cache: true, cache_params: { type: "local" } } } });
  assert.ok(Number((await g.chat(hello("priced"))).headers["x-litellm-response-cost"]) > 0);
  assert.equal(Number((await g.chat(hello("priced"))).headers["x-litellm-response-cost"]), 0);
  await g.end();
});

test("figures by deployment have LiteLLM's names and labels, too", async () => {
  const g = await start({ config });
  await g.chat(hello("priced"));
  await g.chat(hello("broken"));
  const { text } = await g.ask("GET", "/metrics");
  const value = (name, id) =>
    Number(new RegExp(`^${name}\\{litellm_model_name="[^"]*",model_id="${id}",api_base="[^"]*",api_provider="mock",requested_model="[^"]*"\\} (\\d+)$`, "m")
      .exec(text)?.[1] ?? NaN);
  assert.equal(value("litellm_deployment_total_requests_total", "one"), 1);
  assert.equal(value("litellm_deployment_success_responses_total", "one"), 1);
  assert.equal(value("litellm_deployment_failure_responses_total", "one"), 0);
  assert.equal(value("litellm_deployment_failure_responses_total", "three"), 1);
  assert.equal(value("litellm_deployment_state", "one"), 0);
  assert.equal(value("litellm_deployment_rpm_limit", "one"), 60);
  assert.equal(value("litellm_deployment_tpm_limit", "one"), 9000);
  assert.ok(Number.isNaN(value("litellm_deployment_rpm_limit", "two")));
  assert.match(text, /^litellm_in_flight_requests \d+$/m);
  await g.end();
});
