// Holds every YAML document of some files to a JSON schema, with ajv: `node ajv.mjs MODULES SCHEMA FILE…`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, schema, ...files] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const Ajv = require("ajv/dist/2020").default;
const { parseAllDocuments } = require("yaml");

// `strict` is about keywords that ajv does not know, such as the names of rules.
const valid = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(readFileSync(schema, "utf8")));
let problems = 0;
for (const file of files) {
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    if (!valid(document.toJS())) problems += 1;
  }
}
console.log(`${problems} invalid documents`);
