import { release523 } from "../5.23/release.ts";
import { readData } from "../read-data.ts";
import type { TransformersRelease } from "../release.ts";
import data from "./data.json" with { type: "json" };
import documents from "./documents.json" with { type: "json" };

/** Nothing that a style or a combination of formats does has changed. */
export const release524: TransformersRelease = {
  ...release523,
  ...readData(data),
  documents: documents.families,
};
