import { families } from "./families.ts";
import type { Layouts, OtherRecord } from "./record.ts";
import { type ExpertStorage, type Storage, sizesOf, storageOf } from "./storage.ts";

/** Every family whose checkpoints planc can convert and inspect, by `model_type`. */
export const storages = {
  get(model_type: string): Storage | undefined {
    const family = families.get(model_type);
    if (family === undefined) return undefined;
    const storage = storageOf(family);
    return { ...storage, experts: [...storage.experts, ...family.others.flatMap(otherExperts)] };
  },
  keys: families.keys,
};

/** The experts of a further language model inside a model of several parts. */
function otherExperts({ type, config: part, stored, flag }: OtherRecord): readonly ExpertStorage[] {
  const family = families.get(type);
  if (family === undefined) return [];
  const renamed = Object.entries(family.layouts).map(([layout, experts]) => [
    layout,
    Object.fromEntries(
      Object.entries(experts).map(([name, tensors]) => [name, tensors.map((each) => each.replace(/^model\./, stored))]),
    ),
  ]);
  return [
    {
      layouts: Object.fromEntries(renamed) as Layouts,
      sizes: (config) => {
        const isThere = config.flag(flag, true) && config.raw(part) !== undefined;
        if (!isThere) return { num_experts: 1, width: 1, hidden: 1, layers: [] };
        return sizesOf(family.build(part.reduce((reader, key) => reader.within(key), config)).rows);
      },
    },
  ];
}
