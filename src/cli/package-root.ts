import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of planc's package, found from `dist/` as well as from the sources. Ends with `/`. */
export function packageRoot(): string {
  let folder = new URL("./", import.meta.url);
  while (!existsSync(new URL("package.json", folder)) && folder.pathname !== "/") folder = new URL("../", folder);
  return fileURLToPath(folder);
}
