import type { TestContext } from "vitest";
import { type Need, noteOf } from "../scripts/test/lacks.ts";

/** Skips the test, with the reason in the closing lines, on a machine that lacks what it needs. */
export function needs({ skip }: Pick<TestContext, "skip">, need: Need, isThere: boolean): void {
  if (!isThere) skip(noteOf(need));
}
