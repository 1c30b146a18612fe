import { basename } from "node:path";
import { build, type Metafile } from "esbuild";
import { root } from "../root.ts";

export interface Bundle {
  /** Name inside `dist/` → bytes. */
  readonly files: Map<string, Uint8Array>;
  readonly metafile: Metafile;
}

/**
 * ESM with splitting: what a command imports with `import()` becomes a chunk of its own, so that `check` never reads
 * what only `compile` needs. Names stay unminified: a stack trace in a bug report is worth more than the bytes.
 */
export async function bundle(folder: string): Promise<Bundle> {
  const result = await build({
    absWorkingDir: folder,
    entryPoints: { planc: "src/cli/main.ts" },
    outdir: "dist",
    chunkNames: "[name]-[hash]",
    bundle: true,
    // For Node, yaml offers CommonJS only, which cannot be shaken or split; its browser build is the same code as ESM.
    alias: { yaml: `${root}node_modules/yaml/browser/dist/index.js` },
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    minifySyntax: true,
    minifyWhitespace: true,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const files = new Map(result.outputFiles.map((file) => [basename(file.path), file.contents]));
  return { files, metafile: result.metafile };
}
