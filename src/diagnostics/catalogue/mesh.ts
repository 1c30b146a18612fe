import { entries, text } from "../entry.ts";

export const mesh = entries({
});
