import type { EmittedFile } from "../host.ts";

/** Files that say what the bundle's programs need, of those of the engine. */
export function requirementsIn(files: readonly EmittedFile[]): readonly string[] {
  const names = new Set(files.map(({ path }) => path));
  return ["requirements.txt", "requirements.lock"].filter((name) => names.has(name));
}

/** How pip and uv are told to install it: what is asked for, and each package in the release that was recorded for it. */
export function installWords(requirements: readonly string[]): readonly string[] {
  return requirements.flatMap((name) => [name.endsWith(".lock") ? "-c" : "-r", name]);
}
