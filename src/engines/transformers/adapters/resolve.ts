import type { Model } from "../../../model/model.ts";
import type { Lora } from "../../../plan/plan.ts";
import type { Adapter, AdapterPair } from "../../../stack/adapter.ts";
import type { Literal } from "../../../text/literal.ts";
import { andList } from "../../../text/words.ts";
import { namedFor } from "./groups.ts";
import { endsWith, isInLayers, isNamed, namesOf, renamedTargets, type Told, valueFor } from "./matching.ts";
import { groupOf, type Part, type PartGroup, partGroups, partsOf } from "./parts.ts";
import type { Peft } from "./peft.ts";

/** What a plan's `lora` comes to for its model; what it names that cannot be trained, rules report. */
export function adapterOf(model: Model, peft: Peft, lora: Lora): Adapter {
  const parts = partsOf(model, peft);
  const groups = groupsOf(lora, parts);
  const told = toldOf(model, peft, lora, parts, groups);
  const excluded = excludedBeside(model, lora.exclude_modules);
  const exclusion = excluded === undefined ? {} : { exclude_modules: excluded };
  const targets = renamedTargets(model, peft, parts, told);
  const pairs = parts.flatMap((part) => pairsOf(part, { ...lora, ...told, ...targets, ...exclusion }, model, peft));
  const given: Readonly<Record<string, Literal | undefined>> = {
    ...told,
    lora_dropout: lora.lora_dropout,
    use_rslora: lora.use_rslora,
    init_lora_weights: lora.init_lora_weights,
    bias: lora.bias,
    ...exclusion,
    modules_to_save: lora.modules_to_save,
    layers_to_transform: lora.layers_to_transform,
    layers_pattern: lora.layers_pattern,
  };
  return {
    config: Object.fromEntries(
      Object.entries(given).flatMap(([name, value]) =>
        value === undefined || JSON.stringify(value) === JSON.stringify(peft.options[name]) ? [] : [[name, value]],
      ),
    ),
    pairs: named(pairs),
    reason: reasonFor(model, lora, groups),
  };
}

/** The groups that a plan asks for, in its words or by saying nothing. */
export function groupsOf(
  { targets, target_modules, target_parameters }: Lora,
  parts: readonly Part[],
): readonly PartGroup[] {
  const isLeft = targets === undefined && target_modules === undefined && target_parameters === undefined;
  const asked = isLeft ? (["attention", "experts"] as const) : (targets ?? []);
  const has = new Set(parts.map(groupOf));
  return partGroups.filter((group) => asked.includes(group) || (asked.includes("all") && has.has(group)));
}

/** What PEFT is told: the groups' names before the plan's own. A list that is empty keeps PEFT from picking modules itself. */
function toldOf(model: Model, peft: Peft, lora: Lora, parts: readonly Part[], groups: readonly PartGroup[]): Told {
  const names = groups.map((group) => namedFor(model, peft, parts, group));
  const modules = names.flatMap(({ target_modules }) => target_modules);
  const own = lora.target_modules ?? [];
  return {
    r: lora.r,
    lora_alpha: lora.lora_alpha,
    target_modules: typeof own === "string" ? own : [...new Set([...modules, ...own])],
    target_parameters: [
      ...new Set([...names.flatMap(({ target_parameters }) => target_parameters), ...(lora.target_parameters ?? [])]),
    ],
    rank_pattern: lora.rank_pattern,
    alpha_pattern: lora.alpha_pattern,
  };
}

/** What is left out, with all that is beside the language model: no row of text trains it. */
function excludedBeside({ towers }: Model, own: Lora["exclude_modules"]): Lora["exclude_modules"] {
  if (towers.length === 0) return own;
  const literal = (name: string) => name.replaceAll(".", "\\.");
  const beside = `(${towers.map(literal).join("|")})(\\..*)?`;
  if (own === undefined) return beside;
  const ownToo = typeof own === "string" ? own : `(.*\\.)?(${own.map(literal).join("|")})`;
  return `${ownToo}|${beside}`;
}

function pairsOf(part: Part, config: Lora & Told, model: Model, peft: Peft): AdapterPair[] {
  if (part.what !== "linear" && part.what !== "experts") return [];
  const { parameter, name } = part;
  const all = namesOf(part);
  const isOn = (full: string) =>
    part.what === "experts"
      ? config.target_parameters.some((target) => endsWith(full, target))
      : !isNamed(config.exclude_modules, full) &&
        isNamed(config.target_modules, full) &&
        (typeof config.target_modules === "string" || isInLayers(full, config));
  const on = all.flatMap((full, index) =>
    isOn(full)
      ? [
          {
            layer: parameter.layers?.[index],
            r: valueFor(config.rank_pattern, full) ?? config.r,
            lora_alpha: valueFor(config.alpha_pattern, full) ?? config.lora_alpha,
          },
        ]
      : [],
  );
  const [first = 0, second = 0, third = 0] = parameter.shape;
  const isStacked = part.what === "experts";
  const transposed = isStacked && peft.isTransposed(model.text_type);
  const [rows, columns] = isStacked ? [second, third] : [first, second];
  const [out_features, in_features] = transposed ? [columns, rows] : [rows, columns];
  const alike = new Map<string, (typeof on)[number][]>();
  for (const each of on) {
    const key = `${each.r} ${each.lora_alpha}`;
    alike.set(key, [...(alike.get(key) ?? []), each]);
  }
  return [...alike.values()].map((layers) => ({
    of: parameter,
    layers: parameter.layers === null ? null : layers.flatMap(({ layer }) => (layer === undefined ? [] : [layer])),
    name,
    r: layers[0]?.r ?? config.r,
    lora_alpha: layers[0]?.lora_alpha ?? config.lora_alpha,
    experts: isStacked ? first : null,
    in_features,
    out_features,
    transposed,
  }));
}

/** PEFT wraps a module once for each of its parameters, the one that the module holds first innermost. */
function named(pairs: readonly AdapterPair[]): AdapterPair[] {
  const moduleOf = ({ name }: AdapterPair) => name.slice(0, name.lastIndexOf("."));
  return pairs.map((pair, index) => {
    if (pair.experts === null) return pair;
    const module = moduleOf(pair);
    const outside = new Set(
      pairs
        .slice(index + 1)
        .filter((other) => other.experts !== null && moduleOf(other) === module && other.name !== pair.name)
        .map(({ name }) => name),
    );
    return { ...pair, name: `${module}${".base_layer".repeat(outside.size)}` };
  });
}

function reasonFor({ model_type }: Model, lora: Lora, groups: readonly PartGroup[]): string | undefined {
  if (groups.length === 0) return undefined;
  const why = lora.targets === undefined ? "what planc takes where the plan names no targets" : "as targets says";
  return `${andList(groups)} of ${model_type}: ${why}`;
}
