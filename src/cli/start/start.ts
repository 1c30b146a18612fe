/**
 * Runs `dist/planc.cjs` and the files that it asks for, with the code that V8 made of them in an earlier run: most of the time of a
 * short command is V8's first look at them (docs/benchmarks.md).
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { CodeCache, cacheFolder } from "./code-cache.ts";

/** Of all files of `dist/`, written in by `scripts/build/bundle.ts`. */
declare const DIST_DIGEST: string;

type Exports = Readonly<Record<string, unknown>>;
type Wrapper = (exports: Exports, require: (id: string) => unknown, module: { exports: Exports }, file: string) => void;

const folder = dirname(fileURLToPath(import.meta.url));
const requireOf = createRequire(import.meta.url);

export function start(args: readonly string[]): void {
  const place = cacheFolder(process.env);
  const files = new Files(place === undefined ? undefined : new CodeCache(place, DIST_DIGEST));
  process.once("exit", (code) => {
    // Help, and a run that failed, have not come through what the next run needs.
    if (code === 0 && !args.some((word) => /^(-v|-h|--version|--help|help)$/.test(word))) files.remember();
  });
  const { main } = files.load("planc.cjs") as { readonly main: (args: readonly string[]) => unknown };
  main(args);
}

class Files {
  private readonly modules = new Map<string, { exports: Exports }>();
  /** Those that were compiled here. */
  private readonly compiled = new Map<string, Script>();

  constructor(private readonly cache: CodeCache | undefined) {}

  load(name: string): Exports {
    const known = this.modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    this.modules.set(name, module);
    const file = join(folder, name);
    const require = (id: string) => (/^\.\/.*\.cjs$/.test(id) ? this.load(id.slice(2)) : requireOf(id));
    const wrapper = this.compile(name, file).runInThisContext() as Wrapper;
    wrapper(module.exports, require, module, file);
    return module.exports;
  }

  /** Keeps what V8 has compiled until now of the files for which there was no code. */
  remember(): void {
    if (this.compiled.size === 0) return;
    this.cache?.write([...this.compiled].map(([name, script]) => ({ name, bytes: () => script.createCachedData() })));
  }

  private compile(name: string, filename: string): Script {
    // A file of ours is ASCII: a character a byte.
    const text = `(function(exports,require,module,__filename){${readFileSync(filename, "latin1")}\n})`;
    const cachedData = this.cache?.read(name);
    const script = new Script(text, { filename, ...(cachedData && { cachedData }) });
    if (cachedData === undefined || script.cachedDataRejected) this.compiled.set(name, script);
    return script;
  }
}
