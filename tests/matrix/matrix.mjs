// SPDX-License-Identifier: Apache-2.0
// matrix.mjs - every client's dialect against every vendor's protocol, through the real program. ../matrix.sh runs it.
//   node matrix.mjs BUILD [--write FILE | --check FILE] [CLIENT [VENDOR [COLUMN]]]
// A name narrows it down; "all" is any. Failures are told with a trace when one cell is asked for.
import { readFileSync, writeFileSync } from "node:fs";
import { columns } from "./cells.mjs";
import { page, table } from "./report.mjs";
import { world } from "./world.mjs";
import * as anthropic from "./dialects/anthropic.mjs";
import * as cohere from "./dialects/cohere.mjs";
import * as converse from "./dialects/converse.mjs";
import * as gemini from "./dialects/gemini.mjs";
import * as ollama from "./dialects/ollama.mjs";
import * as openai from "./dialects/openai.mjs";
import * as responses from "./dialects/responses.mjs";

const dialects = [openai, responses, anthropic, gemini, cohere, converse, ollama];
const [build, ...args] = process.argv.slice(2);
const option = (name) => (args[0] === name ? args.splice(0, 2)[1] : undefined);
const write = option("--write"), check = option("--check");
const [client = "all", vendor = "all", column = "all"] = args;
const fits = (wanted, name) => wanted === "all" || wanted === name;

const vendors = dialects.filter((d) => d.vendor).map((d) => d.vendor);
const w = await world(build, vendors);
const cells = [];
for (const { client: c } of dialects)
  for (const v of vendors)
    for (const [name, run] of columns) {
      if (!fits(client, c.name) || !fits(vendor, v.name) || !fits(column, name)) continue;
      const cell = { client: c.name, vendor: v.name, column: name };
      try {
        cell.reason = await run({ c, v, world: w });
      } catch (e) {
        cell.failure = column === "all" ? e.message : e.stack;
      }
      cells.push(cell);
    }
const ill = await w.end();

const failed = cells.filter((c) => c.failure !== undefined), unsaid = cells.filter((c) => c.reason);
for (const c of failed) console.log(`${c.client} -> ${c.vendor}, ${c.column}: ${c.failure}\n`);
console.log(table(cells));
if (ill) console.log(ill);
const text = page(cells);
let stale = false;
if (write) writeFileSync(write, text);
if (check && readFileSync(check, "utf8") !== text) {
  stale = true;
  console.log(`${check} says something else: run tests/matrix.sh\n`);
}
console.log(`cells: ${cells.length - failed.length - unsaid.length} passed, ${unsaid.length} inexpressible, ${failed.length} failed`);
process.exitCode = failed.length || stale || ill ? 1 : 0;
