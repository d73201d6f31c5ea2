// SPDX-License-Identifier: Apache-2.0
// secrets.mjs - a canary for each kind of secret; none may come out anywhere.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { test } from "node:test";
import { bearer, file, hello, run, start } from "./kit.mjs";

const canaries = {
  master: "sk-canary-master-7391",
  file: "sk-canary-file-1852",
  environment: "sk-canary-env-6620",
  header: "canary-header-9914",
  client: "sk-canary-client-4478",
};
const list = Object.values(canaries);

function clean(where, text) {
  for (const c of list) assert.ok(!text.includes(c), `${c} in ${where}`);
}

const records = file("", "records.jsonl");
const config = (base) => ({
  model_list: [
    { model_name: "echo", litellm_params: { model: "mock/echo", api_key: canaries.file } },
    { model_name: "fails", litellm_params: { model: "openai/m", api_key: canaries.file, api_base: base,
      extra_headers: { "x-extra": canaries.header } } },
    { model_name: "fails-too", litellm_params: { model: "openai/m", api_key: "os.environ/CANARY", api_base: base } },
    { model_name: "refused", litellm_params: { model: "openai/m", api_key: canaries.file,
      api_base: "http://127.0.0.1:1/v1" } },
  ],
  general_settings: { master_key: canaries.master },
  router_settings: { num_retries: 0 },
  litellm_settings: { callbacks: ["jsonl"] },
  callback_settings: { jsonl: { path: records } },
});

test("no secret comes out in answers, logs, metrics, or lists", async () => {
  const seen = [];
  const vendor = http.createServer((req, res) => {
    seen.push(req.headers.authorization);
    res.writeHead(401, { "content-type": "application/json" });
    res.end(JSON.stringify({ error: { message: "Incorrect API key provided.", type: "invalid_request_error",
      param: null, code: "invalid_api_key" } }));
  });
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
  const g = await start({ config: config(`http://127.0.0.1:${vendor.address().port}/v1`), args: ["--detailed_debug"],
    env: { CANARY: canaries.environment } });
  const key = bearer(canaries.master);
  for (const model of ["echo", "fails", "fails-too", "refused", "nothing"])
    for (const stream of [false, true])
      clean(`the answer of ${model}`, (await g.chat(hello(model, { stream }), key)).text);
  clean("a refusal", (await g.chat(hello("echo"), bearer(canaries.client))).text);
  clean("a refusal", (await g.ask("GET", "/models", { headers: bearer(canaries.client) })).text);
  for (const target of ["/metrics", "/models", "/health", "/health/readiness", "/openapi.json", "/routes", "/"]) {
    const r = await g.ask("GET", target, { headers: key });
    clean(target, r.text + JSON.stringify(r.headers));
  }
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  await g.end();
  vendor.close();
  clean("standard output", g.out);
  clean("the log", g.err);
  const written = readFileSync(records, "utf8");
  clean("the records", written);
  // One record for each call, refused and failed ones too; events stand between them.
  const lines = written.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.filter((line) => line.record === "call").length, 11);
  // The vendor did get them: the test would show a leak.
  assert.ok(seen.includes(`Bearer ${canaries.file}`));
  assert.ok(seen.includes(`Bearer ${canaries.environment}`));
});

test("no secret comes out of the subcommands", () => {
  const where = file(config("http://127.0.0.1:1/v1"));
  const env = { CANARY: canaries.environment, OPENAI_API_KEY: canaries.client };
  for (const args of [
    ["check", where], ["check", where, "--strict"], ["plugins", "--config", where],
    ["complete", "-c", where, "-m", "refused", "x"], ["complete", "-c", where, "-m", "nothing", "x"],
    ["complete", "-m", "openai/m", "--api_base", "http://127.0.0.1:1/v1", "x"],
  ])
    clean(args.join(" "), run(args, { env }).all);
});

test("an error in a configuration does not quote a secret", () => {
  const text = `general_settings:\n  master_key: [${canaries.master}]\n  api_key_typo: ${canaries.file}\n`;
  clean("check", run(["check", file(text)]).all);
  clean("serving", run(["--port", "0", "--config", file(text)]).all);
});
