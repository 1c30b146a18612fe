import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { build, type Metafile, type OutputFile, type Plugin } from "esbuild";
import { root } from "../root.ts";
import { familyFiles, familyRecords } from "./families.ts";

export interface Bundle {
  /** Name inside `dist/` → bytes. */
  readonly files: Map<string, Uint8Array>;
  readonly metafile: Metafile;
}

const commandsFolder = "src/cli/commands";

/** What several commands use, as files of their own: half of the package if each had a copy. */
interface Shared {
  readonly source: string;
  readonly name: string;
}

const templates: Shared = { source: "src/generated/templates.js", name: "templates" };
// Most plans name no checkpoint that lies here.
const checkpoint: Shared = { source: "src/checkpoint/inspect.ts", name: "checkpoint" };
const catalogue: Shared = { source: "src/generated/catalogue.ts", name: "catalogue" };
/** The records of all families: every command that reads a config has them in this one file. */
const families: Shared = { source: "src/generated/families.js", name: "families" };
const operations: Shared = { source: "src/generated/operations.js", name: "operations" };
const compiler: Shared = { source: "src/compiler.ts", name: "compiler" };

/** What commands run plans with: `planc --help` has no need of it. */
const stacks: Shared = { source: "src/stacks.ts", name: "stacks" };

/** Commands that have to start at once, from as few files as can be: they keep copies of the compiler. */
const quick: ReadonlySet<string> = new Set(["check", "compile"]);

/**
 * One file for the command line and one for each command, with everything that it uses but what `shared` names: `check` never reads what only
 * `compile` needs. CommonJS, because Node starts a single CommonJS file sooner than ESM in pieces, and with short names,
 * which V8 reads sooner too (docs/benchmarks.md).
 */
export async function bundle(folder: string): Promise<Bundle> {
  const commands = existsSync(`${folder}${commandsFolder}`) ? readdirSync(`${folder}${commandsFolder}`) : [];
  const entryOf = (file: string) => ({ in: `${commandsFolder}/${file}`, out: basename(file, ".ts") });
  const isQuick = (file: string) => quick.has(basename(file, ".ts"));
  const ownFiles = [templates, families, operations, checkpoint, catalogue, compiler, stacks]
    .filter(({ source }) => existsSync(`${folder}${source}`))
    .map(({ source, name }) => ({ in: source, out: name }));
  const results = [
    await files(folder, commands.filter(isQuick).map(entryOf), [
      templates,
      families,
      operations,
      checkpoint,
      catalogue,
    ]),
    await files(
      folder,
      [{ in: "src/cli/main.ts", out: "planc" }, ...ownFiles, ...commands.filter((file) => !isQuick(file)).map(entryOf)],
      [templates, families, operations, checkpoint, catalogue, compiler, stacks],
    ),
  ];
  const code = results.flatMap(({ outputFiles }) => outputFiles);
  const starter = { in: "src/cli/start/start.ts", out: "start" };
  if (existsSync(`${folder}${starter.in}`)) {
    const started = await files(folder, [starter], [], { DIST_DIGEST: JSON.stringify(digestOf(code)) });
    code.push(...started.outputFiles);
    results.push(started);
  }
  const data = [...classFiles(folder), ...familyFiles(folder)];
  return {
    files: new Map([...code.map((file) => [basename(file.path), file.contents] as const), ...data]),
    metafile: {
      inputs: Object.assign({}, ...results.map(({ metafile }) => metafile.inputs)),
      outputs: Object.assign({}, ...results.map(({ metafile }) => metafile.outputs), ...data.map(outputOf)),
    },
  };
}

/** What the code that V8 made of these files is kept by. */
function digestOf(code: readonly OutputFile[]): string {
  const hash = createHash("sha256");
  for (const { path, contents } of code) hash.update(`${basename(path)} ${contents.length}\n`).update(contents);
  return hash.digest("hex").slice(0, 16);
}

function files(
  folder: string,
  entryPoints: { in: string; out: string }[],
  shared: readonly Shared[],
  define: Readonly<Record<string, string>> = {},
) {
  return build({
    absWorkingDir: folder,
    entryPoints,
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    plugins: [commandFiles, sharedFiles(shared), withoutCases, releaseData, familyRecords],
    // For Node, yaml offers files in pieces only; its browser build is the same code as ESM, which can be shaken.
    alias: { yaml: `${root}node_modules/yaml/browser/dist/index.js` },
    platform: "node",
    target: "node20",
    format: "cjs",
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "moduleUrl", ...define },
    banner: { js: 'const moduleUrl=require("node:url").pathToFileURL(__filename).href;' },
    minify: true,
    // V8 keeps a text of ASCII alone with one byte a character.
    charset: "ascii",
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
}

const sharedFiles = (shared: readonly Shared[]): Plugin => ({
  name: "shared-files",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.{1,2}\/.*\.(ts|js)$/ }, ({ path, kind, resolveDir }) => {
      const file = shared.find(({ source }) => resolve(resolveDir, path).endsWith(`/${source}`));
      if (file === undefined || (kind !== "import-statement" && kind !== "dynamic-import")) return undefined;
      return { path: `./${file.name}.cjs`, external: true };
    });
  },
});

/** A release's tables as a text that is parsed: V8 takes JSON sooner than as long a literal of JavaScript. */
const releaseData: Plugin = {
  name: "release-data",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^\.\/classes-[\d.]+\.json$/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /\/releases\/.*\.json$/ }, ({ path }) => {
      const data = JSON.parse(readFileSync(path, "utf8"));
      return { contents: path.endsWith("/configs.json") ? withoutClasses(data, path) : parsed(data), loader: "js" };
    });
  },
};

function parsed(data: unknown): string {
  return `export default JSON.parse(${JSON.stringify(JSON.stringify(data))})`;
}

/** The config classes of a release are a file of their own, which is read when a config.json is judged by them. */
const classesName = (path: string) => `classes-${basename(dirname(path))}.json`;

function withoutClasses({ classes: _, ...rest }: Readonly<Record<string, unknown>>, path: string): string {
  return `export default { ...JSON.parse(${JSON.stringify(JSON.stringify(rest))}), get classes() { return require("./${classesName(path)}"); } };`;
}

/** Name inside `dist/` → bytes of those files. */
function classFiles(folder: string): (readonly [string, Uint8Array])[] {
  const releases = `${folder}src/engines/transformers/releases`;
  if (!existsSync(releases)) return [];
  const paths = readdirSync(releases).map((name) => `${releases}/${name}/configs.json`);
  return paths
    .filter((path) => existsSync(path))
    .map((path) => {
      const { classes } = JSON.parse(readFileSync(path, "utf8"));
      return [classesName(path), Buffer.from(JSON.stringify(classes))] as const;
    });
}

function outputOf([name, { length: bytes }]: readonly [string, Uint8Array]): Metafile["outputs"] {
  return { [`dist/${name}`]: { bytes, inputs: {}, imports: [], exports: [] } };
}

/** What the command line imports of a command is the command's own file. */
const commandFiles: Plugin = {
  name: "command-files",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\/commands\/[^/]+\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: `./${basename(path, ".ts")}.cjs`, external: true } : undefined,
    );
  },
};

/** Cases and examples are for the tests. What an entry or `import()` names keeps all its exports: so these are none. */
const withoutCases: Plugin = {
  name: "without-cases",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      return { contents: text.replace(/^export (?=const (cases|examples)\b)/gm, ""), loader: "ts" };
    });
  },
};
