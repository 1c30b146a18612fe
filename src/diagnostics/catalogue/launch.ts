import { entries, text } from "../entry.ts";

export const launch = entries({
});
