import type { Related } from "../diagnostics/diagnostic.ts";
import type { Location } from "../text/location.ts";
import type { Path } from "./path.ts";

export type Part = "key" | "value";

/** What stands at a place of the text. */
export interface Spot {
  readonly path: Path;
  readonly part: Part;
}

/** A parsed text that knows where each of its values stands. */
export interface Source {
  /** As the user reaches it: the name for messages. */
  readonly file: string;
  readonly text: string;
  /** The document as plain data: aliases and merge keys resolved. */
  readonly value: unknown;
  /** Whether the document itself holds a value at `path`. */
  has(path: Path): boolean;
  /**
   * Where `path` is written, following aliases and merge keys. A missing path is its nearest existing ancestor's key,
   * or the file's first line.
   */
  at(path: Path, part?: Part): Location;
  /**
   * What stands at an offset of `text`, or just before it: the inverse of `at`, for values as they are written, not as
   * aliases reach them. Between entries it is the collection that a new one would go into, behind a key its value; on a
   * free line of YAML the cursor's column decides.
   */
  pathAt(offset: number): Spot;
  /** Notes for a diagnostic at `path`: where the alias is written through which it is reached. */
  via(path: Path): readonly Related[];
  /** A number, true or false exactly as it is written, where the value alone does not tell: `1.0`, `010`, `1e400`. */
  raw(path: Path): string | undefined;
}
