import { ConfigReader } from "../model/config.ts";
import { families } from "../model/families.ts";
import { parametersOf } from "../model/table.ts";
import type { Source } from "../source/source.ts";
import type { Named } from "./names.ts";
import type { Tree } from "./reading.ts";

/**
 * The families whose names the tensors have, all of them and no others. Shapes do not count, so that this can be told
 * with the config.json of another family.
 */
export function familiesByNames(names: readonly Named[], source: Source, config: Tree): string[] {
  const present = new Set(names.map(({ pattern }) => pattern));
  return families.keys().filter((model_type) => {
    const family = families.get(model_type);
    if (family?.compared !== true) return false;
    const blueprint = family.build(new ConfigReader(source, config, family.model_type));
    return Object.values(family.layouts).some((experts) => {
      const parameters = parametersOf(blueprint, experts, "");
      const wanted = new Set(
        parameters.flatMap(({ stored }) => stored.map((name) => name.replace(/\{(?:layer|expert)\}/g, "*"))),
      );
      return wanted.size > 0 && [...wanted].every((name) => present.has(name)) && present.size === wanted.size;
    });
  });
}
