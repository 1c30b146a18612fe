#!/usr/bin/env node
// Kept to syntax that old Node versions parse, so that they get the sentence below and not a stack trace.
import module from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `planc needs Node 20.19 or newer; this is Node ${process.versions.node} at ${process.execPath}\n`,
  );
  process.exitCode = 2;
} else {
  if (module.enableCompileCache) module.enableCompileCache();
  import("../dist/planc.js").then(({ main }) => main(process.argv.slice(2)));
}
