import type { VersionsSection } from "../plan/types.ts";

/** The releases that planc itself is tested with, together: `test/python/requirements.txt` installs them. */
export const testedVersions: VersionsSection = {
  transformers: "5.23.0",
  trl: "1.16.0",
  accelerate: "1.15.0",
  torch: "2.15.0",
};
