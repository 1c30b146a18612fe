import { entries, text } from "../entry.ts";

export const stack = entries({
});
