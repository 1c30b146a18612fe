"""The first rows of a source, without reading the rest of it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from planc_runtime.data.source import Found, Source, find
from planc_runtime.errors import UserError


def first_rows(source: Source, count: int) -> list[dict[str, Any]]:
    """
    The first rows of a split or slice, as many as `count`.

    Files are read as a stream, where a slice by percent cannot be found: of such a split they are the first rows.

    Raises:
        UserError: there is no such data, they cannot be read, or the split is not among them.
    """
    from planc_runtime.data.loading import load_data, parts_of, reason

    found = find(source)
    if found.kind in ("saved", "hub"):
        rows = load_data(source)
        return [rows[number] for number in range(min(count, len(rows)))]
    parts = parts_of(source.split)
    rows: list[dict[str, Any]] = []
    try:
        for name, begin, end in parts:
            stream = _stream(source, found, name)
            last = count - len(rows) if end is None else min(count - len(rows), end - begin)
            rows += [dict(row) for row in itertools.islice(stream, begin, begin + last)]
            if len(rows) == count:
                break
    except UserError:
        raise
    except Exception as error:  # as in loading.py
        raise UserError(f"cannot load the data {source.path}: {reason(error)}") from error
    return rows


def _stream(source: Source, found: Found, split: str) -> Any:
    from datasets import load_dataset

    if found.kind == "files":
        files = {split: [str(file) for file in found.files]}
        return load_dataset(found.builder, data_files=files, split=split, streaming=True)
    return load_dataset(str(source.local_path), source.name, split=split, streaming=True)


def cached_on_hub(name: str) -> bool:
    """Whether rows of a Hub dataset have been fetched to this machine before."""
    try:
        from datasets import config
        from huggingface_hub import constants
    except ImportError:
        return False
    folders = (
        Path(config.HF_DATASETS_CACHE) / name.replace("/", "___"),
        Path(config.HF_DATASETS_CACHE) / name.lower().replace("/", "___"),
        Path(constants.HF_HUB_CACHE) / f"datasets--{name.replace('/', '--')}",
    )
    return any(folder.is_dir() for folder in folders)
