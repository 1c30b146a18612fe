"""Read a converted checkpoint again, and compare it with its manifest and, where it is at hand, with its source."""

from __future__ import annotations

from pathlib import Path

from planc_runtime.convert.comparing import VerificationError
from planc_runtime.convert.digests import Digests, digest_of
from planc_runtime.convert.folder import Checkpoint, read_folder
from planc_runtime.convert.manifest import read_manifest
from planc_runtime.convert.program import Program
from planc_runtime.convert.progress import Progress
from planc_runtime.convert.tensors import CARRIED, Layout, Span, Target
from planc_runtime.errors import UserError
from planc_runtime.workers import work


def verify(program: Program, output: Path, source: Path | None, *, jobs: int, progress: Progress) -> tuple[int, int]:
    """
    Compare what is on the disk with what the manifest promises.

    Args:
        program: the conversion that made `output`.
        source: the checkpoint that it was made from, to be compared too.
    Returns:
        The numbers of experts and of other tensors that agree.
    Raises:
        VerificationError: something differs; the message names the first of it.
        UserError: there is nothing to compare with.
    """
    manifest = read_manifest(output)
    if manifest.get("program") != program.digest():
        raise UserError(
            f"{output} was converted by another program ({manifest.get('model_type')}, {manifest.get('from')} to"
            f" {manifest.get('to')})"
        )
    expected: tuple[object, object] = manifest.get("experts"), manifest.get("carried")
    if expected[0] is None and source is None:
        raise UserError(f"{output} was converted with --no-verify and has no digests; name its source with --source")
    sides = [(output, program.reverse())] if source is None else [(source, program), (output, program.reverse())]
    for folder, side in sides:
        found = _digests_in(folder, side, jobs, progress)
        if expected[0] is None:
            expected = found
        _compare(folder, found, expected)
    return sum(map(len, found[0].values())), len(found[1])


def _digests_in(folder: Path, program: Program, jobs: int, progress: Progress) -> tuple[dict, dict]:
    """By layer, the digests of its experts; by name, those of all other tensors. What else was read is forgotten."""
    checkpoint = read_folder(folder)
    progress.total += sum(file.size for file in checkpoint.files)
    progress.begin(f"reading {folder}")
    digests = digests_of(checkpoint, Layout(program, checkpoint.tensors), jobs, progress)
    return dict(digests.experts()), {name: value.hex() for name, value in digests.carried.items()}


def digests_of(checkpoint: Checkpoint, layout: Layout, jobs: int, progress: Progress) -> Digests:
    """Digests of everything that a checkpoint holds, read in its own order."""
    digests = Digests(layout.program.pieces, layout.layers)

    def read(task: list[tuple[Span, Target]]) -> None:
        with open(checkpoint.folder / checkpoint.files[task[0][0].file].name, "rb", buffering=0) as stream:
            for span, target in task:
                digest = digest_of(stream.fileno(), span.begin, span.size, progress.advance)
                if target.layer == CARRIED:
                    digests.carried[target.name] = digest
                else:
                    digests.put(span.piece, target.layer, span.expert, digest)

    spans = sorted((span, target) for target in layout.targets() for span in layout.spans(target))
    by_file = [[each for each in spans if each[0].file == number] for number in range(len(checkpoint.files))]
    tasks = [spans[start : start + 16] for spans in by_file for start in range(0, len(spans), 16)]
    work(tasks, read, jobs)
    return digests


def _compare(folder: Path, found: tuple[object, object], expected: tuple[object, object]) -> None:
    experts, carried = found
    for layer, digests in experts.items():
        wanted = expected[0].get(layer) if isinstance(expected[0], dict) else None
        for expert, digest in enumerate(digests):
            if not isinstance(wanted, list) or len(wanted) != len(digests) or wanted[expert] != digest:
                raise VerificationError(f"{folder}: expert {expert} of {layer} is not what was converted")
    if not isinstance(expected[1], dict) or set(expected[1]) != set(carried):
        raise VerificationError(f"{folder}: other tensors than those that were converted")
    for name, digest in carried.items():
        if expected[1][name] != digest:
            raise VerificationError(f"{folder}: {name} is not what was converted")
