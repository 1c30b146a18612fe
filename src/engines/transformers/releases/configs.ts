/** An expression over a config's fields: a field, a number, null, or a list of an operator and what it takes. */
export type Expression = string | number | boolean | null | readonly Expression[];

/** What one config class of a release accepts. */
export interface ConfigClass {
  readonly name: string;
  /** Field → type: "int|list[int]|none". Keys that it does not declare it keeps unread. */
  readonly fields: ReadonlyMap<string, string>;
  /** Other name → the name that it stands for. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Field that holds a part's config → the part's class, or `*` and the model type that it has where it names none. */
  readonly parts: Readonly<Record<string, string>>;
  /** Fields that name an activation. */
  readonly activations: readonly string[];
  /** Whether the padding token is a row of the embedding. */
  readonly pads: boolean;
  /** Names under which rotary positions are given where those are not the words of `layer_types`. */
  readonly rope_labels: readonly string[];
  /** The kind of rotary positions that stands for "default"; empty where that is itself. */
  readonly rope_type: string;
  /** Of `num_key_value_groups` and `partial_rotary_factor`, what the model's code works with. */
  readonly uses: readonly string[];
  /** Keys of rotary positions that it makes others of, before anything is checked. */
  readonly rewrites: readonly string[];
  /** Whether it cuts or checks `layer_types` by itself, instead of as every class does. */
  readonly own_layer_types: boolean;
  /** What it refuses by itself. */
  readonly refuses: readonly Expression[];
  /** Of the fields in `refuses`, what they are where the config does not write them. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** What was found by trying: no class says it. */
  readonly tried: Tried;
}

/** What a model of a class does not live with, although the class accepts it. Names between spaces. */
export interface Tried {
  /** Numbers that must be 1 or more. */
  readonly positive?: string;
  /** Numbers that must be 0 or more. */
  readonly not_negative?: string;
  /** Fields that may be null by their type alone. */
  readonly not_null?: string;
  /** Widths that must hold a pair of dims at least. */
  readonly pairs?: string;
  /** Of the words of `layer_types`, those that its layers can be. */
  readonly layer_types?: string;
  /** The kind of its rotary positions where the config gives none, if it is not the default one. */
  readonly rope?: string;
}

/** What the config classes of a release accept. */
export interface Configs {
  readonly activations: readonly string[];
  readonly dtypes: readonly string[];
  readonly layer_types: readonly string[];
  readonly mlp_layer_types: readonly string[];
  /** Older names of some of these words, which are read as the new ones. */
  readonly old_layer_types: readonly string[];
  /** Kind of rotary positions → the keys that it cannot do without. */
  readonly rope: Readonly<Record<string, readonly string[]>>;
  /** The class of a model type; undefined for one that is not a MoE of this release, nor a part of one. */
  ofType(modelType: string): ConfigClass | undefined;
  named(name: string): ConfigClass | undefined;
}

type ClassRow = Partial<Omit<ConfigClass, "name" | "fields" | "tried">> & {
  /** Type → the fields that have it, between spaces. */
  readonly fields?: Readonly<Record<string, string>>;
};

/** What `scripts/extract_configs.py` writes. */
interface ConfigsFile extends Omit<Configs, "ofType" | "named"> {
  readonly types: object;
  /** Of a release that has another before it, those that differ. */
  readonly classes: object;
}

/** Reads a release's file of config classes, one class at a time. `tried`: what `scripts/try_configs.ts` writes. */
export function readConfigs(file: ConfigsFile, tried: object, before?: Configs): Configs {
  const types: Readonly<Record<string, string>> = { ...file.types };
  const { activations, dtypes, layer_types, mlp_layer_types, old_layer_types, rope } = file;
  const named = (name: string) => {
    const row: ClassRow | undefined = own(file.classes, name);
    return row === undefined ? before?.named(name) : classOf(name, row);
  };
  const withTried = (name: string) => {
    const found = named(name);
    return found === undefined ? undefined : { ...found, tried: own<Tried>(tried, name) ?? found.tried };
  };
  return {
    ...{ activations, dtypes, layer_types, mlp_layer_types, old_layer_types, rope },
    named: withTried,
    ofType: (modelType) => (Object.hasOwn(types, modelType) ? withTried(types[modelType] ?? "") : undefined),
  };
}

function classOf(name: string, row: ClassRow): ConfigClass {
  const fields = Object.entries(row.fields ?? {}).flatMap(([type, names]) =>
    names.split(" ").map((field) => [field, type] as const),
  );
  return {
    name,
    aliases: {},
    parts: {},
    activations: [],
    pads: false,
    rope_labels: [],
    rope_type: "",
    uses: [],
    rewrites: [],
    own_layer_types: false,
    refuses: [],
    defaults: {},
    tried: {},
    ...row,
    fields: new Map(fields),
  };
}

/** What an object of a data file holds under a name, and none of what every object has. */
function own<Row>(rows: object, name: string): Row | undefined {
  return Object.hasOwn(rows, name) ? Reflect.get(rows, name) : undefined;
}
