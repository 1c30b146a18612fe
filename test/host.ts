import type { Host } from "../src/host.ts";

/** A host over files held in memory: path → text or bytes. Folders exist where a file lies below them. */
export function memoryHost(files: Readonly<Record<string, string | Uint8Array>>): Host {
  const bytesOf = (path: string): Uint8Array | undefined => {
    const content = files[path];
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  };
  const below = (folder: string) => Object.keys(files).filter((path) => path.startsWith(`${folder}/`));
  return {
    read: (path) => {
      const bytes = bytesOf(path);
      return bytes === undefined ? { ok: false, why: "does not exist" } : { ok: true, bytes };
    },
    stat: (path) => {
      const bytes = bytesOf(path);
      if (bytes !== undefined) return { ok: true, kind: "file", size: bytes.length };
      return below(path).length > 0 ? { ok: true, kind: "folder", size: 0 } : { ok: false, why: "does not exist" };
    },
    list: (folder) =>
      [...new Set(below(folder).map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""))].sort(),
  };
}
