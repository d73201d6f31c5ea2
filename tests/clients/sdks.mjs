// SPDX-License-Identifier: Apache-2.0
// sdks.mjs - each client that a vendor gives away says the same script over several vendors: the one whose words it
// speaks, and others.
// Needs Node 20
import { judge } from "./judge_kit.mjs";
import { sdks } from "./sdk_kit.mjs";

judge({
  openai: [sdks.openai, "openai", "anthropic", "bedrock"],
  responses: [sdks.responses, "openai", "anthropic", "gemini"],
  anthropic: [sdks.anthropic, "anthropic", "openai", "bedrock"],
  genai: [sdks.genai, "gemini", "openai", "anthropic"],
  cohere: [sdks.cohere, "openai", "anthropic"],
  bedrock: [sdks.bedrock, "bedrock", "openai", "anthropic"],
  ollama: [sdks.ollama, "openai", "anthropic"],
  mistral: [sdks.mistral, "mistral", "openai", "anthropic", "gemini", "bedrock"],
  groq: [sdks.groq, "openai", "anthropic"],
});
