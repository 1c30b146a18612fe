import type { EmittedFile, WriteHost } from "../../../src/host.ts";

/** What lies in a folder: path inside it → a file's text, with "+x" where it is executable, or what else it is. */
export type Content = Readonly<Record<string, string>>;

const emptyFolder = "an empty folder";

/** Everything in a folder; `{}` when it is not there. Folders appear only where they are empty. */
export function contentOf(host: WriteHost, folder: string): Content {
  const content: Record<string, string> = {};
  const visit = (path: string): void => {
    const names = host.list(`${folder}${path}`);
    if (names.length === 0 && path !== "") content[path.slice(1)] = emptyFolder;
    for (const name of names) {
      const inner = `${path}/${name}`;
      const entry = host.entry(`${folder}${inner}`);
      if (!entry.ok) throw new Error(`${folder}${inner}: ${entry.why}`);
      if (entry.kind === "folder") visit(inner);
      else if (entry.kind !== "file") content[inner.slice(1)] = entry.kind;
      else content[inner.slice(1)] = `${textOf(host, `${folder}${inner}`)}${entry.executable ? "+x" : ""}`;
    }
  };
  visit("");
  return content;
}

/** What a folder holds that has exactly a bundle and the user's own files. */
export function bundleAnd(files: readonly EmittedFile[], users: Content = {}): Content {
  const own = files.map(({ path, content, executable }) => [path, `${content}${executable ? "+x" : ""}`]);
  return { ...Object.fromEntries(own), ...users };
}

export function withoutEmptyFolders(content: Content): Content {
  return Object.fromEntries(Object.entries(content).filter(([, what]) => what !== emptyFolder));
}

export function temporaries(content: Content): string[] {
  return Object.keys(content).filter((path) => path.includes(".planc-"));
}

export function withoutTemporaries(content: Content): Content {
  const left = new Set(temporaries(content));
  return Object.fromEntries(Object.entries(content).filter(([path]) => !left.has(path)));
}

/** Puts files where they are not yet, with the folders that they need. */
export function put(host: WriteHost, folder: string, content: Content): void {
  for (const [path, text] of Object.entries(content)) {
    const parts = `${folder}/${path}`.split("/");
    for (let depth = 1; depth < parts.length; depth++) host.makeFolder(parts.slice(0, depth).join("/") || "/");
    host.removeFile(`${folder}/${path}`);
    const done = host.create(`${folder}/${path}`, new TextEncoder().encode(text), false);
    if (!done.ok) throw new Error(`${folder}/${path}: ${done.why}`);
  }
}

function textOf(host: WriteHost, path: string): string {
  const read = host.read(path);
  if (!read.ok) throw new Error(`${path}: ${read.why}`);
  return new TextDecoder().decode(read.bytes);
}
