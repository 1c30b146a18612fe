import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const inRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The Python of the tests' own environment, which `npm test` sets up: with the newest releases that planc knows. */
export const python = process.env["PLANC_TEST_PYTHON"] ?? inRoot(".venv/bin/python");

/** The same with the release of transformers before. */
const older = process.env["PLANC_TEST_PYTHON_OLDER"] ?? inRoot(".venv-older/bin/python");

/** Release of transformers → a Python that has it: all that planc knows. */
export const pythons: readonly (readonly [release: string, python: string])[] = [
  [pinned("test/python/older.txt"), older],
  [pinned("test/python/requirements.txt"), python],
];

function pinned(requirements: string): string {
  return /^transformers==(.*)$/m.exec(readFileSync(inRoot(requirements), "utf8"))?.[1] ?? "";
}
