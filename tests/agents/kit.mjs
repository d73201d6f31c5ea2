// SPDX-License-Identifier: Apache-2.0
// kit.mjs - what every agent has to manage through the gateway: a turn with a tool that really writes a file, over a
// vendor of its own dialect and over another, and to leave in mid-stream without leaving the vendor talking.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { environment, start, until } from "../e2e/kit.mjs";
import { model } from "../e2e/model_kit.mjs";

const packages = path.join(path.dirname(new URL(import.meta.url).pathname), "node_modules");
export const installed = (...file) => path.join(packages, ...file);

const key = "sk-agent";
const task = "Write the file poem.txt";
const poem = "Water finds\nits way.\n";
const farewell = "The poem stands in its file now.";

// A home and a project that nobody has touched, and files in them.
function place(files = {}) {
  const root = mkdtempSync(path.join(os.tmpdir(), "sluice-agent-"));
  const p = { root, home: path.join(root, "home"), project: path.join(root, "project") };
  for (const folder of [p.home, p.project]) mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  p.poem = path.join(p.project, "poem.txt");
  p.end = () => rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  return p;
}

// Whoever asks anybody but the gateway is told at once that nobody is there.
const nowhere = "http://127.0.0.1:9";
const offline = { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, NO_PROXY: "127.0.0.1", npm_config_offline: "true" };

// A program that runs, in a group of its own: agents start others.
function begin({ program, args, env = {} }, p) {
  const child = spawn(program, args, { cwd: p.project, stdio: ["ignore", "pipe", "pipe"], detached: true,
    env: environment({ HOME: p.home, XDG_CONFIG_HOME: path.join(p.home, ".config"), TERM: "dumb", NO_COLOR: "1",
      ...offline, ...env }) });
  const a = { out: "", err: "" };
  child.stdout.on("data", (d) => (a.out += d));
  child.stderr.on("data", (d) => (a.err += d));
  a.ended = new Promise((done) => child.on("close", (status, signal) => done({ status, signal })));
  a.kill = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  return a;
}

// agent: { files({ url, key, model }), command({ url, key, model }, task), write(tools, file, text) },
// over: the vendors' dialects, by the provider's name.
export function judge(name, agent, over) {
  const { program } = agent.command({}, "");
  const skip = existsSync(program) ? false : `${program} is not made for this machine`;
  describe(name, { skip }, () => {
    let g, m, p, a;
    before(async () => {
      m = await model(() => ({ text: "ok" }));
      g = await start({ config: { model_list: over.map((o) => m.at(`on-${o}`, o)), general_settings: { master_key: key } } });
    });
    after(async () => {
      a?.kill("SIGKILL");
      await g.end();
      m.close();
    });

    const run = (on) => {
      const to = { url: g.url, key, model: `on-${on}` };
      p = place(agent.files?.(to));
      m.asked.length = 0;
      return (a = begin(agent.command(to, task), p));
    };
    const seen = () => `${a.out}\n${a.err}\n${m.asked.map((t) => `${t.dialect} ${t.url}: ${t.said} ${t.tools} ${t.results}`).join("\n")}\n${g.err}`;

    for (const on of over) {
      test(`over ${on}: the file is written and the farewell is heard`, async () => {
        m.decide = ({ results, tools }) => {
          const call = agent.write(tools ?? [], p.poem, poem);
          if (!call) return { text: "A poem" }; // titles and the like
          return results.length ? { text: farewell } : { text: "I shall write it.", calls: [call] };
        };
        const { status } = await run(on).ended;
        assert.equal(status, 0, seen());
        assert.ok(existsSync(p.poem), seen());
        assert.equal(readFileSync(p.poem, "utf8"), poem);
        assert.ok(a.out.includes(farewell), seen());
        const turns = m.asked.filter((t) => agent.write(t.tools ?? [], "", ""));
        assert.equal(turns.at(-1).results.length, 1, seen());
        p.end();
      });

      test(`over ${on}: killed in mid-stream, it takes the call to the vendor along`, async () => {
        const held = new Promise((done) => {
          m.decide = ({ tools }) => {
            if (!agent.write(tools ?? [], "", "")) return { text: "A poem" };
            done(true);
            return { text: farewell, hold: true };
          };
        });
        run(on);
        assert.ok(await Promise.race([held, a.ended.then(() => false)]), seen());
        a.kill("SIGKILL");
        await a.ended;
        await until(() => m.open === 0, () => "the vendor is still talking");
        p.end();
      });
    }
  });
}
