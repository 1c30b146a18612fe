/** What `init` and `fit` do before they search: the model, its checkpoint where it lies here, and what is wrong with either. */
import type { Trials, World } from "../../compiler.ts";
import { type Diagnostic, hasErrors } from "../../diagnostics/diagnostic.ts";
import { open } from "../../fit/fit.ts";
import { aboutModel } from "../../fit/refusal.ts";
import type { Machines, Request } from "../../fit/request.ts";
import type { Arguments } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import type { Judged } from "../findings.ts";
import type { Io } from "../io.ts";
import { configFile, requestOf, storedIn } from "./ask.ts";

interface Ready {
  readonly request: Request;
  readonly trials: Trials;
}

/** What is wrong, said of the file that it is about. */
export type Refusal = Omit<Judged, "file">;

/**
 * @param named the config.json or folder that the command line names.
 * @param file where the plan will lie.
 */
export function prepare(
  named: string,
  args: Arguments,
  io: Io & World,
  file: string,
  machines: Machines,
): { readonly ready?: Ready; readonly refusal: Refusal } {
  const asked = requestOf(named, args, file, io.host);
  const config = configFile(io.host, named);
  const { value, diagnostics, sources } = open(io, file, asked, machines);
  // What the command line says stands in the plan that was tried; what cannot be read there are files.
  const misused = diagnostics.find(({ code, location }) => location.file === file && !/^PLN(100|2)/.test(code));
  if (misused !== undefined) throw new UsageError(`the plan would be wrong: ${misused.message}`, misused.help);
  const refuse = (found: readonly Diagnostic[]) => ({ refusal: { diagnostics: found, sources } });
  if (value === undefined) return refuse(aboutModel(diagnostics, file, config));
  const stored = storedIn(io.host, asked, file);
  if (hasErrors(stored.diagnostics)) return refuse(stored.diagnostics);
  const positions = value.model.sizes.max_position_embeddings ?? asked.maxLength;
  const isTold = args.text("max-length") !== undefined || args.text("sequence") !== undefined;
  const request = {
    ...asked,
    ...(stored.layout === undefined ? {} : { layout: stored.layout }),
    maxLength: isTold ? asked.maxLength : Math.min(positions, asked.maxLength),
  };
  const { value: trials = value } = open(io, file, request, machines);
  return { ready: { request, trials }, ...refuse([]) };
}
