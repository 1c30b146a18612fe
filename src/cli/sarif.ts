import { sarif as sarifWith } from "../diagnostics/formats/sarif.ts";
import { catalogue } from "../generated/catalogue.ts";

/** The only format that needs the catalogue's pages, so they are read with it alone. */
export const sarif = sarifWith(catalogue);
