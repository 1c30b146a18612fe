"""Read rows with the `datasets` library."""

from __future__ import annotations

from typing import Any

from datasets import Dataset, DatasetDict, ReadInstruction, concatenate_datasets, load_dataset, load_from_disk

from planc_runtime.data.source import Found, Source, find
from planc_runtime.errors import UserError
from planc_runtime.stack.datasets import absolute_parts, parts_of_instruction


def load_data(source: Source) -> Dataset:
    """
    The rows of a source, one split or slice of it.

    Raises:
        UserError: there is no such data, they cannot be read, or the split is not among them.
    """
    found = find(source)
    try:
        rows = _load(source, found)
    except UserError:
        raise
    except Exception as error:  # whatever the library and the format's own reader raise: there is no common class
        raise UserError(f"cannot load the data {source.path}: {reason(error)}") from error
    if not isinstance(rows, Dataset):
        raise UserError(f"{source.path} gives {type(rows).__name__} for the split {source.split}; name one split")
    return rows


def _load(source: Source, found: Found) -> Any:
    if found.kind == "files":
        names = split_names(source.split)
        if len(names) > 1:
            raise UserError(f"{source.path} is one split, not {' and '.join(names)}; a folder can have several")
        files = {names[0]: [str(file) for file in found.files]}
        return load_dataset(found.builder, data_files=files, split=source.split)
    if found.kind == "saved":
        return _slice(load_from_disk(str(source.local_path)), source)
    path = str(source.local_path) if found.kind == "folder" else source.path
    return load_dataset(path, source.name, split=source.split)


def _slice(saved: Dataset | DatasetDict, source: Source) -> Dataset:
    """What a split means among rows that were saved: a dataset without splits answers to any one name."""
    names = split_names(source.split)
    splits = saved if isinstance(saved, DatasetDict) else dict.fromkeys(names, saved)
    if not isinstance(saved, DatasetDict) and len(names) > 1:
        raise UserError(f"{source.path} was saved without splits, so that it has not both {' and '.join(names)}")
    lengths = {name: len(rows) for name, rows in splits.items()}
    parts = absolute_parts(ReadInstruction.from_spec(source.split), lengths)
    rows = [splits[part.split].select(range(part.begin or 0, part.end)) for part in parts]
    return rows[0] if len(rows) == 1 else concatenate_datasets(rows)


def split_names(split: str) -> list[str]:
    """
    The splits that a split or a slice takes rows of, each once.

    Raises:
        UserError: it is none.
    """
    try:
        instruction = ReadInstruction.from_spec(split)
    except (ValueError, AssertionError) as error:
        raise UserError(
            f"the split {split} cannot be read: {error}; write train, train[:1000], train[10%:20%] or train+test"
        ) from error
    return list(dict.fromkeys(part.split for part in parts_of_instruction(instruction)))


def parts_of(split: str) -> list[tuple[str, int, int | None]]:
    """
    The parts of a split: name, first row, and the row after the last where that is counted from the beginning. Of a slice
    that is counted from the end, or in percent, the whole split.
    """
    split_names(split)
    parts: list[tuple[str, int, int | None]] = []
    for part in parts_of_instruction(ReadInstruction.from_spec(split)):
        begin, end = part.begin or 0, part.end
        counted = not part.is_percent and begin >= 0 and (end is None or end >= 0)
        parts.append((part.split, begin if counted else 0, end if counted else None))
    return parts


def reason(error: BaseException) -> str:
    """The library's own message, with that of the error below it where it only says that there was one."""
    below = error.__cause__ or error.__context__
    text = f"{error}" or type(error).__name__
    return f"{text.splitlines()[0]}: {below}" if below is not None and str(below) not in text else text
