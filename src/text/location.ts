/** A place in a text as editors count it: line and character from zero, characters in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** From `start` up to, not including, `end`. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A range in a named file. `file` is the path as the user wrote it or as it is reached from the working directory. */
export interface Location {
  readonly file: string;
  readonly range: Range;
}

/** Offsets into a text, `start` inclusive, `end` exclusive, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The first character of a file: where things are reported that concern the whole of it. */
export function fileStart(file: string): Location {
  const start = { line: 0, character: 0 };
  return { file, range: { start, end: start } };
}
