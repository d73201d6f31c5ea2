// SPDX-License-Identifier: Apache-2.0
// framework_kit.mjs - frameworks over the vendors' dialects, with the face of sdk_kit.mjs.
import { z } from "zod";
import { City, weather } from "./sdk_kit.mjs";

const about = "Weather of a city";
const City_of = z.object({ city: z.string() });

// Vercel's: one face of its own, and a provider for each dialect. provider(to) gives what makes a model of a name.
const vercel = (provider) => async (to) => {
  const { APICallError, Output, generateText, isStepCount, streamText, tool } = await import("ai");
  const named = await provider(to);
  const ask = (model, prompt, more) => ({ model: named(model), prompt, maxRetries: 0, maxOutputTokens: 1000, ...more });
  const tools = { get_weather: tool({ description: about, inputSchema: City_of, execute: weather }) };
  async function* parts(body) {
    for await (const part of streamText({ ...body, onError: () => {} }).fullStream) {
      if (part.type === "error") throw part.error;
      yield part;
    }
  }
  async function* stream(body) {
    for await (const part of parts(body)) if (part.type === "text-delta") yield part.text;
  }
  return {
    async say(model, text, abortSignal) {
      const r = await generateText(ask(model, text, { abortSignal }));
      return { text: r.text, used: [r.usage.inputTokens, r.usage.outputTokens] };
    },
    stream: (model, text, abortSignal) => stream(ask(model, text, { abortSignal })),
    async loop(model, text, streamed) {
      const body = ask(model, text, { tools, stopWhen: isStepCount(3) });
      if (!streamed) return (await generateText(body)).text;
      let said = "";
      for await (const piece of stream(body)) said += piece;
      return said;
    },
    object: async (model, text) => (await generateText(ask(model, text, { output: Output.object({ schema: City }) }))).output,
    limited: (e) => APICallError.isInstance(e) && e.statusCode === 429,
  };
};

export const vercels = {
  responses: vercel(async ({ url, key }) =>
    (await import("@ai-sdk/openai")).createOpenAI({ baseURL: `${url}/v1`, apiKey: key })),
  chat: vercel(async ({ url, key }) =>
    (await import("@ai-sdk/openai")).createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat),
  compatible: vercel(async ({ url, key }) => (await import("@ai-sdk/openai-compatible")).createOpenAICompatible({
    name: "gateway", baseURL: `${url}/v1`, apiKey: key, includeUsage: true, supportsStructuredOutputs: true })),
  anthropic: vercel(async ({ url, key }) =>
    (await import("@ai-sdk/anthropic")).createAnthropic({ baseURL: `${url}/v1`, apiKey: key })),
  google: vercel(async ({ url, key }) =>
    (await import("@ai-sdk/google")).createGoogle({ baseURL: `${url}/v1beta`, apiKey: key })),
  bedrock: vercel(async ({ url, aws }) =>
    (await import("@ai-sdk/amazon-bedrock")).createAmazonBedrock({ baseURL: url, region: "us-east-1", ...aws })),
};

// LangChain's: open(to) gives what makes a model of a name.
const langchain = (open) => async (to) => {
  const { createAgent, tool } = await import("langchain");
  const named = await open(to);
  const tools = [tool(weather, { name: "get_weather", description: about, schema: City_of })];
  return {
    async say(model, text, signal) {
      const r = await named(model).invoke(text, { signal });
      return { text: r.text, used: [r.usage_metadata.input_tokens, r.usage_metadata.output_tokens] };
    },
    async *stream(model, text, signal) {
      for await (const c of await named(model).stream(text, { signal })) if (c.text) yield c.text;
    },
    async loop(model, text, streamed) {
      const agent = createAgent({ model: named(model), tools });
      const ask = { messages: [{ role: "user", content: text }] };
      if (!streamed) return (await agent.invoke(ask)).messages.at(-1).text;
      let said = "";
      for await (const [m] of await agent.stream(ask, { streamMode: "messages" })) if (m.type === "ai") said += m.text;
      return said;
    },
    object: (model, text) => named(model).withStructuredOutput(City).invoke(text),
    limited: (e) => e.status === 429,
  };
};

export const langchains = {
  async openai({ url, key }) {
    const { ChatOpenAI } = await import("@langchain/openai");
    return langchain(() => (model) => new ChatOpenAI({ model, apiKey: key, maxRetries: 0, configuration: { baseURL: `${url}/v1` } }))();
  },
  async anthropic({ url, key }) {
    const { ChatAnthropic } = await import("@langchain/anthropic");
    return langchain(() => (model) => new ChatAnthropic({ model, apiKey: key, maxRetries: 0, anthropicApiUrl: url }))();
  },
};
