import type { Look } from "../diagnostics/formats/look.ts";
import type { WriteHost } from "../host.ts";

/** What a command gets of the world outside; tests hand in their own. */
export interface Io {
  readonly host: WriteHost;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  readonly stdout: Stream;
  /** Diagnostics and whatever else is not the result. */
  readonly stderr: Stream;
}

export interface Stream {
  readonly look: Look;
  write(text: string): void;
}
