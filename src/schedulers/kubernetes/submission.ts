import type { Submission } from "../scheduler.ts";

/** What picks out the pods of a job, and more of them the first. */
const first = "batch.kubernetes.io/job-completion-index=0";

/**
 * kubectl creates what a file holds, and finds its pods by a label.
 *
 * @param pods the label.
 * @param afterTold what a job does whose pods were told to save.
 */
export function submission(
  file: string,
  { namespace }: { readonly namespace?: string },
  { pods, afterTold }: { readonly pods: string; readonly afterTold: string },
): Submission {
  const kubectl = (...words: readonly string[]) => ["kubectl", ...words];
  const within = namespace === undefined ? [] : ["--namespace", namespace];
  const selected = (selector: string) => [...within, "--selector", selector];
  return {
    steps: [{ what: "train", command: kubectl("create", "--filename", `{bundle}/${file}`) }],
    follow: [
      { command: kubectl("get", "pods", ...selected(pods), "--watch"), what: "its pods" },
      {
        command: kubectl("logs", ...selected(pods), "--follow", "--prefix", "--max-log-requests=1000", "--tail=-1"),
        what: "what they print, once they run",
      },
      { command: kubectl("delete", "pods", ...selected(`${pods},${first}`), "--wait=false"), what: afterTold },
      { command: kubectl("delete", "--filename", `{bundle}/${file}`), what: "save, and end it" },
    ],
  };
}
