import { type Changes, changesOf } from "../../bundle/changes.ts";
import { differences } from "../../bundle/check.ts";
import { writeBundle } from "../../bundle/write.ts";
import type { Compiled } from "../../compiler.ts";
import type { Result } from "../../diagnostics/diagnostic.ts";
import { visible } from "../../text/visible.ts";
import { plural } from "../../text/words.ts";
import type { Judged } from "../findings.ts";
import type { Io } from "../io.ts";
import { verdict } from "../verdict.ts";

/** One plan of the command line. `value` is undefined where it has errors. */
export interface Job extends Judged {
  readonly value: Compiled | undefined;
  /** Where its bundle goes. */
  readonly folder: string;
}

export interface Done extends Pick<Judged, "diagnostics"> {
  readonly lines: readonly string[];
  readonly stale?: boolean;
}

const nothing: Done = { diagnostics: [], lines: [] };

/** What to do with the bundles once every plan has passed. */
export const actions: Readonly<Record<"none" | "check" | "list" | "write", (job: Job, io: Io) => Done>> = {
  none: () => nothing,

  check({ value, folder, file }, io) {
    const found = differences(io.host, folder, value?.files ?? []);
    const lines = found.map(({ path, state }) => `${visible(path)}: ${state}`);
    if (lines.length === 0) return { ...nothing, lines: [`${visible(folder)}: as ${visible(file)} says`] };
    return { ...nothing, lines: [...lines, `${visible(folder)}: stale; planc compile ${visible(file)}`], stale: true };
  },

  list: ({ value, folder }, io) =>
    told(changesOf(io.host, folder, value?.files ?? []), (changes) => [
      ...changes.create.map(({ path }) => `create ${visible(`${changes.folder}/${path}`)}`),
      ...changes.update.map(({ path }) => `update ${visible(`${changes.folder}/${path}`)}`),
      ...changes.remove.map((path) => `remove ${visible(`${changes.folder}/${path}`)}`),
      ...(isNothing(changes) ? [`${visible(changes.folder)}: nothing to do`] : []),
    ]),

  write: (job, io) =>
    told(writeBundle(io.host, job.folder, job.value?.files ?? []), (changes) => [
      ...(job.value === undefined ? [] : [`${visible(job.file)}: ${verdict(job.value.checked, job.diagnostics)}`]),
      `${visible(changes.folder)}: ${summary(changes)}`,
    ]),
};

function told(result: Result<Changes>, lines: (changes: Changes) => readonly string[]): Done {
  return { diagnostics: result.diagnostics, lines: result.value === undefined ? [] : lines(result.value) };
}

function isNothing({ create, update, remove }: Changes): boolean {
  return create.length + update.length + remove.length === 0;
}

function summary(changes: Changes): string {
  const { create, update, unchanged, remove } = changes;
  if (isNothing(changes)) return `${plural(unchanged.length, "file")}, all as they were`;
  const parts = [
    `${plural(create.length + update.length, "file")} written`,
    ...(unchanged.length > 0 ? [`${unchanged.length} as they were`] : []),
    ...(remove.length > 0 ? [`${remove.length} removed`] : []),
  ];
  return parts.join(", ");
}
