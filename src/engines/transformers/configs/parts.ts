import type { Path } from "../../../source/path.ts";
import type { Source } from "../../../source/source.ts";
import type { Location } from "../../../text/location.ts";
import { isMapping } from "../../../text/values.ts";
import type { ConfigFacts } from "../facts.ts";
import type { ConfigClass } from "../releases/configs.ts";

type Tree = Readonly<Record<string, unknown>>;

/** The config of a model, or of a part of it, and the class that reads it. */
export class ConfigPart {
  constructor(
    readonly source: Source,
    readonly class_: ConfigClass,
    readonly config: Tree,
    readonly path: Path,
  ) {}

  /** The key that the config writes a field with, under whichever of its names; undefined where it does not. */
  keyOf(field: string): string | undefined {
    if (Object.hasOwn(this.config, field)) return field;
    const name = this.nameOf(field);
    return Object.keys(this.config).find((key) => this.nameOf(key) === name);
  }

  /** What the config writes for a field. */
  valueOf(field: string): unknown {
    const key = this.keyOf(field);
    return key === undefined ? undefined : this.config[key];
  }

  /**
   * The type of what a key holds. Of another name of a field it is the field's, where trying has shown that the model
   * works with what is written there: the class checks only the name that it declares.
   */
  typeOf(key: string): string | undefined {
    const { fields, tried, uses } = this.class_;
    const own = fields.get(key);
    if (own !== undefined) return own;
    if (key === "head_dim") return uses.includes(key) ? "int" : undefined;
    if (!isIn(tried.positive, key) && !isIn(tried.not_negative, key) && !isIn(tried.not_null, key)) return undefined;
    const name = this.nameOf(key);
    return [...fields].find(([field]) => this.nameOf(field) === name)?.[1];
  }

  has(field: string): boolean {
    return this.class_.fields.has(field);
  }

  at(...keys: Path): Location {
    return this.source.at([...this.path, ...keys]);
  }

  /** A key as messages name it: with the part that it is in. */
  name(...keys: Path): string {
    return [...this.path, ...keys].join(".");
  }

  private nameOf(key: string): string {
    return this.class_.aliases[key] ?? key;
  }
}

/** Whether one of some names between spaces. */
export function isIn(names: string | undefined, name: string): boolean {
  return names?.split(" ").includes(name) ?? false;
}

/** The config and the configs of its parts, each with its class; none where the release has no such class. */
export function* partsOf({ release, config: source }: ConfigFacts): Iterable<ConfigPart> {
  if (!isMapping(source.value)) return;
  const found = release.configs.ofType(String(source.value["model_type"]));
  if (found !== undefined) yield* within(source, found, source.value, []);

  function* within(source: Source, class_: ConfigClass, config: Tree, path: Path): Iterable<ConfigPart> {
    yield new ConfigPart(source, class_, config, path);
    for (const [key, name] of Object.entries(class_.parts)) {
      const part = config[key];
      const of = isMapping(part) ? partClass(name, part) : undefined;
      if (isMapping(part) && of !== undefined) yield* within(source, of, part, [...path, key]);
    }
  }

  function partClass(name: string, part: Tree): ConfigClass | undefined {
    if (!name.startsWith("*")) return release.configs.named(name);
    return release.configs.ofType(typeof part["model_type"] === "string" ? part["model_type"] : name.slice(1));
  }
}
