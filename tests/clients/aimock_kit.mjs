// SPDX-License-Identifier: Apache-2.0
// aimock_kit.mjs - an upstream that others have written, with the answers to the few questions of these tests. Where it
// and a vendor's own words differ it is the vendor's that count.
import { LLMock } from "@copilotkit/aimock";

export const text = "Water finds its way through the smallest of gaps, and it does so without haste.";
export const vector = [0.25, -0.5, 1];
export const picture = Buffer.from("a picture").toString("base64");
export const sound = Buffer.from("a sound").toString("base64");

export async function aimock() {
  const mock = new LLMock({ port: 0, chunkSize: 8 });
  mock.onMessage(/leave/, { content: text }, { truncateAfterChunks: 2 });
  mock.on({ userMessage: /weather/, hasToolResult: false }, { toolCalls: [{ name: "get_weather", arguments: '{"city":"Rome"}' },
    { name: "get_weather", arguments: '{"city":"Oslo"}' }] });
  mock.on({ userMessage: /weather/, hasToolResult: true }, { content: "Sunny in both." });
  mock.onMessage(/city/, { content: '{"city":"Rome","people":3}' });
  mock.onEmbedding(/./, { embedding: vector });
  mock.onImage(/./, { image: { b64Json: picture } });
  mock.onSpeech(/./, { audio: sound, format: "mp3" });
  mock.onTranscription({ transcription: { text } });
  mock.onTranslation({ transcription: { text } });
  mock.onModerate(/bad/, { flagged: true, categories: { violence: true } });
  mock.onRerank(/./, [{ index: 1, relevance_score: 0.9 }, { index: 0, relevance_score: 0.25 }]);
  mock.onMessage(/./, { content: text, usage: { input_tokens: 11, output_tokens: 7, prompt_tokens: 11, completion_tokens: 7,
    total_tokens: 18 } });
  mock.base = await mock.start();
  mock.end = () => {
    mock.serverInstance.server.closeAllConnections(); // it waits for clients that it has left alone
    return mock.stop();
  };
  return mock;
}
