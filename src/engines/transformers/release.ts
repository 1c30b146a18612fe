/** What one release of transformers accepts: read from the release by `scripts/extract_release.py`. */
export interface Release {
  readonly version: string;
}
