/** Why a text is no safetensors header, in words for a message. Thrown and caught inside this room only. */
export class Malformed extends Error {}

/** The sizes of a tensor's dims. Thousands of tensors share a handful of them, so each is kept once. */
export interface Shape {
  readonly dims: readonly number[];
  /** Their product, zeros counted as ones: what must not overflow. */
  readonly product: bigint;
  /** The number of elements. */
  readonly elements: number;
}

const code = { quote: 0x22, backslash: 0x5c, zero: 0x30, nine: 0x39 } as const;
const overflow = 2n ** 64n;

/**
 * Reads the few tokens of JSON that a safetensors header consists of, left to right. `JSON.parse` takes too much: names
 * written twice, `1.0` and `1e3` as sizes, halves of surrogate pairs.
 */
export class Scanner {
  /** Offset of the next character. */
  at = 0;
  private readonly shapes = new Map<string, Shape>();

  constructor(readonly text: string) {}

  space(): void {
    for (;;) {
      const char = this.text.charCodeAt(this.at);
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
      this.at++;
    }
  }

  /** Whether `char` stands here; if so it is taken, with the whitespace around it. */
  takes(char: string): boolean {
    this.space();
    if (this.text[this.at] !== char) return false;
    this.at++;
    this.space();
    return true;
  }

  expect(char: string): void {
    if (!this.takes(char)) throw this.unexpected(`"${char}"`);
  }

  unexpected(wanted: string): Malformed {
    return new Malformed(
      this.at >= this.text.length
        ? `its header ends where ${wanted} is expected`
        : `${wanted} is expected at character ${this.at + 1} of its header`,
    );
  }

  /** A text in double quotes, its escapes resolved. */
  string(): string {
    const start = this.at;
    if (this.text.charCodeAt(start) !== code.quote) throw this.unexpected("a text in double quotes");
    let isEscaped = false;
    for (let at = start + 1; ; at++) {
      const char = this.text.charCodeAt(at);
      if (char === code.quote) {
        this.at = at + 1;
        return isEscaped ? this.unescaped(start, at + 1) : this.text.slice(start + 1, at);
      }
      if (char === code.backslash) {
        isEscaped = true;
        at++;
      } else if (!(char >= 0x20)) {
        // A control character, or NaN: the end.
        this.at = at;
        throw this.unexpected("the rest of a text");
      }
    }
  }

  private unescaped(start: number, end: number): string {
    const written = this.text.slice(start, end);
    let value: unknown;
    try {
      value = JSON.parse(written);
    } catch {
      throw new Malformed(`its header has an invalid escape in ${shown(written)}`);
    }
    if (typeof value !== "string" || /\p{Cs}/u.test(value)) throw new Malformed(`${shown(written)} is no Unicode text`);
    return value;
  }

  /** A whole number, 0 or more, in plain digits. Beyond 2^53 it is not exact. */
  size(): number {
    return Number(this.digits());
  }

  private digits(): string {
    const start = this.at;
    let at = start;
    for (let char = this.text.charCodeAt(at); char >= code.zero && char <= code.nine; char = this.text.charCodeAt(at)) {
      at++;
    }
    const length = at - start;
    const hasZero = length > 1 && this.text.charCodeAt(start) === code.zero;
    const next = this.text[at] ?? "";
    if (length === 0 || length > 20 || hasZero || ".eE".includes(next || " ")) {
      const written = /^[-+.\w]*/.exec(this.text.slice(start, start + 41))?.[0] ?? "";
      if (written === "") throw this.unexpected("a whole number");
      throw new Malformed(`${shown(written)} is no size`);
    }
    this.at = at;
    return this.text.slice(start, at);
  }

  /** A list of sizes. */
  shape(): Shape {
    const start = this.at;
    const end = this.text.indexOf("]", start) + 1;
    const written = this.text.slice(start, end);
    const known = this.shapes.get(written);
    if (known !== undefined) {
      this.at = end;
      return known;
    }
    const shape = this.newShape();
    if (this.at === end) this.shapes.set(written, shape);
    return shape;
  }

  private newShape(): Shape {
    if (this.text[this.at] !== "[") throw this.unexpected("a list of sizes");
    this.expect("[");
    const dims: number[] = [];
    let product = 1n;
    if (this.text[this.at] !== "]") {
      do {
        const digits = this.digits();
        dims.push(Number(digits));
        product *= BigInt(digits) || 1n;
        if (product >= overflow) throw new Malformed("a tensor of its header has an impossible shape");
      } while (this.takes(","));
    }
    this.space();
    if (this.text[this.at] !== "]") throw this.unexpected('"]"');
    this.at++;
    return { dims, product, elements: dims.includes(0) ? 0 : Number(product) };
  }
}

/** A piece of a hostile text, short enough for a message. */
export function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** `[768, 2048]` */
export function shapeInWords(dims: readonly number[]): string {
  return shown(`[${dims.slice(0, 40).join(", ")}]`);
}
