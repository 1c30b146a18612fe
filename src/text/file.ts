/** A file of a bundle. `path` is relative to the bundle's folder, with `/`. */
export interface EmittedFile {
  readonly path: string;
  readonly content: string;
  readonly executable?: true;
}
