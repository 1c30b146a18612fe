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
 * One file for the command line and one for each command, with everything that it uses: `check` never reads what only
 * `compile` needs. CommonJS, because Node starts a single CommonJS file sooner than ESM in pieces, and with short names,
 * which V8 reads sooner too (docs/benchmarks.md).
 */
export async function bundle(folder: string): Promise<Bundle> {
  const commands = existsSync(`${folder}${commandsFolder}`) ? readdirSync(`${folder}${commandsFolder}`) : [];
  const result = await build({
    absWorkingDir: folder,
    entryPoints: ["src/cli/main.ts", ...commands.map((file) => `${commandsFolder}/${file}`)].map((file) => ({
      in: file,
      out: file === "src/cli/main.ts" ? "planc" : basename(file, ".ts"),
    })),
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    plugins: [commandFiles],
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

/** What the command line imports of a command is the command's own file. */
const commandFiles: Plugin = {
  name: "command-files",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\/commands\/[^/]+\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: `./${basename(path, ".ts")}.cjs`, external: true } : undefined,
    );
  },
};
