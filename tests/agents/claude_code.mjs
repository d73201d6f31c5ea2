// SPDX-License-Identifier: Apache-2.0
// claude_code.mjs - Claude Code through the gateway.
// Needs Node 20
import { installed, judge } from "./kit.mjs";

judge("Claude Code", {
  command: ({ url, key, model }, task) => ({
    program: installed("@anthropic-ai", `claude-code-linux-${process.arch}`, "claude"),
    args: ["-p", task, "--model", model, "--permission-mode", "acceptEdits"],
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_SMALL_FAST_MODEL: model, DISABLE_AUTOUPDATER: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" },
  }),
  write: (tools, file_path, content) => tools.includes("Write") && { name: "Write", args: { file_path, content } },
}, ["anthropic", "openai"]);
