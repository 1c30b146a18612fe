import type { Case } from "../diagnostics/case.ts";
import { PLN1002 } from "../diagnostics/catalogue/source.ts";
import type { Result } from "../diagnostics/diagnostic.ts";
import type { Location } from "../text/location.ts";

/** Bytes as UTF-8 text without its byte order mark; anything else is refused with the first invalid byte. */
export function decode(file: string, bytes: Uint8Array, blame: Location): Result<string> {
  try {
    return { value: new TextDecoder("utf-8", { fatal: true }).decode(bytes), diagnostics: [] };
  } catch {
    const offset = firstInvalid(bytes);
    const wide = utf16(bytes);
    const diagnostic = wide
      ? PLN1002(blame, { file, encoding: wide }, { variant: "utf16" })
      : PLN1002(blame, { file, offset, line: lineOf(bytes, offset) });
    return { value: undefined, diagnostics: [diagnostic] };
  }
}

function utf16(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "UTF-16 LE";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "UTF-16 BE";
  return undefined;
}

/** Where the character begins that cannot be one. */
function firstInvalid(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isPrefix(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, low), { stream: true });
  return new TextEncoder().encode(whole).length;
}

function isPrefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function lineOf(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let at = 0; at < offset; at++) if (bytes[at] === 0x0a) line++;
  return line;
}

export const cases: readonly Case[] = [
  {
    name: "a byte of Latin-1 on the second line",
    plan: `
cluster: shared.yaml
#@ [10:21) PLN1002 shared.yaml is not UTF-8 text: the byte at offset 3, line 2, is invalid
#@   help: save it as UTF-8
`,
    // "a:\n", and é in Latin-1.
    files: { "shared.yaml": { base64: "YToK6Qo=" } },
  },
  {
    name: "a character that is cut off, behind one that is whole",
    plan: `
model: { config: config.json, checkpoint: /data/model }
#@ [18:29) PLN1002 config.json is not UTF-8 text: the byte at offset 2, line 1, is invalid
#@   help: save it as UTF-8
`,
    // "ä€" without its last byte.
    files: { "config.json": { base64: "w6Tigg==" } },
  },
  {
    name: "UTF-16 with the low byte first",
    plan: `
cluster: shared.yaml
#@ [10:21) PLN1002 shared.yaml is UTF-16 LE text, not UTF-8
#@   help: save it as UTF-8
`,
    files: { "shared.yaml": { base64: "//5hAA==" } },
  },
  {
    name: "UTF-16 with the high byte first",
    plan: `
cluster: shared.yaml
#@ [10:21) PLN1002 shared.yaml is UTF-16 BE text, not UTF-8
#@   help: save it as UTF-8
`,
    files: { "shared.yaml": { base64: "/v8AYQ==" } },
  },
  {
    name: "a byte order mark of UTF-8 is none of the text",
    shows: "nothing",
    plan: `
cluster: shared.yaml
`,
    // A mark, and the section between braces.
    files: { "shared.yaml": { base64: "77u/e2dwdTogaDEwMC1zeG0tODBnYiwgbm9kZXM6IDEsIGdwdXNfcGVyX25vZGU6IDh9" } },
  },
];
