import type { Engine } from "../stack/engine.ts";
import { transformers } from "./transformers/engine.ts";

/** Every engine: a folder and a line here for each. */
export const engines: readonly Engine[] = [transformers];
