/**
 * `npm test`: sets up what the chosen tests need (`dist/`; a Python environment when one of them starts Python), runs vitest
 * and closes with `N passed, N failed` alone on the last line. Arguments go to vitest: `npm test -- test/model`.
 */
import { spawnSync } from "node:child_process";
import { createVitest, parseCLI } from "vitest/node";
import { distIsFresh } from "./build/fresh.ts";
import { root } from "./root.ts";
import { ownOptions } from "./test/options.ts";
import { ensurePython } from "./test/python.ts";
import { projects, startPython } from "./test/split.ts";
import { avoidable, closingLine, reasons, tally } from "./test/tally.ts";

process.chdir(root);
const { own, rest } = ownOptions(process.argv.slice(2));
if (own.conformance) process.env["PLANC_CONFORMANCE"] = "1";
const { filter, options } = parseCLI(["vitest", "run", ...rest]);
const chosen = own.light ? { project: projects.light } : {};
const vitest = await createVitest("test", { ...options, ...chosen, run: true, watch: false });

const problem = (startPython(await vitest.globTestSpecifications(filter)) ? ensurePython() : undefined) ?? ensureDist();
if (problem !== undefined) {
  console.error(`error: ${problem}`);
  process.exit(1);
}

let unrunnable = 0;
try {
  await vitest.start(filter);
} catch (error) {
  // Nothing matches the arguments, say. What the tests themselves do wrong does not come here.
  unrunnable = 1;
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
}
const errorsOutside = vitest.state.getUnhandledErrors().length + unrunnable;
const outcome = tally(vitest.state.getTestModules(), errorsOutside);
await vitest.close();

const missing = own.complete ? avoidable(outcome) : 0;
const last = [
  ...reasons(outcome),
  ...(missing > 0 ? [`error: ${missing} skipped for want of what npm or pip installs, or for no reason`] : []),
  closingLine(outcome),
];
const sound = outcome.failed === 0 && outcome.passed > 0 && missing === 0;
await new Promise<void>((flushed) => process.stdout.write(`${last.join("\n")}\n`, () => flushed()));
process.exit(sound ? 0 : 1);

function ensureDist(): string | undefined {
  if (distIsFresh()) return undefined;
  console.log("building dist/");
  const run = spawnSync(process.execPath, ["--import", "tsx", "scripts/build.ts"], { stdio: "inherit" });
  return run.status === 0 ? undefined : "the build failed, so nothing was tested";
}
