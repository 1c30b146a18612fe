import { readdirSync, readFileSync } from "node:fs";
import { root } from "../root.ts";

/** What there is a record of for each family, as folders of `src/model`. */
export const recordFolders = ["families", "operations"] as const;

export type RecordFolder = (typeof recordFolders)[number];

/** `[model type, the record as JSON]` of every family, by name. */
export function recordTexts(of: RecordFolder): (readonly [string, string])[] {
  const folder = `${root}src/model/${of}`;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => [
      name.slice(0, -".json".length),
      JSON.stringify(JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))),
    ]);
}
