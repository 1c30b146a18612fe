/**
 * `npm test`: sets up what the tests need (a Python environment, `dist/`), runs vitest and closes with
 * `N passed, N failed` alone on the last line. Arguments go to vitest: `npm test -- test/model`.
 */
import { spawnSync } from "node:child_process";
import { parseCLI, startVitest } from "vitest/node";
import { distIsFresh } from "./build/fresh.ts";
import { root } from "./root.ts";
import { ensurePython } from "./test/python.ts";
import { closingLine, tally } from "./test/tally.ts";

process.chdir(root);
const problem = ensurePython() ?? ensureDist();
if (problem !== undefined) {
  console.error(`error: ${problem}`);
  process.exit(1);
}

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, { ...options, run: true, watch: false });
const outcome = tally(vitest.state.getTestModules(), vitest.state.getUnhandledErrors().length);
await vitest.close();

const sound = outcome.failed === 0 && outcome.passed > 0;
await new Promise<void>((flushed) => process.stdout.write(`${closingLine(outcome)}\n`, () => flushed()));
process.exit(sound ? 0 : 1);

function ensureDist(): string | undefined {
  if (distIsFresh()) return undefined;
  console.log("building dist/");
  const run = spawnSync(process.execPath, ["--import", "tsx", "scripts/build.ts"], { stdio: "inherit" });
  return run.status === 0 ? undefined : "the build failed, so nothing was tested";
}
