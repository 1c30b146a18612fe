import { styleText } from "node:util";
import { foldBehind } from "../../text/fold.ts";

/** What a reader's terminal can show. */
export interface Look {
  readonly color: boolean;
  /** Whether lines may be drawn with characters beyond ASCII. */
  readonly unicode: boolean;
  /** Columns of the terminal. Tables and code frames are never wider. */
  readonly width: number;
  /** Whether sentences are broken at that width: elsewhere one stays on its line, where programs look for it. */
  readonly wraps?: boolean;
}

/** For files, pipes and tests. */
export const plainLook: Look = { color: false, unicode: true, width: 120 };

/** Lines for a sentence that begins at column `indent`, the later ones below it; one line where the width is unknown. */
export function sentence({ wraps, width }: Look, text: string, indent = 0): string[] {
  return wraps === true ? foldBehind(" ".repeat(indent), text, width) : [" ".repeat(indent) + text];
}

const roles = {
  error: ["bold", "red"],
  warning: ["bold", "yellow"],
  info: ["bold", "blue"],
  strong: ["bold"],
  place: ["cyan"],
  fix: ["green"],
  faint: ["dim"],
} as const;

export type Role = keyof typeof roles;

/** Paints a text by what it is; as it is where the reader has no colours. */
export function paint(look: Look, role: Role, text: string): string {
  return look.color && text !== "" ? styleText([...roles[role]], text, { validateStream: false }) : text;
}
