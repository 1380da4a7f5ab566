#!/usr/bin/env node
// The solc command line that Ape (py-solc-x), forge and Slither expect, served by the solc npm package (WebAssembly),
// because a native compiler cannot be fetched from every network. Set-up puts it in SOLCX_BINARY_PATH as solc-v<version>.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

// The package asks its table of functions anew for each of many millions of calls; an entry changes by `set` alone.
const { get, set } = WebAssembly.Table.prototype;
let table, entries;
WebAssembly.Table.prototype.get = function (index) {
  if (table !== this) [table, entries] = [this, []];
  return (entries[index] ??= get.call(this, index));
};
WebAssembly.Table.prototype.set = function (index, value) {
  entries = [];
  set.call(this, index, value);
};

const root = process.env.BIODESCI_ROOT || path.resolve(__dirname, "..");
const solc = require(require.resolve("solc", { paths: [root] }));

const args = process.argv.slice(2);
if (args.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
  process.exit(0);
}
if (!args.includes("--standard-json")) {
  process.stderr.write("solc.cjs answers --version and --standard-json only; use one of them\n");
  process.exit(1);
}
const base = args.includes("--base-path") ? args[args.indexOf("--base-path") + 1] : process.cwd();

function readImport(name) {
  for (const folder of [base, root, path.join(root, "node_modules")]) {
    const file = path.resolve(folder, name);
    if (fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
  }
  return { error: `${name} not found under ${base}` };
}

process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: readImport }), () => process.exit(0));
