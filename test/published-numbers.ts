import { published, publishedText } from "./published.ts";

/** `"key": 7.0` of the published configs, by what JavaScript makes of it: `"key": 7`. */
const pointed = new Map(
  published
    .map(publishedText)
    .flatMap((text) =>
      [...text.matchAll(/("\w+": )(-?\d+)(\.0+)\b/g)].map(([pair, key, whole]) => [`${key}${whole}`, pair] as const),
    ),
);

/** JSON of a config in which numbers that are published with a point have it: strict classes tell 7.0 from 7. */
export function withPoints(json: string): string {
  return json.replaceAll(/"\w+": ?-?\d+(?![\d.eE])/g, (pair) => pointed.get(pair.replace(/": ?/, '": ')) ?? pair);
}
