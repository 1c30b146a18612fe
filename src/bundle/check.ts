import type { WriteHost } from "../host.ts";
import type { EmittedFile } from "../text/file.ts";
import { tidy } from "./changes.ts";
import { ownedIn } from "./owned.ts";

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
    const read = host.read(path);
    if (!read.ok) return [{ path, state: "missing" }];
    return sameAs(host, path, read.bytes, file) ? [] : [{ path, state: "different" }];
  });
  const wanted = new Set(files.map(({ path }) => path));
  const earlier = [...ownedIn(host, folder).digests.keys()].filter((path) => !wanted.has(path));
  const leftOver = earlier.map((path) => `${folder}/${path}`).filter((path) => host.read(path).ok);
  return [...found, ...leftOver.map((path): Difference => ({ path, state: "left over" }))];
}

function sameAs(host: WriteHost, path: string, bytes: Uint8Array, file: EmittedFile): boolean {
  if (Buffer.compare(Buffer.from(file.content, "utf8"), bytes) !== 0) return false;
  const entry = host.entry(path);
  return !file.executable || (entry.ok && entry.kind === "file" && entry.executable);
}
