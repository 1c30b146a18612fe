#!/usr/bin/env node
// Kept to syntax that old Node versions parse, so that they get the sentence below and not a stack trace.
"use strict";
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `planc needs Node 20.19 or newer; this is Node ${process.versions.node} at ${process.execPath}\n`,
  );
  process.exitCode = 2;
} else {
  require("../dist/start.cjs").start(process.argv.slice(2));
}
