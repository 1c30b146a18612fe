import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { root } from "../root.ts";

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
  const ownFiles = [templates, checkpoint, catalogue, compiler, stacks]
    .filter(({ source }) => existsSync(`${folder}${source}`))
    .map(({ source, name }) => ({ in: source, out: name }));
  const results = [
    await files(folder, commands.filter(isQuick).map(entryOf), [templates, checkpoint, catalogue]),
    await files(
      folder,
      [{ in: "src/cli/main.ts", out: "planc" }, ...ownFiles, ...commands.filter((file) => !isQuick(file)).map(entryOf)],
      [templates, checkpoint, catalogue, compiler, stacks],
    ),
  ];
  return {
    files: new Map(
      results.flatMap(({ outputFiles }) => outputFiles.map((file) => [basename(file.path), file.contents])),
    ),
    metafile: {
      inputs: Object.assign({}, ...results.map(({ metafile }) => metafile.inputs)),
      outputs: Object.assign({}, ...results.map(({ metafile }) => metafile.outputs)),
    },
  };
}

function files(folder: string, entryPoints: { in: string; out: string }[], shared: readonly Shared[]) {
  return build({
    absWorkingDir: folder,
    entryPoints,
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    plugins: [commandFiles, sharedFiles(shared), withoutCases, releaseData],
    // For Node, yaml offers files in pieces only; its browser build is the same code as ESM, which can be shaken.
    alias: { yaml: `${root}node_modules/yaml/browser/dist/index.js` },
    platform: "node",
    target: "node20",
    format: "cjs",
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "moduleUrl" },
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
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/releases\/.*\.json$/ }, ({ path }) => {
      const data = JSON.parse(readFileSync(path, "utf8"));
      return { contents: path.endsWith("/configs.json") ? byClass(data) : parsed(data), loader: "js" };
    });
  },
};

function parsed(data: unknown): string {
  return `export default JSON.parse(${JSON.stringify(JSON.stringify(data))})`;
}

/** A plan has one model: of a hundred config classes only those that it asks for are parsed. */
function byClass({ classes, ...rest }: { readonly classes: Readonly<Record<string, unknown>> }): string {
  const texts = Object.entries(classes).map(([name, row]) => [name, JSON.stringify(row)]);
  return [
    `const texts = ${JSON.stringify(Object.fromEntries(texts))};`,
    "const classes = {};",
    "for (const name in texts) Object.defineProperty(classes, name, { get: () => JSON.parse(texts[name]) });",
    `export default { ...JSON.parse(${JSON.stringify(JSON.stringify(rest))}), classes };`,
  ].join("\n");
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
