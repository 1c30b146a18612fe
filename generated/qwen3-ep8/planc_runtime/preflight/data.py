"""The rows that the job trains on and evaluates on: there, readable, of a kind that the trainer takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from planc_runtime.data.row_options import RowOptions
from planc_runtime.data.rows import Kind, accepted, kind_of, mistakes_of, oddities_of
from planc_runtime.data.source import Source, find
from planc_runtime.errors import UserError
from planc_runtime.preflight.check import Check, gib

# Rows that are looked at, the first ones.
SAMPLE = 100


@dataclass(frozen=True)
class Sample:
    """Rows of a source, and what kind they are."""

    rows: list[dict[str, Any]]
    kind: Kind


def check_data(name: str, source: Source, row_options: RowOptions, option: str) -> Iterator[Check | Sample]:
    """
    One source: what lies there, and its first rows, which come last where nothing is wrong with them.

    Args:
        name: of the check.
        option: of train.py, that takes another path.
    """
    again = f"give another with {option}"
    try:
        found = find(source)
    except UserError as error:
        yield Check(name, "fails", str(error).removesuffix("; give another with --dataset"), again)
        return
    if found.kind == "hub":
        hub = check_hub(name, source.path)
        yield hub
        if "is in the cache" not in hub.message:
            return
    try:
        from planc_runtime.data.first_rows import first_rows
    except ImportError:
        yield Check(name, "warns", f"{source.path} is there; the package datasets is not, so that no row was read")
        return
    try:
        rows = first_rows(source, SAMPLE)
        if not rows:
            raise UserError(f"{source.path} ({source.split}) holds no rows")
        kind = kind_of(rows[0], row_options)
        for number, row in enumerate(rows):
            for mistake in mistakes_of(row, kind):
                raise UserError(f"row {number} {mistake}")
    except UserError as error:
        yield Check(name, "fails", _with_path(str(error), source), f"{accepted(row_options)}; {again}")
        return
    if found.kind != "hub":
        yield Check(name, "ok", f"{_described(source, found.files)}; rows of {kind.name} ({', '.join(kind.columns)})")
    for oddity in dict.fromkeys(oddity for row in rows for oddity in oddities_of(row, kind, row_options)):
        yield Check(name, "warns", oddity)
    yield Sample(rows, kind)


def check_hub(name: str, path: str) -> Check:
    """A dataset by its id: in the cache, or within reach."""
    from planc_runtime.preflight.hub import ask_dataset

    try:
        from huggingface_hub import constants

        from planc_runtime.data.first_rows import cached_on_hub
    except ImportError:
        return Check(name, "warns", f"{path} comes from the Hub, and nobody could be asked: huggingface_hub is missing")
    if cached_on_hub(path):
        return Check(name, "ok", f"{path} is in the cache of this machine")
    offline = constants.HF_HUB_OFFLINE or os.environ.get("HF_DATASETS_OFFLINE") == "1"
    if offline:
        advice = "unset HF_HUB_OFFLINE, or give a file or folder with --dataset"
        return Check(name, "fails", f"{path} is not in the cache, and the Hub is switched off (HF_HUB_OFFLINE)", advice)
    answer = ask_dataset(path)
    if answer != "reachable":
        advice = "see HF_TOKEN, HF_ENDPOINT and the network, or give a file or folder with --dataset"
        return Check(name, "fails", f"{path} is no path on this machine, and on the Hub: {answer}", advice)
    advice = f"hf download --repo-type dataset {path} ahead of the job, and its rows are looked at here"
    return Check(name, "warns", f"{path} is not in the cache; the Hub has it, and no row was read", advice)


def _described(source: Source, files: tuple[Any, ...]) -> str:
    if not files:
        return f"{source.path}, split {source.split}"
    size = sum(file.stat().st_size for file in files)
    count = f"{len(files):,} files" if len(files) > 1 else "one file"
    return f"{source.path}, split {source.split}: {count}, {gib(size)}"


def _with_path(message: str, source: Source) -> str:
    return message if source.path in message else f"{source.path} ({source.split}): {message}"
