import { type Done, partOf, type ReadResult, type WriteHost } from "../../../src/host.ts";

type Node = { readonly kind: "file"; bytes: Uint8Array; executable: boolean } | { readonly kind: "folder" | "link" };

/** A disk in memory, as strict as a real one about what has to be there for each operation. */
export class MemoryDisk {
  private readonly nodes = new Map<string, Node>([[".", { kind: "folder" }]]);

  /** The disk as a process sees it; `running` are the numbers of processes at work beside it. */
  host(pid = 1, running: ReadonlySet<number> = new Set()): WriteHost {
    const read = (path: string): ReadResult => {
      const node = this.nodes.get(path);
      if (node?.kind !== "file") return { ok: false, why: node === undefined ? "does not exist" : "it is no file" };
      return { ok: true, bytes: node.bytes };
    };
    return {
      read,
      readAt: (path, offset, length) => partOf(read(path), offset, length),
      stat: (path) => {
        const node = this.nodes.get(path);
        if (node === undefined || node.kind === "link") return { ok: false, why: "does not exist" };
        return { ok: true, kind: node.kind, size: node.kind === "file" ? node.bytes.length : 0 };
      },
      list: (folder) => this.within(folder),
      names: (folder) =>
        this.nodes.get(folder)?.kind === "folder"
          ? { ok: true, names: this.within(folder) }
          : { ok: false, why: "it is no folder" },
      entry: (path) => {
        const node = this.nodes.get(path);
        if (node === undefined) return { ok: true, kind: "nothing" };
        return node.kind === "file"
          ? { ok: true, kind: "file", executable: node.executable }
          : { ok: true, kind: node.kind };
      },
      makeFolder: (path) => this.add(path, { kind: "folder" }),
      create: (path, bytes, executable) => this.add(path, { kind: "file", bytes, executable }),
      rename: (from, to) => this.rename(from, to),
      flush: () => {},
      removeFile: (path) => this.remove(path, "file"),
      removeFolder: (path) => this.remove(path, "folder"),
      pid,
      isWriting: (other) => other !== pid && running.has(other),
      pause: () => {},
    };
  }

  private within(folder: string): string[] {
    const names = [...this.nodes.keys()].filter((path) => path !== "." && parent(path) === folder);
    return names.map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
  }

  private add(path: string, node: Node): Done {
    if (this.nodes.get(parent(path))?.kind !== "folder") return { ok: false, why: "does not exist" };
    if (this.nodes.has(path)) return { ok: false, why: "it exists already" };
    this.nodes.set(path, node);
    return { ok: true };
  }

  private rename(from: string, to: string): Done {
    const node = this.nodes.get(from);
    const target = this.nodes.get(to);
    if (node === undefined || this.nodes.get(parent(to))?.kind !== "folder")
      return { ok: false, why: "does not exist" };
    if (target !== undefined && (target.kind === "folder") !== (node.kind === "folder"))
      return { ok: false, why: "it is something else" };
    if (this.within(to).length > 0) return { ok: false, why: "it is not empty" };
    for (const [path, inner] of [...this.nodes]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.nodes.delete(path);
      this.nodes.set(`${to}${path.slice(from.length)}`, inner);
    }
    return { ok: true };
  }

  private remove(path: string, kind: "file" | "folder"): Done {
    const node = this.nodes.get(path);
    if (node === undefined) return { ok: false, why: "does not exist" };
    if ((node.kind === "folder") !== (kind === "folder")) return { ok: false, why: "it is something else" };
    if (this.within(path).length > 0) return { ok: false, why: "it is not empty" };
    this.nodes.delete(path);
    return { ok: true };
  }
}

function parent(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
}
