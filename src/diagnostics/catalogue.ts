import { checkpoint } from "./catalogue/checkpoint.ts";
import { data } from "./catalogue/data.ts";
import { launch } from "./catalogue/launch.ts";
import { mesh } from "./catalogue/mesh.ts";
import { model } from "./catalogue/model.ts";
import { sharding } from "./catalogue/sharding.ts";
import { source } from "./catalogue/source.ts";
import { stack } from "./catalogue/stack.ts";
import { weights } from "./catalogue/weights.ts";

/**
 * Every diagnostic planc can report. PLN1xxx text and schema, PLN2xxx model and checkpoint, PLN3xxx mesh and
 * sharding, PLN4xxx stack and versions, PLN5xxx cluster, memory and launch. A code is never reused: a retired one
 * stays out of the list for good.
 */
export const catalogue = {
  ...source,
  ...model,
  ...checkpoint,
  ...weights,
  ...data,
  ...mesh,
  ...sharding,
  ...stack,
  ...launch,
};

export type Code = keyof typeof catalogue;
