// SPDX-License-Identifier: Apache-2.0
// gemini_cli.mjs - Gemini's command line through the gateway.
// Needs Node 20
import { installed, judge } from "./kit.mjs";

judge("Gemini CLI", {
  files: () => ({
    "home/.gemini/settings.json": JSON.stringify({ security: { auth: { selectedType: "gemini-api-key" } },
      privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false }, general: { disableAutoUpdate: true } }),
  }),
  command: ({ url, key, model }, task) => ({
    program: process.execPath,
    args: [installed("@google", "gemini-cli", "bundle", "gemini.js"), "--skip-trust", "--approval-mode", "auto_edit", "-m", model, "-p", task],
    env: { GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: url },
  }),
  write: (tools, file_path, content) => tools.includes("write_file") && { name: "write_file", args: { file_path, content } },
}, ["gemini", "openai"]);
