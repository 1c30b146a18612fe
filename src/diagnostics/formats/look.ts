import { styleText } from "node:util";

/** What a reader's terminal can show. */
export interface Look {
  readonly color: boolean;
  /** Whether lines may be drawn with characters beyond ASCII. */
  readonly unicode: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** For files, pipes and tests. */
export const plainLook: Look = { color: false, unicode: true, width: 120 };

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
