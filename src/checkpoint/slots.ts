import type { ExpertStorage } from "../model/storage.ts";
import type { LayoutName } from "../plan/types.ts";

/** A tensor, or one for each expert, that a layout has in each layer. */
export interface Slot {
  readonly layout: LayoutName;
  /** With `{layer}` open, and `{expert}` where each expert has its own. */
  readonly name: string;
  /** The name with its numbers as `*`. */
  readonly pattern: string;
  readonly isPerExpert: boolean;
  /** Last part of the name in memory, and which of the tensors that it is stored as. */
  readonly memory: string;
  readonly part: number;
}

/** Every slot of every layout that a set of experts is stored in. Two layouts may share a pattern. */
export function slotsOf({ layouts }: ExpertStorage): Slot[] {
  return Object.entries(layouts).flatMap(([layout, stored]) =>
    Object.entries(stored).flatMap(([memory, names]) =>
      names.map((name, part) => ({
        layout: layout as LayoutName,
        name,
        pattern: name.replace(/\{(?:layer|expert)\}/g, "*"),
        isPerExpert: name.includes("{expert}"),
        memory,
        part,
      })),
    ),
  );
}

/** A tensor's name with the numbers among its parts as `*`, and those numbers. */
export function patternOf(name: string): { readonly pattern: string; readonly numbers: readonly number[] } {
  const numbers: number[] = [];
  const pattern = name.replace(/(?<=^|\.)(?:0|[1-9]\d{0,8})(?=\.|$)/g, (digits) => {
    numbers.push(Number(digits));
    return "*";
  });
  return { pattern, numbers };
}

/** The name of a slot's tensor. */
export function nameIn(slot: Slot, layer: number, expert: number): string {
  return slot.name.replace("{layer}", String(layer)).replace("{expert}", String(expert));
}
