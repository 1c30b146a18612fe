import type { Look } from "../diagnostics/formats/look.ts";
import type { WriteHost } from "../host.ts";
import type { Stacks } from "../stack/stacks.ts";

/** What a command gets of the world outside; tests hand in their own. */
export interface Io {
  readonly host: WriteHost;
  readonly stacks: Stacks;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  readonly stdout: Stream;
  readonly stdin: Input;
  /** Diagnostics and whatever else is not the result. */
  readonly stderr: Stream;
}

/** The same before a command is chosen: what planc was built with is loaded for those that run one. */
export type Outside = Omit<Io, "stacks"> & { stacks(): Promise<Stacks> };

/** Standard input. */
export interface Input {
  readonly isTerminal: boolean;
  /** All of it, or its first bytes and one more than `most` where it has more. */
  read(most: number): Promise<Uint8Array>;
}

export interface Stream {
  readonly look: Look;
  write(text: string): void;
}
