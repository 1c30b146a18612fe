/**
 * Characters that must not reach a terminal as they are: they move the cursor, change colours, or make a line read
 * otherwise than it is written (bidirectional controls, invisible characters, lone surrogates).
 */
const unseen =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/gu;

/** Text from outside with every such character spelt out, tabs and line ends among them: `\x1b`, `\u202e`. */
export function visible(text: string): string {
  return text.replace(unseen, spell);
}

const short: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function spell(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return short[char] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
