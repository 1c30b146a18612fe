"""Load the training data from a file, a folder or the Hub."""

from __future__ import annotations

from pathlib import Path

from datasets import Dataset, load_dataset, load_from_disk

from planc_runtime.errors import UserError
from planc_runtime.places import looks_local

# The builder that reads a file, by its ending.
BUILDERS = {".parquet": "parquet", ".json": "json", ".jsonl": "json", ".csv": "csv", ".arrow": "arrow", ".txt": "text"}


def load_data(path: str, *, name: str | None, split: str) -> Dataset:
    """
    Return one split of a dataset.

    Args:
        path: a data file, a folder of data files or one that `save_to_disk` wrote, or a Hub id.
        name: configuration of a dataset that has several.
        split: the split, "train" for a single file.

    Raises:
        UserError: there is no such data.
    """
    place = Path(path)
    try:
        if place.is_file():
            builder = BUILDERS.get(place.suffix)
            if builder is None:
                raise UserError(
                    f"{path} is no data file that can be read; known endings: {', '.join(sorted(BUILDERS))}"
                )
            return load_dataset(builder, data_files={split: str(place)}, split=split)
        if (place / "dataset_info.json").is_file():
            return load_from_disk(path)
        if place.is_dir() or not looks_local(path):
            return load_dataset(path, name, split=split)
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"cannot load the data {path}: {error}") from error
    raise UserError(f"the data {path} does not exist; give another with --dataset")
