import { readPeft } from "../../adapters/peft.ts";
import { release523 } from "../5.23/release.ts";
import { readConfigs } from "../configs.ts";
import { readData } from "../read-data.ts";
import type { TransformersRelease } from "../release.ts";
import adapters from "./adapters.json" with { type: "json" };
import configs from "./configs.json" with { type: "json" };
import data from "./data.json" with { type: "json" };
import documents from "./documents.json" with { type: "json" };
import tried from "./tried.json" with { type: "json" };

/** Nothing that a style or a combination of formats does has changed. */
export const release524: TransformersRelease = {
  ...release523,
  ...readData(data),
  documents: documents.families,
  peft: readPeft(adapters),
  configs: readConfigs(configs, tried, release523.configs),
};
