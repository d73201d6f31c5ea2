// SPDX-License-Identifier: Apache-2.0
// same_plugin.mjs - one file of a plugin, copied to a folder of its own, answers in the gateway, on the command line and
// in somebody's daemon, with the same words.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { environment, file, plugins, program, start } from "../e2e/kit.mjs";
import { content, daemon } from "./kit.mjs";

const words = "Sluices, \u{1f600} and \"locks\".";
let folder, env, vendor, config;
before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "sluice-same-"));
  for (const name of ["mock", "anthropic"]) copyFileSync(path.join(plugins, `${name}.so`), path.join(folder, `${name}.so`));
  env = { SLUICE_PLUGIN_PATH: folder };
  // Anthropic's Messages, whole or streamed.
  vendor = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", () => {
      const { stream } = JSON.parse(Buffer.concat(parts));
      const usage = { input_tokens: 3, output_tokens: 5 };
      const message = { id: "msg_1", type: "message", role: "assistant", model: "claude", stop_reason: "end_turn",
        stop_sequence: null, content: [{ type: "text", text: words }], usage };
      vendor.asked++;
      if (!stream) {
        res.setHeader("content-type", "application/json");
        res.end(JSON.stringify(message));
        return;
      }
      res.setHeader("content-type", "text/event-stream");
      const event = (type, more) => res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);
      event("message_start", { message: { ...message, content: [], stop_reason: null } });
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
      for (const piece of words.match(/[^ ]+ ?/g)) event("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } });
      event("content_block_stop", { index: 0 });
      event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 5 } });
      event("message_stop", {});
      res.end();
    });
  });
  vendor.asked = 0;
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
  config = { model_list: [{ model_name: "mock", litellm_params: { model: "mock/x", mock_response: words } },
    { model_name: "claude", litellm_params: { model: "anthropic/claude-sonnet-4-5", api_key: "sk-x",
      api_base: `http://127.0.0.1:${vendor.address().port}` } }] };
});
after(() => {
  vendor.close();
  rmSync(folder, { recursive: true });
});

function sluice(args) {
  const child = spawn(program, args, { env: environment(env), stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  return new Promise((done) => child.on("close", () => done(out)));
}

test("the files in the folder are those that are used", async () => {
  const rows = (await sluice(["plugins", "--json"])).trim().split("\n").map((line) => JSON.parse(line));
  for (const id of ["mock", "anthropic"]) assert.equal(rows.find((r) => r.id === id).file, path.join(folder, `${id}.so`));
});

for (const model of ["mock", "claude"])
  test(`${model} says the same through gateway, command line and daemon`, async () => {
    const messages = [{ role: "user", content: "What is it about?" }];
    const g = await start({ config, env });
    const whole = await g.chat({ model, messages });
    assert.equal(whole.json.choices[0].message.content, words);
    const streamed = await g.chat({ model, messages, stream: true });
    const chunks = streamed.text.split("\n\n").filter((e) => /^data: \{/.test(e)).map((e) => JSON.parse(e.slice(6)));
    assert.equal(content(chunks), words);
    assert.deepEqual(await g.end(), { status: 0, signal: null }, g.err);

    const where = file(config);
    assert.equal(await sluice(["complete", "-c", where, "-m", model, "What is it about?"]), `${words}\n`);
    assert.equal(await sluice(["complete", "-c", where, "-m", model, "What is it about?", "--stream"]), `${words}\n`);

    const d = await daemon({ config, env });
    const c = d.connect();
    c.send({ model, messages });
    assert.equal(content((await c.answered())[0]), words);
    assert.deepEqual(await d.end(), { status: 0, signal: null }, d.err);
    if (model === "claude") assert.equal(vendor.asked, 5);
  });
