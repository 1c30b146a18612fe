import { type Host, partOf, type ReadResult } from "../src/host.ts";

/** A host over files held in memory: path → text or bytes. Folders exist where a file lies below them. */
export function memoryHost(files: Readonly<Record<string, string | Uint8Array>>): Host {
  const bytesOf = (path: string): Uint8Array | undefined => {
    const content = files[path];
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  };
  const below = (folder: string) => Object.keys(files).filter((path) => path.startsWith(`${folder}/`));
  const read = (path: string): ReadResult => {
    const bytes = bytesOf(path);
    return bytes === undefined ? { ok: false, why: "does not exist" } : { ok: true, bytes };
  };
  return {
    read,
    readAt: (path, offset, length) => partOf(read(path), offset, length),
    stat: (path) => {
      const bytes = bytesOf(path);
      if (bytes !== undefined) return { ok: true, kind: "file", size: bytes.length };
      return below(path).length > 0 ? { ok: true, kind: "folder", size: 0 } : { ok: false, why: "does not exist" };
    },
    list: (folder) =>
      [...new Set(below(folder).map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""))].sort(),
  };
}
