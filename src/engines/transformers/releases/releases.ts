import { release523 } from "./5.23/release.ts";
import { release524 } from "./5.24/release.ts";
import type { TransformersRelease } from "./release.ts";

/** The releases that planc has read, ascending: a folder and a line here for each. */
export const releases: readonly TransformersRelease[] = [release523, release524];
