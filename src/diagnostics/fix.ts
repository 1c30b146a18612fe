import type { Location } from "../text/location.ts";
import type { Fix } from "./diagnostic.ts";

/** The fix that puts `text` in the place of what a location covers. */
export function replaceWith(location: Location, text: string | number, title = `change it to ${text}`): Fix {
  return { title, edits: [{ file: location.file, range: location.range, newText: String(text) }] };
}
