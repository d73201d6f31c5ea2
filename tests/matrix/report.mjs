// SPDX-License-Identifier: Apache-2.0
// report.mjs - what came out, as a table for a terminal and as docs/matrix.md.
import { columns } from "./cells.mjs";

const titles = { openai: "OpenAI chat", responses: "OpenAI Responses", anthropic: "Anthropic Messages", gemini: "Gemini",
  cohere: "Cohere v2", converse: "Bedrock Converse", ollama: "Ollama" };

const names = (cells, which) => [...new Set(cells.map((c) => c[which]))];
const shown = (cells) => columns.map(([name]) => name).filter((name) => cells.some((c) => c.column === name));
const find = (cells, client, vendor, column) =>
  cells.find((c) => c.client === client && c.vendor === vendor && c.column === column);
const letters = (cells) => new Map([...new Set(cells.map((c) => c.reason).filter((r) => r))]
  .map((r, i) => [r, String.fromCharCode(97 + i)]));
const mark = (c, letter) => (c.failure !== undefined ? "F" : c.reason ? letter.get(c.reason) : "+");

export function table(cells) {
  const letter = letters(cells), head = shown(cells);
  const lines = head.map((name, i) => `${" ".repeat(34)}${"| ".repeat(i)}${name}`);
  for (const client of names(cells, "client"))
    for (const vendor of names(cells, "vendor"))
      lines.push(`${titles[client].padEnd(18)}  ${vendor.padEnd(12)}  ` +
        head.map((column) => mark(find(cells, client, vendor, column), letter)).join(" "));
  for (const [reason, l] of letter) lines.push("", `${l}: ${reason}`);
  return `${lines.join("\n")}\n`;
}

const intro = `# The matrix

Each client's dialect against each vendor's protocol, as \`tests/matrix.sh\` found it: the real program, between clients
that know nothing but their dialect and a scripted vendor that refuses what its API does not have. The script writes this
page.

| column | holds when |
|---|---|
| plain | the vendor is asked in its own words for what the client asked (model, system text, turns, sampling, limits); the client reads the text, why it ended, and the counts of tokens |
| stream | the same streamed, with the dialect's own events in their order and its own end; put together it equals the whole answer, as in all columns, wherever the vendor's bytes are cut; an answer that reached its limit says so |
| tools | tools with their schemas and the wish to have one called arrive; the call comes back with its arguments; the next turn has the call and its result, with ids and signatures |
| parallel tools | three calls at once, two of them of one function; their results, in any order, find them |
| thinking | the vendor is asked to think; thoughts arrive apart from the text, and go back with their signature, in front of a text as well as of a call; so do those that nobody may read |
| image | a picture arrives byte for byte with its type; by its URL, or fetched for vendors that take bytes alone; and from a tool, with the result or, where results are texts, behind it |
| structured output | the schema arrives where the vendor wants it |
| error before first byte | refused, limited, overloaded: the client's form of failure with the right status and the vendor's words, also when a stream begins with a failure after status 200 |
| error in mid-stream | what came stays, the failure is told in the dialect's own way, and nothing looks like an end |
| truncated | an answer or a stream that stops without its end, between frames, within one, within a call's arguments, is no answer |

Where client and vendor speak the same, bytes are compared: both ways they are what was sent, but for the model's name and
the credential.
`;

export function page(cells) {
  const letter = letters(cells), head = shown(cells);
  let text = `${intro}\n✓ holds; a letter: the two protocols cannot say it, for the reason below.\n`;
  for (const client of names(cells, "client")) {
    text += `\n## Clients of ${titles[client]}\n\n| vendor's protocol | ${head.join(" | ")} |\n|---|${":-:|".repeat(head.length)}\n`;
    for (const vendor of names(cells, "vendor"))
      text += `| ${titles[vendor]} | ${head.map((column) => {
        const m = mark(find(cells, client, vendor, column), letter);
        return m === "+" ? "✓" : m;
      }).join(" | ")} |\n`;
  }
  if (letter.size) {
    text += "\n## What cannot be said\n\n| | |\n|---|---|\n";
    for (const [reason, l] of letter) text += `| ${l} | ${reason} |\n`;
  }
  const count = (test) => cells.filter(test).length;
  return `${text}\n${cells.length} cells: ${count((c) => !c.reason && c.failure === undefined)} hold, ${count((c) => c.reason)
  } cannot be said, ${count((c) => c.failure !== undefined)} fail.\n`;
}
