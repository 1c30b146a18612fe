/** Whether a value is what YAML calls a mapping and JSON an object. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as a message quotes it, on one line; of a long one the first of `most` characters. */
export function show(value: unknown, most = 60): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const shown = JSON.stringify(value) ?? "nothing";
  return shown.length > most ? `${shown.slice(0, most - 3)}...` : shown;
}
