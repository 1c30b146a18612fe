import { entries, text } from "../entry.ts";

export const launch = entries({
  PLN5001: {
    severity: "error",
    title: "unknown GPU",
    messages: { default: text`unknown GPU ${"name"}; known are ${"known"}` },
    help: "for another GPU, write its figures: gpu: { name: my-gpu, memory_gb: 96 }",
    docs: `planc compares what a rank must hold with the GPU's memory, so it needs to know the GPU.

Wrong:

\`\`\`yaml
cluster:
  gpu: h100
\`\`\`

Right:

\`\`\`yaml
cluster:
  gpu: h100-sxm-80gb
\`\`\`

or, for a GPU that planc has no record of:

\`\`\`yaml
cluster:
  gpu: { name: my-gpu, memory_gb: 96 }
\`\`\``,
  },
  PLN5002: {
    severity: "error",
    title: "training states do not fit the GPU",
    messages: {
      default: text`a rank needs ${"needed"} for parameters, gradients and optimizer states; a ${"gpu"} has ${"memory"}`,
    },
    docs: `What a rank holds for the whole run is known before anything starts: its shard of the parameters, their
gradients and the optimizer's states. When that alone is more than the GPU's memory, the job dies in its first step.
Activations, gathered weights and communication buffers come on top.

Wrong (30.5B parameters x 16 bytes / 4 ranks = 113.7 GiB on an 80 GB GPU):

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { ep_size: 4, fsdp_size: 4 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\`

More ranks in \`fsdp_size\` divide the states further; \`dp_replicate_size\` does not. \`precision.parameters: bfloat16\`
halves them, at the price of rounding every update.`,
  },
  PLN5003: {
    severity: "warning",
    title: "little memory left beside the training states",
    messages: {
      default: text`parameters, gradients and optimizer states take ${"needed"} of the ${"memory"} of a ${"gpu"}: ${"left"} are left for activations, gathered weights and buffers`,
    },
    help: "shard over more ranks, or lower max_length and per_device_train_batch_size if the first step runs out of memory",
    docs: `The states fit, but one tenth of the GPU's memory or less is left for everything else: activations, the
gathered weights of the layer at work, communication buffers, fragmentation. Such a job usually dies in its first steps.

Wrong:

\`\`\`yaml
cluster: { gpu: { name: gpu-62, memory_gb: 62 }, nodes: 1, gpus_per_node: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 8 }
\`\`\``,
  },
  PLN5020: {
    severity: "error",
    title: "the output folder is something else",
    messages: {
      default: text`${"folder"} is a file; a bundle is a folder`,
      link: text`${"folder"} is a symbolic link; a bundle is a folder of its own`,
      other: text`${"folder"} is a device, a socket or a pipe; a bundle is a folder`,
    },
    help: "give the folder with --out, or move away what lies there",
    docs: `A plan compiles to a folder. planc makes it, or writes into the one that it made before; it never replaces
something else, and it does not write through a symbolic link, which may lead where nobody expects it. A folder above
may be a link.

Wrong:

\`\`\`console
$ touch bundle
$ planc compile plan.yaml --out bundle
\`\`\`

Right:

\`\`\`console
$ planc compile plan.yaml --out bundles/first
\`\`\``,
  },
  PLN5021: {
    severity: "error",
    title: "the output folder cannot be written",
    messages: {
      default: text`cannot write ${"path"}: ${"why"}`,
      read: text`cannot read ${"path"}: ${"why"}`,
    },
    help: "nothing was changed; make room or give a folder that you may write with --out",
    docs: `The system refused to read or write a file of the bundle: a folder without write permission, a read-only
file system, a full disk. planc prepares every file before it puts the first in its place, so an earlier bundle is as it
was.

Wrong:

\`\`\`console
$ planc compile plan.yaml --out /usr/share/bundle
\`\`\`

Right:

\`\`\`console
$ planc compile plan.yaml --out ~/bundle
\`\`\``,
  },
  PLN5022: {
    severity: "error",
    title: "the output folder holds something else than a bundle",
    messages: {
      default: text`${"folder"} is not a bundle: it holds ${"names"}`,
      lock: text`${"folder"}/plan.lock.json is not as planc wrote it, so planc cannot tell its own files in ${"folder"}`,
    },
    help: "give a folder that is empty or not there yet with --out, or move these files away",
    docs: `planc writes into a folder that does not exist, that is empty, or that holds a bundle. A bundle is known by its
\`plan.lock.json\`, which names every file that planc wrote and its digest. Your own files beside those of a bundle stay
as they are; a folder of your own is not turned into a bundle.

Wrong:

\`\`\`console
$ planc compile plan.yaml --out .
\`\`\`

Right:

\`\`\`console
$ planc compile plan.yaml --out bundle
\`\`\`

Where \`plan.lock.json\` itself was edited or holds the marks of a merge, remove the whole folder and compile again.`,
  },
  PLN5023: {
    severity: "error",
    title: "a file in the bundle is not planc's",
    messages: {
      default: text`${"path"} was changed since planc wrote it`,
      foreign: text`${"path"} was not written by planc, and the bundle has a file of that name`,
      kind: text`${"path"} is not a file that planc wrote: it is a folder, a link or something else in the way of one`,
    },
    help: "move it away, or delete it to have planc's own again; nothing was changed",
    docs: `\`plan.lock.json\` holds the digest of every file that planc wrote. A file that has another one by now holds
work of yours, and planc does not overwrite it. Changes that should last belong into the plan, or into a copy of the file
under another name.

Wrong:

\`\`\`console
$ $EDITOR generated/job/train.py
$ planc compile job.yaml
\`\`\`

Right:

\`\`\`console
$ cp generated/job/train.py generated/job/my_train.py
$ $EDITOR generated/job/my_train.py
$ planc compile job.yaml
\`\`\``,
  },
  PLN5024: {
    severity: "error",
    title: "two plans compile to one folder",
    messages: { default: text`${"folder"} is the bundle of ${"other"} already` },
    help: "give each plan a name of its own",
    docs: `A bundle's folder has the name of its plan. Two plans of one name, compiled in one call, would write the same
folder one after the other.

Wrong:

\`\`\`console
$ grep name: a.yaml b.yaml
a.yaml:name: job
b.yaml:name: job
$ planc compile a.yaml b.yaml
\`\`\`

Right:

\`\`\`console
$ grep name: a.yaml b.yaml
a.yaml:name: job-a
b.yaml:name: job-b
$ planc compile a.yaml b.yaml
\`\`\``,
  },
  PLN5025: {
    severity: "error",
    title: "writing a bundle stopped half-way",
    messages: {
      default: text`${"folder"} holds files of two compilations: putting ${"path"} in its place failed: ${"why"}`,
      remove: text`${"folder"} holds files of two compilations: removing ${"path"} failed: ${"why"}`,
    },
    help: "compile again once the cause is gone; planc knows these files for its own and finishes the work",
    docs: `Every file was prepared and some were in their places when the system refused to rename the next one, or
to remove one that the plan no longer has. That is rare: permissions and a full disk show up before. The bundle must not be used as it is.

Wrong:

\`\`\`console
$ chattr +i generated/job/train.py
$ planc compile job.yaml
\`\`\`

Right:

\`\`\`console
$ chattr -i generated/job/train.py
$ planc compile job.yaml
\`\`\``,
  },
  PLN5026: {
    severity: "error",
    title: "another planc writes this bundle",
    messages: { default: text`another planc (process ${"pid"}) is writing ${"folder"}` },
    help: "compile again when it has ended; nothing was changed",
    docs: `Two compilations into one folder at the same time would leave files of both. planc waits some seconds for the
other to end before it says this. A process that was killed while it wrote holds nobody up, unless its number has gone to
another one since; ten minutes later that does not count any more.

Wrong:

\`\`\`console
$ planc compile a.yaml --out bundle & planc compile b.yaml --out bundle
\`\`\`

Right:

\`\`\`console
$ planc compile a.yaml --out bundle-a & planc compile b.yaml --out bundle-b
\`\`\``,
  },
  PLN5027: {
    severity: "error",
    title: "environment variable that cannot be set",
    messages: { default: text`cluster.env cannot set ${"name"}: ${"why"}` },
    help: "leave it out",
    docs: `Some names are not free: bash makes a few variables read-only or computes them anew, torchrun tells every process
its rank by others, and \`launch.sh\` has a few of its own. What \`cluster.env\` says of them would stop the job or be lost.

Wrong:

\`\`\`yaml
cluster:
  env: { WORLD_SIZE: 8 }
\`\`\`

Right:

\`\`\`yaml
cluster:
  nodes: 1
  gpus_per_node: 8
\`\`\``,
  },
  PLN5028: {
    severity: "warning",
    title: "text that is not expanded",
    messages: { default: text`${"path"} holds ${"what"}, which reaches the job as it is written: nothing is expanded` },
    help: "write out what it stands for",
    docs: `Paths and environment variables of a plan are handed on exactly as they are written, whatever they hold. A shell
would replace a \`~\` at the beginning and \`$NAME\`; here they would name a folder called \`~\` or \`$NAME\`.

Wrong:

\`\`\`yaml
cluster:
  env: { HF_HOME: $SCRATCH/hf }
\`\`\`

Right:

\`\`\`yaml
cluster:
  env: { HF_HOME: /scratch/me/hf }
\`\`\``,
  },
  PLN5040: {
    severity: "error",
    title: "attention does not fit the GPU",
    messages: {
      default: text`attention by ${"implementation"} takes ${"attention"} a micro-batch (${"shape"}) beside ${"states"} of parameters, gradients and optimizer states; a ${"gpu"} has ${"memory"}`,
    },
    docs: `Eager attention writes out the score of each pair of tokens, for each head: rows x heads x length x length
numbers. At 32,768 tokens and 64 heads that is 137 GB for one tensor in bfloat16, and several of them live at once. gpt_oss
is eager by default, because its attention sinks are nothing that sdpa computes. FlashAttention keeps no scores.

sdpa keeps none either, but where it is given a mask (sequences that are padded, packed, or longer than a sliding window)
the mask is rows x length x length, once as true and false and in each layer once more as numbers.

| counted | bytes |
|---|---|
| eager, the layer at work | scores x 16; with sinks, x 4 of the compute format |
| eager, every other layer without recompute | scores x 6 in bfloat16, x 4 in float32; with sinks, x 1 of the compute format |
| eager, masks | one number of the compute format for each pair, one mask for each kind of layer |
| sdpa with a mask | 1 for each pair, and one number of the compute format in each layer that keeps it |

Activations, gathered weights and the logits come on top, so a plan below this bound may still be too large.

Wrong:

\`\`\`yaml
model: { config: gpt-oss-20b/config.json, checkpoint: openai/gpt-oss-20b }
sft: { max_length: 32768, packing: true, packing_strategy: wrapped }
\`\`\`

Right:

\`\`\`yaml
model:
  config: gpt-oss-20b/config.json
  checkpoint: openai/gpt-oss-20b
  attn_implementation: kernels-community/vllm-flash-attn3
sft: { max_length: 32768, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
  PLN5041: {
    severity: "warning",
    title: "little memory left beside attention",
    messages: {
      default: text`attention by ${"implementation"} takes ${"attention"} a micro-batch (${"shape"}) beside ${"states"} of parameters, gradients and optimizer states: little of the ${"memory"} of a ${"gpu"} is left`,
    },
    docs: `The scores or masks of attention fit beside the training states, but one tenth of the GPU's memory or less is
left for activations, gathered weights and buffers. How they are counted: PLN5040.

Wrong:

\`\`\`yaml
model: { config: gpt-oss-20b/config.json, checkpoint: openai/gpt-oss-20b }
sft: { max_length: 9000, packing: true, packing_strategy: wrapped }
\`\`\`

Right:

\`\`\`yaml
model: { config: gpt-oss-20b/config.json, checkpoint: openai/gpt-oss-20b }
sft: { max_length: 4096, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
  PLN5050: {
    severity: "warning",
    title: "a checkpoint folder without weights",
    messages: { default: text`${"folder"} has no weights here: the job will load them from there` },
    help: "put the weights there before the job starts, or name the folder or Hub id that has them",
    docs: `A plan can be written where the weights are not: a folder with the model's config.json is enough for every other
check. The job reads the weights from \`model.checkpoint\`, so on the machine that trains they have to be there. \`launch.sh\` looks
for them before it takes the GPUs.

\`\`\`console
$ ls models/my-model
config.json
$ planc check plans/my-plan.yaml
warning PLN5050: models/my-model has no weights here: the job will load them from there
\`\`\``,
  },
  PLN5051: {
    severity: "error",
    title: "no plan fits the cluster",
    messages: {
      default: text`${"gpus"} of ${"memory"} are too few for ${"model_type"} with ${"total"} parameters: parameters, gradients and optimizer states take ${"full"} in float32 and ${"half"} in bfloat16`,
      rules: text`no mesh of ${"gpus"} passes the rules for ${"model_type"} with ${"num_experts"} experts`,
    },
    docs: `\`planc init\` tries every way to share a model among the cluster's GPUs, with parameters in float32 and in bfloat16, and writes the first
that the rules accept. Where it says this, none of them did: mostly because the states of training do not fit in the GPUs' memory.
Its help names a cluster of the same GPUs that is large enough. Nothing is written.

\`\`\`console
$ planc init models/qwen3-30b-a3b --gpu h100-sxm-80gb --gpus-per-node 2
error PLN5051: 2 GPUs of 79.6 GiB are too few for qwen3_moe with 30,532,122,624 parameters: ...
\`\`\``,
  },
  PLN5052: {
    severity: "warning",
    title: "a long run that saves nothing on its way",
    messages: {
      default: text`${"length"} and no checkpoint on the way: what ends the run early takes all of it`,
      late: text`${"length"} and the first checkpoint after step ${"save_steps"}: what ends the run early takes all of it`,
    },
    help: 'write save_steps, or save_strategy: "no" to say that nothing is to be kept',
    docs: `A run keeps its trained model at the end. A machine that fails before that takes everything, unless the run saved checkpoints:
then \`./launch.sh --resume\` goes on from the newest. Without \`save_strategy\`, \`save_steps\` or \`save_total_limit\` planc saves none, since a
checkpoint with its optimizer states is large (12 bytes a parameter in float32).

planc says so from 100 steps on, and where the length of a run is given in epochs, which nobody can count beforehand. A step of a model
with experts takes seconds to a minute, so a hundred are between some minutes and hours; loading the model again takes minutes, and for less than
that a checkpoint is not worth its disk. Where \`save_strategy: "no"\` is written the plan has decided, and nothing is said.

Wrong:

\`\`\`yaml
sft:
  max_steps: 100
\`\`\`

Right:

\`\`\`yaml
sft:
  max_steps: 100
  save_strategy: steps
  save_steps: 50
  save_total_limit: 2
\`\`\``,
  },
});
