/** Numbers to places of a picture, and the values that its lines stand at. */

/** Where a value of `from` to `to` is between 0 and `size`; two digits are finer than any screen. */
export function scaled(value: number, from: number, to: number, size: number): number {
  return to > from ? Math.round(((value - from) / (to - from)) * size * 100) / 100 : size / 2;
}

/** Round values inside of a range, about `most` of them and from four on two at least; `base` is what counts as one. */
export function ticksOf(from: number, to: number, most: number, base = 1): number[] {
  const rough = (to - from) / base / most;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= 0.7 * rough) ?? 10) * power * base;
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

/** What binary unit a picture of so many bytes counts in. */
export function unitOf(bytes: number): { readonly name: string; readonly size: number } {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return { name: units[power] ?? "B", size: 1024 ** power };
}
