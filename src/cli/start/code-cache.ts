/** Code that V8 has compiled before, in the user's cache folder. Whatever is wrong with it: planc runs without. */
import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { crc32 } from "node:zlib";

type Environment = Readonly<Record<string, string | undefined>>;

/** Builds of planc and releases of Node whose code is kept: those used last. */
const most = 4;

export class CodeCache {
  private readonly folder: string;

  /**
   * @param parent holds nothing but folders of this.
   * @param digest of all files of `dist/`.
   */
  constructor(
    private readonly parent: string,
    digest: string,
  ) {
    this.folder = join(parent, `${digest}-${process.versions.v8}-${process.arch}`);
  }

  read(name: string): Buffer | undefined {
    try {
      const file = openSync(join(this.folder, name), "r");
      try {
        if (!isOwn(fstatSync(file))) return undefined;
        const bytes = readFileSync(file);
        const data = bytes.subarray(sumLength);
        return bytes.readUInt32LE(0) === crc32(data) ? data : undefined;
      } finally {
        closeSync(file);
      }
    } catch {
      return undefined;
    }
  }

  /** Writes files whose bytes are worked out only where they can be written. */
  write(files: readonly { readonly name: string; readonly bytes: () => Buffer }[]): void {
    try {
      mkdirSync(this.parent, { recursive: true, mode: 0o700 });
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      if (![this.parent, this.folder].every((folder) => isOwn(lstatSync(folder)))) return;
      for (const { name, bytes } of files) this.replace(join(this.folder, name), bytes);
      this.forgetOthers();
    } catch {
      // A full disk or a folder that is not ours costs the next start its milliseconds, and nothing else.
    }
  }

  /** Whoever reads meanwhile finds the old file or the new one. */
  private replace(path: string, bytes: () => Buffer): void {
    const temporary = `${path}.${process.pid}`;
    try {
      writeFileSync(temporary, "", { flag: "wx", mode: 0o600 });
      const data = bytes();
      const sum = Buffer.alloc(sumLength);
      sum.writeUInt32LE(crc32(data));
      writeFileSync(temporary, Buffer.concat([sum, data]));
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  private forgetOthers(): void {
    utimesSync(this.folder, new Date(), new Date());
    const folders = readdirSync(this.parent).map((name) => {
      const path = join(this.parent, name);
      return { path, time: lstatSync(path).mtimeMs };
    });
    folders.sort((a, b) => b.time - a.time);
    for (const { path } of folders.slice(most)) rmSync(path, { recursive: true, force: true });
  }
}

/** Of the data, before them: V8 checks their length alone. */
const sumLength = 4;

/** Code that others can change would run as this user. */
function isOwn({ uid, mode }: Stats): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

/** Where the user keeps what can be made again; undefined where there is no such place, or where no code is to be kept. */
export function cacheFolder(env: Environment, home = homedir): string | undefined {
  if (env["NODE_DISABLE_COMPILE_CACHE"]) return undefined;
  const named = process.platform === "win32" ? env["LOCALAPPDATA"] : env["XDG_CACHE_HOME"];
  if (named && isAbsolute(named)) return join(named, "planc", "code");
  return process.platform === "win32" ? undefined : join(home(), ".cache", "planc", "code");
}
