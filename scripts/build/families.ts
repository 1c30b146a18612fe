/**
 * The families' records as `dist/families.txt` and `dist/operations.txt`, of which a run reads the part that its config asks for: V8
 * would read through all of them, were they in a module.
 */
import { existsSync } from "node:fs";
import type { Plugin } from "esbuild";
import { type RecordFolder, recordFolders, recordTexts } from "../families/texts.ts";

const fileOf = (folder: RecordFolder) => `${folder}.txt`;

/** The modules over those files in place of `src/generated/families.js` and `operations.js`. */
export const familyRecords: Plugin = {
  name: "family-records",
  setup: ({ onLoad }) => {
    for (const folder of recordFolders) {
      onLoad({ filter: new RegExp(`[\\\\/]src[\\\\/]generated[\\\\/]${folder}\\.js$`) }, () => ({
        contents: readerOf(folder),
        loader: "js",
      }));
    }
  },
};

function readerOf(folder: RecordFolder): string {
  let at = 0;
  const getters = recordTexts(folder).map(([type, text]) => {
    const length = Buffer.byteLength(text);
    const getter = `get ${type}() { return read(${at}, ${length}); }`;
    at += length;
    return getter;
  });
  return `import { closeSync, openSync, readSync } from "node:fs";
const read = (at, length) => {
  const file = openSync(new URL("./${fileOf(folder)}", import.meta.url));
  try {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, at);
    return bytes.toString("utf8");
  } finally {
    closeSync(file);
  }
};
export const records = { ${getters.join(", ")} };`;
}

/** Name inside `dist/` → bytes. */
export function familyFiles(folder: string): (readonly [string, Uint8Array])[] {
  return recordFolders
    .filter((records) => existsSync(`${folder}src/generated/${records}.js`))
    .map((records) => {
      const texts = recordTexts(records).map(([, text]) => text);
      return [fileOf(records), Buffer.from(texts.join(""))];
    });
}
