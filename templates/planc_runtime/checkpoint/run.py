"""A run's output folder, taken before anything is loaded, and the checkpoint that the run goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from planc_runtime.checkpoint import folder
from planc_runtime.checkpoint.identity import check_same, run_options
from planc_runtime.checkpoint.lock import lock_folder
from planc_runtime.checkpoint.order import Order, accumulation_for
from planc_runtime.checkpoint.ranks import Ranks
from planc_runtime.errors import UserError, keep_failures
from planc_runtime.output import say
from planc_runtime.paths import plan_folder

# What --resume means without a path: there has to be a checkpoint, or a run without one begins anew.
NEWEST = "newest"
AUTO = "auto"

# The trainer's orders that do not depend on how many ranks share a step.
SHARED_ORDERS = ("random", "sequential")


@dataclass
class Run:
    """
    An output folder that is this run's alone, until the process ends.

    Attributes:
        name: the plan's.
        mesh: size of each axis.
        data: where the rows come from: path, configuration, split.
        checkpoint: the folder to go on from, None for a run from the beginning.
        manifest: its planc.json.
        lock: the open lock, on rank 0.
    """

    name: str
    mesh: dict[str, int]
    data: dict[str, Any]
    output: Path
    ranks: Ranks
    checkpoint: Path | None = None
    manifest: dict[str, Any] | None = None
    lock: IO[str] | None = None

    @property
    def num_data_ranks(self) -> int:
        """Ranks that have micro-batches of their own: those along tp share one."""
        return self.ranks.world_size // self.mesh.get("tp_size", 1)


def open_run(options: Any, *, name: str, mesh: dict[str, int], data: dict[str, Any], resume: str | None) -> Run:
    """
    Take the output folder and find the checkpoint to go on from. Every rank calls this, before the model is loaded.

    On another number of ranks than the checkpoint's it sets `options.gradient_accumulation_steps`, so that a step is made of as
    many micro-batches.

    Args:
        options: the trainer's.
        name: the plan's.
        mesh: size of each axis.
        data: path, name and split of the data.
        resume: None to begin, a checkpoint folder, "newest" for the newest one in the output folder, or "auto" for that one
            or the beginning where there is none.

    Raises:
        UserError: another run has the folder, there is no such checkpoint, it is damaged, or it is of another plan.
    """
    run = Run(name, mesh, data, Path(options.output_dir), Ranks())
    keep_failures(run.output / "failures")

    def prepare() -> tuple[str | None, dict[str, Any] | None]:
        run.lock = lock_folder(run.output)
        folder.remove_leftovers(run.output)
        found = find_checkpoint(run.output, resume)
        return (None, None) if found is None else (str(found), folder.read_manifest(found))

    checkpoint, run.manifest = run.ranks.from_first(prepare)
    if run.ranks.rank == 0:
        base = plan_folder()
        whose = (
            "its folder"
            if base is not None
            else "the working folder, since the plan is not where the bundle was compiled from"
        )
        say(f"output in {run.output.absolute()}; relative paths of the plan count from {whose}: {base or Path.cwd()}")
    if run.manifest is None:
        return run
    run.checkpoint = Path(checkpoint)
    if options.ignore_data_skip:
        raise UserError(
            "with ignore_data_skip a resumed run takes the first rows of its epoch again: resume without the option"
        )
    # The option made no difference to the run that saved.
    check_same("plan", run.manifest["options"] | {"ignore_data_skip": False}, run_options(options))
    share_steps(run, options)
    if run.ranks.rank == 0:
        say(f"resuming from {run.checkpoint}, after step {run.manifest['step']}")
    return run


def find_checkpoint(output: Path, resume: str | None) -> Path | None:
    """The checkpoint that `resume` means; see `open_run`."""
    found = folder.checkpoints(output)
    if resume not in (None, NEWEST, AUTO):
        path = Path(resume)
        names = [each.name for each in found]
        older = names.index(path.name) + 1 if path.name in names and path.parent.samefile(output) else 0
        if names[older:]:
            raise UserError(
                f"{output} holds {names[-1]}, which is not of a run that goes on from {path}: delete what is newer, or give"
                " another folder with --output-dir"
            )
        return path
    if resume is None and found:
        raise UserError(
            f"{output} holds {found[-1].name} of an earlier run: go on with it with --resume, or give another folder"
            " with --output-dir"
        )
    if resume == NEWEST and not found:
        raise UserError(f"{output} holds no complete checkpoint; start without --resume, or give its path")
    return found[-1] if found else None


def share_steps(run: Run, options: Any) -> None:
    """Make a step of as many micro-batches as the checkpoint's run made it of."""
    saved = Order(**run.manifest["order"])
    if saved.ranks == run.num_data_ranks:
        check_same(
            "plan",
            {"gradient_accumulation_steps": saved.accumulation},
            {"gradient_accumulation_steps": options.gradient_accumulation_steps},
        )
        return
    if options.train_sampling_strategy not in SHARED_ORDERS:
        raise UserError(
            f"with train_sampling_strategy {options.train_sampling_strategy} the rows of a step depend on the number of"
            f" ranks: resume on {saved.ranks} data-parallel ranks, not {run.num_data_ranks}"
        )
    accumulation = accumulation_for(saved.per_step, run.num_data_ranks)
    options.gradient_accumulation_steps = accumulation
    if run.ranks.rank == 0:
        print(
            f"gradient_accumulation_steps is {accumulation} on {run.num_data_ranks} data-parallel ranks, for a step of"
            f" {saved.per_step} micro-batches as before on {saved.ranks}",
            flush=True,
        )
