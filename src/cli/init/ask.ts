import { posix } from "node:path";
import { inspectCheckpoint } from "../../checkpoint/inspect.ts";
import { gpus } from "../../cluster/gpus.ts";
import type { Request } from "../../fit/request.ts";
import type { Host } from "../../host.ts";
import { suggest } from "../../text/suggest.ts";
import type { Arguments } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { hasWeights, localFolder } from "../local-folder.ts";

/** Throws for a GPU that planc has no record of. */
export function knownGpu(gpu: string): string {
  if (gpus.has(gpu)) return gpu;
  const near = suggest(gpu, gpus.keys());
  const known = `known: ${[...gpus.keys()].join(", ")}`;
  throw new UsageError(`unknown GPU ${gpu}`, near === undefined ? known : `did you mean ${near}? ${known}`);
}

/** The one config.json or folder that the command line names. */
export function configOf(command: string, args: Arguments): string {
  const [config, ...others] = args.positionals;
  if (config === undefined || others.length > 0)
    throw new UsageError(`planc ${command} takes one config.json or checkpoint folder`, `planc ${command} --help`);
  if (config === "-")
    throw new UsageError(`planc ${command} needs a file: the plan names its config.json`, `planc ${command} --help`);
  return config;
}

/** What the command line asks for, paths as the plan in `file` has to have them. */
export function requestOf(config: string, args: Arguments, file: string, host: Host): Request {
  const stat = host.stat(config);
  const isFolder = stat.ok ? stat.kind === "folder" : !config.endsWith(".json");
  const folder = isFolder ? config.replace(/(?<=.)\/+$/, "") : posix.dirname(config);
  const place = posix.dirname(file);
  const revision = args.text("revision");
  return {
    config: posix.isAbsolute(config) ? config : posix.relative(place, config) || ".",
    ...(revision === undefined ? {} : { revision }),
    name: args.text("name") ?? nameFrom(args.text("output") ?? folder),
    checkpoint: fromPlan(host, place, args.text("checkpoint")) ?? beside(place, folder),
    dataset: fromPlan(host, place, args.text("dataset")) ?? "data/train.jsonl",
    maxLength: args.count("max-length") ?? args.count("sequence") ?? 4096,
    lora: args.flag("lora"),
  };
}

/** A name that a plan may have, made of a path's last part. */
function nameFrom(path: string): string {
  const last = posix.basename(path).replace(/\.ya?ml$/, "");
  const plain = last.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain.slice(0, 63) || "plan";
}

/** A path from the working directory as one from the plan's folder, which no reader takes for a Hub id. */
function beside(place: string, path: string): string {
  if (posix.isAbsolute(path)) return path;
  const relative = posix.relative(place, path) || ".";
  return relative.startsWith(".") ? relative : `./${relative}`;
}

/** What was named on the command line, as the plan has to name it: a path that leads somewhere from here, or as it is. */
function fromPlan(host: Host, place: string, named: string | undefined): string | undefined {
  return named !== undefined && host.stat(named).ok ? beside(place, named) : named;
}

/** The config.json that CONFIG names. */
export function configFile(host: Host, config: string): string {
  const stat = host.stat(config);
  return stat.ok && stat.kind === "folder" ? posix.join(config, "config.json") : config;
}

/** How the checkpoint stores its experts, and what is wrong with it, where its weights lie here. */
export function storedIn(host: Host, { checkpoint }: Request, plan: string) {
  const folder = localFolder(host, checkpoint, plan);
  if (folder === undefined || !hasWeights(host, folder)) return { layout: undefined, diagnostics: [] };
  const { value, diagnostics } = inspectCheckpoint(host, folder);
  return { layout: value?.layout, diagnostics };
}
