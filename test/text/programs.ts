import { spawnSync } from "node:child_process";
import { python } from "../python.ts";

/** Runs a Python program in the tests' environment; its standard output. */
export function runPython(program: string, input = ""): string {
  return run(python, ["-c", program], input);
}

/** Runs a command with text on its standard input; throws with what it printed when it fails. */
export function run(command: string, args: readonly string[], input = ""): string {
  const result = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${command} failed: ${result.stderr}`);
  return result.stdout;
}
