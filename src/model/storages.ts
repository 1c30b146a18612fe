import { families } from "./families.ts";
import { type Storage, storageOf } from "./storage.ts";

/** Every family whose checkpoints planc can convert and inspect, by `model_type`. */
export const storages = {
  get(model_type: string): Storage | undefined {
    const family = families.get(model_type);
    return family === undefined ? undefined : storageOf(family);
  },
  keys: families.keys,
};
