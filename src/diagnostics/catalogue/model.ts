import { entries, text } from "../entry.ts";

export const model = entries({
});
