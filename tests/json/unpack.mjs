// SPDX-License-Identifier: Apache-2.0
// Writes the suite's texts to files, one each: node unpack.mjs PACKAGE_FOLDER OUT_FOLDER
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , from, to] = process.argv;
const suite = await import(pathToFileURL(resolve(from, "index.js")));

mkdirSync(to, { recursive: true });
for (const { name, input } of suite.parsing) writeFileSync(join(to, name), input);
// These are about what a value turns into; all of them are valid.
for (const { name, input } of suite.transform) writeFileSync(join(to, `y_transform_${name}`), input);
