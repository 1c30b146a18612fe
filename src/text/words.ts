/** Writers for the numbers and lists of messages: one way to say a thing everywhere. */

/** `["a", "b", "c"]` → "a, b or c". */
export function orList(items: readonly (string | number)[]): string {
  return joinList(items, "or");
}

/** `["a", "b", "c"]` → "a, b and c". */
export function andList(items: readonly (string | number)[]): string {
  return joinList(items, "and");
}

function joinList(items: readonly (string | number)[], word: string): string {
  if (items.length <= 1) return String(items[0] ?? "");
  return `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

/** 30532122624 → "30,532,122,624". */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `plural(1, "expert")` → "1 expert", `plural(16, "expert")` → "16 experts". */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Bytes in binary units with one decimal: 61064245248 → "56.9 GiB". */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${scaled.toFixed(1)} ${units[unit]}`;
}

/** Positive divisors of a whole number, ascending. */
export function divisors(value: number): number[] {
  const low: number[] = [];
  const high: number[] = [];
  for (let d = 1; d * d <= value; d++) {
    if (value % d !== 0) continue;
    low.push(d);
    if (d * d !== value) high.unshift(value / d);
  }
  return [...low, ...high];
}

/** At most `most` of the legal values, the ones nearest to what was written, ascending. */
export function nearest(written: number, legal: readonly number[], most = 5): number[] {
  return [...legal]
    .sort((a, b) => Math.abs(a - written) - Math.abs(b - written) || a - b)
    .slice(0, most)
    .sort((a, b) => a - b);
}
