import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("./fixtures/configs/", import.meta.url);

/** The published models whose config.json lies among the fixtures; what transformers counts in each stands in `totals.json`. */
export const published: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith(".json") && file !== "totals.json")
  .map((file) => file.replace(/\.json$/, ""));

/** The `model_type` of a config.json, whatever else is in it: Python writes Infinity, which is no JSON. */
export function typeOf(text: string): string {
  return JSON.parse(text.replaceAll("Infinity", "1e400")).model_type;
}

/** A published config.json as its own text: strict configs tell 1 from 1.0, which JavaScript does not. */
export function publishedText(name: string): string {
  return readFileSync(new URL(`${name}.json`, folder), "utf8");
}
