import type { EmittedFile, WriteHost } from "../host.ts";
import { tidy } from "./changes.ts";
import { ownedIn, reach } from "./owned.ts";

/** A file that is not as a bundle wants it. */
export interface Difference {
  readonly path: string;
  readonly state: "missing" | "different" | "left over";
}

/** How a folder differs from the bundle that it should hold; changes nothing, refuses nothing. */
export function differences(host: WriteHost, out: string, files: readonly EmittedFile[]): Difference[] {
  const folder = tidy(out);
  const found = files.flatMap((file): Difference[] => {
    const path = `${folder}/${file.path}`;
    const entry = host.entry(path);
    if (!entry.ok || entry.kind === "nothing") return [{ path, state: "missing" }];
    return isAs(host, path, file) && isReached(host, folder, file.path) ? [] : [{ path, state: "different" }];
  });
  const wanted = new Set(files.map(({ path }) => path));
  const earlier = [...(ownedIn(host, folder).value?.digests.keys() ?? [])].filter((path) => !wanted.has(path));
  const leftOver = earlier.filter((path) => isReached(host, folder, path) && isFile(host, `${folder}/${path}`));
  return [...found, ...leftOver.map((path): Difference => ({ path: `${folder}/${path}`, state: "left over" }))];
}

function isAs(host: WriteHost, path: string, { content, executable }: EmittedFile): boolean {
  const entry = host.entry(path);
  if (!entry.ok || entry.kind !== "file" || (executable && !entry.executable)) return false;
  const read = host.read(path);
  return read.ok && Buffer.compare(Buffer.from(content, "utf8"), read.bytes) === 0;
}

function isFile(host: WriteHost, path: string): boolean {
  const entry = host.entry(path);
  return entry.ok && entry.kind === "file";
}

function isReached(host: WriteHost, folder: string, path: string): boolean {
  const reached = reach(host, folder, path);
  return reached.ok && reached.reachable;
}
