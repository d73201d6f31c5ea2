// SPDX-License-Identifier: Apache-2.0
// frameworks.mjs - Vercel's AI SDK and LangChain find true what the vendors' clients do: see sdks.mjs.
// Needs Node 20
import { langchains, vercels } from "./framework_kit.mjs";
import { judge } from "./judge_kit.mjs";

judge({
  "ai with responses": [vercels.responses, "openai", "anthropic"],
  "ai with chat": [vercels.chat, "openai", "anthropic"],
  "ai with openai-compatible": [vercels.compatible, "openai", "gemini"],
  "ai with anthropic": [vercels.anthropic, "anthropic", "openai"],
  "ai with google": [vercels.google, "gemini", "anthropic"],
  "ai with amazon-bedrock": [vercels.bedrock, "bedrock", "openai"],
  "langchain with openai": [langchains.openai, "openai", "bedrock"],
  "langchain with anthropic": [langchains.anthropic, "anthropic", "openai"],
});
