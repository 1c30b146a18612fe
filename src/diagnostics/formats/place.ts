import type { Location } from "../../text/location.ts";
import { visible } from "../../text/visible.ts";

/** `plans/qwen3-ep8.yaml:17:12`, lines and columns from one, as editors and terminals count when they open a place. */
export function placeOf({ file, range }: Location): string {
  return `${visible(file)}:${range.start.line + 1}:${range.start.character + 1}`;
}
