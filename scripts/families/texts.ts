import { readdirSync, readFileSync } from "node:fs";
import { root } from "../root.ts";

const folder = `${root}src/model/families`;

/** `[model type, the record as JSON]` of every family, by name. */
export function familyTexts(): (readonly [string, string])[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => [
      name.slice(0, -".json".length),
      JSON.stringify(JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))),
    ]);
}
