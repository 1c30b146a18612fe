import type { Lock } from "../../bundle/lock.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { fold } from "../../text/fold.ts";
import { bytes, count } from "../../text/words.ts";
import { parametersText } from "./parameters.ts";

/** What is trained in place of the model: how much, why these, and where each matrix is. Nothing where the model is trained. */
export function adaptersText({ plan, model, adapter, adapters }: MeshFacts, lock: Lock, width: number): string[] {
  if (lock.adapters === null) return [];
  const { trainable_parameters: trained, bytes_on_a_rank } = lock.adapters;
  const share = ((100 * trained) / model.totals.total).toPrecision(2);
  return [
    ...fold(
      `${count(trained)} trainable parameters, ${share} % of the model's; ${bytes(bytes_on_a_rank)} of them on a rank`,
      width,
    ),
    ...(adapter?.reason === undefined ? [] : fold(adapter.reason, width)),
    ...parametersText({ placed: adapters, plan }, width),
  ];
}
