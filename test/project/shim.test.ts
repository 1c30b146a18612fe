import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";

test.each(["18.20.4", "20.18.1"])("Node %s gets a sentence, not a stack trace", (version) => {
  const older = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
  const preload = `data:text/javascript,${encodeURIComponent(older)}`;
  const run = spawnSync(process.execPath, ["--import", preload, `${root}bin/planc.js`, "--version"], {
    encoding: "utf8",
  });
  expect(run.status).toBe(2);
  expect(run.stdout).toBe("");
  expect(run.stderr).toMatch(new RegExp(`^planc needs Node 20.19 or newer; this is Node ${version} at .*\n$`));
});
