import { PLN2112 } from "../diagnostics/catalogue/checkpoint-layout.ts";
import { PLN2132, PLN2133 } from "../diagnostics/catalogue/weights.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import type { Storage } from "../model/storage.ts";
import type { Source } from "../source/source.ts";
import { fileStart } from "../text/location.ts";
import { orList } from "../text/words.ts";
import { explain } from "./explain.ts";
import { familiesByNames } from "./family-names.ts";
import type { Checkpoint } from "./folder.ts";
import { claimOf, type Form } from "./form.ts";
import { judgeExperts } from "./judge.ts";
import type { Names } from "./names.ts";
import { lostLayers, type Reading, read } from "./reading.ts";
import { contradicted } from "./report-config.ts";
import { misshapen, missing, unread, wrapped } from "./report-dense.ts";
import { judgeClaim, judgeDtype, judgeFormats } from "./report-form.ts";
import { shown } from "./scanner.ts";
import { nameIn, slotsOf } from "./slots.ts";
import { judgeTied } from "./tied.ts";
import { uneven } from "./uneven.ts";

interface Weights {
  readonly checkpoint: Checkpoint;
  readonly names: Names;
  readonly form: Form;
  readonly source: Source;
  readonly storage: Storage;
  /** By the config.json as it is. */
  readonly reading: Reading;
}

interface Judged {
  /** By the config.json as the weights would have it. */
  readonly reading: Reading;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Everything in which the tensors of a checkpoint and a config.json disagree. What is missing counts only where no file
 * is missing, and what a wrong key of config.json explains is said of that key alone.
 */
export function judgeWeights(host: Host, weights: Weights): Judged {
  const { checkpoint, names, form, source, storage } = weights;
  const { folder, isWhole } = checkpoint;
  const { model_type } = storage;
  const { config } = weights.reading;
  const claim = judgeClaim(folder, source, config, form, names.all);
  const { explanations, reading } = isWhole
    ? explain(weights.reading, (changed) => read(names.all, source, changed, storage))
    : { explanations: [], reading: weights.reading };
  const others = isWhole ? otherFamily({ ...weights, reading }) : [];
  if (others.length > 0) {
    const values = { said: model_type, have: orList(others) };
    const found = [...claim, PLN2133(source.at(["model_type"]), values)];
    return { reading: weights.reading, diagnostics: found };
  }
  const lost = isWhole ? lostLayers(reading) : [];
  const isPlain = claimOf(config) === undefined || reading.table.rows.length > 0;
  return {
    reading,
    diagnostics: [
      ...claim,
      ...contradicted(source, explanations),
      ...(names.isBare ? [bare(folder, names)] : []),
      ...(isWhole ? missing(folder, reading, lost) : []),
      ...(isWhole && reading.table.rows.length === 0 ? uneven(folder, reading) : []),
      ...experts(weights, reading, lost),
      ...misshapen(folder, reading.dense.misshapen),
      ...wrapped(folder, names.all),
      ...unread(folder, model_type, reading),
      ...judgeTied(host, checkpoint, reading),
      ...(isPlain ? judgeFormats(folder, reading, names.all) : []),
      ...(form.method === "plain" ? judgeDtype(folder, source, config, reading) : []),
    ],
  };
}

/** Families of whose names the tensors are, where they are not of the one that config.json says. */
function otherFamily({ names, source, storage, reading }: Weights): string[] {
  const { counts } = reading.defects;
  const isOther = [...counts.keys()].some((key) => key.startsWith("unread")) || reading.sets.every(isEmpty);
  const known = isOther && counts.size > 0 ? familiesByNames(names.all, source, reading.config) : [];
  return known.includes(storage.model_type) ? [] : known;
}

function bare(folder: string, { all }: Names): Diagnostic {
  const first = all.find(({ tensor }) => tensor.name.startsWith("layers."));
  const place = fileStart(first === undefined ? folder : `${folder}/${first.file}`);
  return PLN2132(place, { tensor: shown(first?.tensor.name ?? "") });
}

function experts({ checkpoint, storage }: Weights, { sets }: Reading, lost: readonly number[]): Diagnostic[] {
  const { folder, isWhole } = checkpoint;
  if (!sets.every(isEmpty)) {
    return sets.flatMap(({ layers, sizes }) => {
      const own = { ...sizes, layers: sizes.layers.filter((layer) => !lost.includes(layer)) };
      return judgeExperts(folder, layers, own, isWhole);
    });
  }
  const [first] = storage.experts;
  if (!isWhole || first === undefined) return [];
  const slot = slotsOf(first).find(({ layout }) => layout === storage.published);
  const tensor = slot === undefined ? "" : nameIn(slot, sets[0]?.sizes.layers[0] ?? 0, 0);
  return [PLN2112(fileStart(folder), { model_type: storage.model_type, tensor }, { variant: "none" })];
}

function isEmpty({ layers }: Reading["sets"][number]): boolean {
  return layers.length === 0;
}
