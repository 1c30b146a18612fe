/** What a formula's names stand for. */
export interface Scope {
  /** The value of a key, which may lead into a part: "vision_config.depth". */
  get(name: string): unknown;
  /** Whether a key is there and not null. */
  has(name: string): boolean;
  /** A layer's own value of a key, of a config that lists what differs by layer; undefined where none does. */
  override(name: string): unknown;
}

/** A formula, ready to be worked out for a layer. */
type Formula = (scope: Scope, layer: number) => unknown;

const parsed = new Map<string, Formula>();

/**
 * Works a formula of a family's record out: sums and products of a config's keys, comparisons, `a ? b : c`, `list[i]` for
 * layer `i`. The record's author wrote it, not the user: what cannot be parsed is a bug, and throws.
 */
export function evaluate(text: string, scope: Scope, layer = 0): unknown {
  let formula = parsed.get(text);
  if (formula === undefined) {
    formula = new Parser(text).all();
    parsed.set(text, formula);
  }
  return formula(scope, layer);
}

/** Whether a value counts as true, as in Python: nothing, zero and what is empty do not. */
export function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** A number of what may be anything; what is none counts as 0, and is reported where it is read. */
function num(value: unknown): number {
  return typeof value === "number" ? value : Number(value === true);
}

const token = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|'([^']*)'|(\/\/|&&|\|\||[<>=!]=|[-+*%<>?:()[\],!]))/y;

type Token = { readonly kind: "number" | "name" | "text" | "sign" | "end"; readonly text: string };

const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["null", null],
  ["true", true],
  ["false", false],
]);

const functions: Readonly<Record<string, (values: readonly unknown[], scope: Scope) => unknown>> = {
  max: (values) => Math.max(...values.map(num)),
  min: (values) => Math.min(...values.map(num)),
  len: ([list]) => (Array.isArray(list) || typeof list === "string" ? list.length : 0),
  is_list: ([value]) => Array.isArray(value),
  numbers: ([list]) => (typeof list === "string" ? list.split(",").map(Number) : list),
  override: ([key, otherwise], scope) => scope.override(String(key)) ?? otherwise,
};

const operators: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  "+": (a, b) => num(a) + num(b),
  "-": (a, b) => num(a) - num(b),
  "*": (a, b) => num(a) * num(b),
  "//": (a, b) => Math.floor(num(a) / Math.max(num(b), 1)),
  "%": (a, b) => num(a) % Math.max(num(b), 1),
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => num(a) < num(b),
  ">": (a, b) => num(a) > num(b),
  "<=": (a, b) => num(a) <= num(b),
  ">=": (a, b) => num(a) >= num(b),
  in: (a, b) => Array.isArray(b) && b.includes(a),
};

/** From what binds least to what binds most. */
const levels = [
  ["==", "!=", "<", ">", "<=", ">=", "in"],
  ["+", "-"],
  ["*", "//", "%"],
];

class Parser {
  private readonly tokens: Token[] = [];
  private at = 0;

  constructor(private readonly text: string) {
    token.lastIndex = 0;
    for (let found = token.exec(text); found !== null; found = token.exec(text)) {
      const [, number, name, quoted, sign] = found;
      if (number !== undefined) this.tokens.push({ kind: "number", text: number });
      else if (name !== undefined) this.tokens.push({ kind: "name", text: name });
      else if (quoted !== undefined) this.tokens.push({ kind: "text", text: quoted });
      else this.tokens.push({ kind: "sign", text: sign ?? "" });
      if (token.lastIndex === text.length) break;
    }
    this.tokens.push({ kind: "end", text: "" });
  }

  all(): Formula {
    const formula = this.choice();
    if (this.next.kind !== "end") throw new Error(`cannot read the formula ${this.text}`);
    return formula;
  }

  private get next(): Token {
    return this.tokens[this.at] ?? { kind: "end", text: "" };
  }

  private takes(text: string): boolean {
    const isIt = this.next.text === text && this.next.kind !== "text" && this.next.kind !== "end";
    if (isIt) this.at++;
    return isIt;
  }

  private expect(text: string): void {
    if (!this.takes(text)) throw new Error(`cannot read the formula ${this.text}: ${text} is missing`);
  }

  private choice(): Formula {
    const condition = this.either();
    if (!this.takes("?")) return condition;
    const yes = this.choice();
    this.expect(":");
    const no = this.choice();
    return (scope, layer) => (isTrue(condition(scope, layer)) ? yes : no)(scope, layer);
  }

  private either(): Formula {
    let left = this.both();
    while (this.takes("||")) {
      const [first, second] = [left, this.both()];
      left = (scope, layer) => isTrue(first(scope, layer)) || isTrue(second(scope, layer));
    }
    return left;
  }

  private both(): Formula {
    let left = this.binary(0);
    while (this.takes("&&")) {
      const [first, second] = [left, this.binary(0)];
      left = (scope, layer) => isTrue(first(scope, layer)) && isTrue(second(scope, layer));
    }
    return left;
  }

  private binary(level: number): Formula {
    const signs = levels[level];
    if (signs === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const sign = signs.find((each) => this.takes(each));
      const operate = sign === undefined ? undefined : operators[sign];
      if (operate === undefined) return left;
      const [first, second] = [left, this.binary(level + 1)];
      left = (scope, layer) => operate(first(scope, layer), second(scope, layer));
    }
  }

  private unary(): Formula {
    if (this.takes("!")) {
      const inner = this.unary();
      return (scope, layer) => !isTrue(inner(scope, layer));
    }
    if (this.takes("-")) {
      const inner = this.unary();
      return (scope, layer) => -num(inner(scope, layer));
    }
    let value = this.primary();
    while (this.takes("[")) {
      const [list, index] = [value, this.choice()];
      this.expect("]");
      value = (scope, layer) => item(list(scope, layer), num(index(scope, layer)));
    }
    return value;
  }

  private primary(): Formula {
    const { kind, text } = this.next;
    this.at++;
    if (kind === "number") return () => Number(text);
    if (kind === "text") return () => text;
    if (text === "(") {
      const inner = this.choice();
      this.expect(")");
      return inner;
    }
    if (text === "[") {
      const items = this.list("]");
      return (scope, layer) => items.map((each) => each(scope, layer));
    }
    if (kind !== "name") throw new Error(`cannot read the formula ${this.text} at ${text}`);
    if (text === "i") return (_, layer) => layer;
    if (literals.has(text)) return () => literals.get(text);
    if (text === "has" && this.takes("(")) {
      const key = this.next.text;
      this.at++;
      this.expect(")");
      return (scope) => scope.has(key);
    }
    const called = functions[text];
    if (called !== undefined && this.takes("(")) {
      const values = this.list(")");
      return (scope, layer) =>
        called(
          values.map((each) => each(scope, layer)),
          scope,
        );
    }
    return (scope) => scope.get(text);
  }

  private list(end: string): Formula[] {
    const items: Formula[] = [];
    while (!this.takes(end)) {
      items.push(this.choice());
      if (!this.takes(",")) {
        this.expect(end);
        break;
      }
    }
    return items;
  }
}

/** An item of a list or a letter of a text; what is the same for every layer is its own item. */
function item(list: unknown, index: number): unknown {
  if (Array.isArray(list)) return list[index];
  return typeof list === "string" ? list[index] : list;
}
