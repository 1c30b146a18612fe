/**
 * The families' records as `dist/families.txt`, of which a run reads the part that its config asks for: V8 would read through all of
 * them, were they in a module.
 */
import { existsSync } from "node:fs";
import type { Plugin } from "esbuild";
import { familyTexts } from "../families/texts.ts";

const name = "families.txt";

/** The module over that file in place of `src/generated/families.js`. */
export const familyRecords: Plugin = {
  name: "family-records",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]src[\\/]generated[\\/]families\.js$/ }, () => {
      let at = 0;
      const getters = familyTexts().map(([type, text]) => {
        const length = Buffer.byteLength(text);
        const getter = `get ${type}() { return read(${at}, ${length}); }`;
        at += length;
        return getter;
      });
      const contents = `import { closeSync, openSync, readSync } from "node:fs";
const read = (at, length) => {
  const file = openSync(new URL("./${name}", import.meta.url));
  try {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, at);
    return bytes.toString("utf8");
  } finally {
    closeSync(file);
  }
};
export const records = { ${getters.join(", ")} };`;
      return { contents, loader: "js" };
    });
  },
};

/** Name inside `dist/` → bytes. */
export function familyFile(folder: string): (readonly [string, Uint8Array])[] {
  if (!existsSync(`${folder}src/generated/families.js`)) return [];
  const texts = familyTexts().map(([, text]) => text);
  return [[name, Buffer.from(texts.join(""))]];
}
