import type { Host } from "../host.ts";

/**
 * The folder on this machine that a job started here would load as its checkpoint, without a slash at the end. A name
 * that could be a Hub id as well counts only where the folder has a config.json.
 */
export function localFolder(host: Host, checkpoint: string): string | undefined {
  const stat = host.stat(checkpoint);
  if (!stat.ok || stat.kind !== "folder") return undefined;
  const folder = checkpoint.replace(/(?<=.)\/+$/, "");
  const isPath = /^\.{0,2}\//.test(checkpoint) || checkpoint.split("/").length > 2;
  return isPath || host.stat(`${folder}/config.json`).ok ? folder : undefined;
}
