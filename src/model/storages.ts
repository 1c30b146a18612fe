import { jamba } from "./families/jamba.ts";
import { families } from "./families.ts";
import { type Storage, storageOf } from "./storage.ts";

/** Every family whose checkpoints planc can convert and inspect, by `model_type`. */
export const storages: ReadonlyMap<string, Storage> = new Map(
  [...[...families.values()].map(storageOf), jamba].map((storage) => [storage.model_type, storage]),
);
