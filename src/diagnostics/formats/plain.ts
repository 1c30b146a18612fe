import { visible } from "../../text/visible.ts";
import { type Format, placeOf } from "./format.ts";

/** One line a diagnostic, for `grep`, editors' problem matchers and logs: `file:line:col: error PLN3001: message`. */
export const plain: Format = ({ diagnostics }) =>
  diagnostics
    .map(({ location, severity, code, message }) => `${placeOf(location)}: ${severity} ${code}: ${visible(message)}\n`)
    .join("");
