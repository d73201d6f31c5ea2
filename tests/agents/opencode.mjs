// SPDX-License-Identifier: Apache-2.0
// opencode.mjs - OpenCode through the gateway.
// Needs Node 20
import { installed, judge } from "./kit.mjs";

judge("OpenCode", {
  files: ({ url, key, model }) => ({
    "project/opencode.json": JSON.stringify({ autoupdate: false, share: "disabled", small_model: `gateway/${model}`,
      provider: { gateway: { npm: "@ai-sdk/openai-compatible", name: "Gateway", options: { baseURL: `${url}/v1`, apiKey: key },
        models: { [model]: { name: model } } } } }),
  }),
  command: ({ model }, task) => ({
    program: installed(`opencode-linux-${process.arch}`, "bin", "opencode"),
    args: ["run", "-m", `gateway/${model}`, task],
    env: { OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1" },
  }),
  write: (tools, filePath, content) => tools.includes("write") && { name: "write", args: { filePath, content } },
}, ["openai", "anthropic"]);
