import { inspectCheckpoint } from "../../checkpoint/inspect.ts";
import type { Host } from "../../host.ts";
import { hasWeights } from "../inspect/has-weights.ts";
import { localFolder } from "../local-folder.ts";
import type { Request } from "./request.ts";

/** How the checkpoint stores its experts, and what is wrong with it, where its weights lie here. */
export function storedIn(host: Host, { checkpoint }: Request, plan: string) {
  const folder = localFolder(host, checkpoint, plan);
  if (folder === undefined || !hasWeights(host, folder)) return { layout: undefined, diagnostics: [] };
  const { value, diagnostics } = inspectCheckpoint(host, folder);
  return { layout: value?.layout, diagnostics };
}
