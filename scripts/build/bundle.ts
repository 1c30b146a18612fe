import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { root } from "../root.ts";

export interface Bundle {
  /** Name inside `dist/` → bytes. */
  readonly files: Map<string, Uint8Array>;
  readonly metafile: Metafile;
}

const commandsFolder = "src/cli/commands";

/**
 * What several commands use, as files of their own: half of the package if each had a copy. `check` and `compile`, which
 * have to start at once, keep theirs of the compiler.
 */
const shared: readonly { readonly source: string; readonly name: string; readonly notFor?: RegExp }[] = [
  { source: "src/generated/templates.js", name: "templates" },
  { source: "src/compiler.ts", name: "compiler", notFor: /\/cli\/commands\/(check|compile)\.ts$/ },
  // Most plans name no checkpoint that lies here.
  { source: "src/checkpoint/inspect.ts", name: "checkpoint" },
];

/**
 * One file for the command line and one for each command, with everything that it uses but what `shared` names: `check` never reads what only
 * `compile` needs. CommonJS, because Node starts a single CommonJS file sooner than ESM in pieces, and with short names,
 * which V8 reads sooner too (docs/benchmarks.md).
 */
export async function bundle(folder: string): Promise<Bundle> {
  const commands = existsSync(`${folder}${commandsFolder}`) ? readdirSync(`${folder}${commandsFolder}`) : [];
  const result = await build({
    absWorkingDir: folder,
    entryPoints: [
      { in: "src/cli/main.ts", out: "planc" },
      ...shared.flatMap(({ source, name }) => (existsSync(`${folder}${source}`) ? [{ in: source, out: name }] : [])),
      ...commands.map((file) => ({ in: `${commandsFolder}/${file}`, out: basename(file, ".ts") })),
    ],
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    plugins: [commandFiles, sharedFiles],
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
  const files = new Map(result.outputFiles.map((file) => [basename(file.path), file.contents]));
  return { files, metafile: result.metafile };
}

const sharedFiles: Plugin = {
  name: "shared-files",
  setup: ({ onResolve }) => {
    onResolve(
      { filter: /\/(generated\/templates\.js|compiler\.ts|checkpoint\/inspect\.ts)$/ },
      ({ path, kind, importer }) => {
        const file = shared.find(({ source }) => source.endsWith(path.replace(/^(\.{1,2}\/)+/, "/")));
        if (file === undefined || kind !== "import-statement" || file.notFor?.test(importer)) return undefined;
        return { path: `./${file.name}.cjs`, external: true };
      },
    );
  },
};

/** What the command line imports of a command is the command's own file. */
const commandFiles: Plugin = {
  name: "command-files",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\/commands\/[^/]+\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: `./${basename(path, ".ts")}.cjs`, external: true } : undefined,
    );
  },
};
