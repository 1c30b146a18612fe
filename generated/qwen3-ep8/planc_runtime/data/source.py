"""Where rows come from: a file, several, a folder or the Hub. Only the standard library is needed here."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

from planc_runtime.errors import UserError
from planc_runtime.paths import looks_local

# The builder that reads a file, by its ending.
BUILDERS = {".parquet": "parquet", ".json": "json", ".jsonl": "json", ".csv": "csv", ".arrow": "arrow", ".txt": "text"}

# Endings of compressed files that the builders read as they are.
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4")


@dataclass(frozen=True)
class Source:
    """
    Rows by name.

    Attributes:
        path: a data file, a pattern of such files, a folder of data files or one that `save_to_disk` wrote, or a Hub id.
        name: configuration of a dataset that has several.
        split: a split, `train`, a slice of one, `train[:1000]`, `train[10%:20%]`, or several, `train+test`.
    """

    path: str
    name: str | None
    split: str

    @staticmethod
    def of_evaluation(path: str | None, name: str | None, split: str | None) -> Source | None:
        """None where there is no path."""
        return None if path is None else Source(path, name, split or "train")

    @property
    def local_path(self) -> Path:
        """The path on this machine, whether or not it is there. Every stage takes it from here."""
        return Path(self.path).expanduser()


@dataclass(frozen=True)
class Found:
    """
    What lies at a source's path.

    Attributes:
        kind: "files", "folder" of data files, "saved" (by `save_to_disk`), "hub" for a name that may be one there.
        files: data files, empty unless `kind` is "files" or "folder".
        builder: the builder that reads `files`, None for a folder, whose builder the library chooses.
    """

    kind: str
    files: tuple[Path, ...] = ()
    builder: str | None = None


def builder_of(file: Path) -> str | None:
    """The builder that reads a file, compressed or not; None where none does."""
    inner = file.with_suffix("") if file.suffix in COMPRESSED else file
    return BUILDERS.get(inner.suffix)


def find(source: Source) -> Found:
    """
    Look at the path.

    Raises:
        UserError: nothing is there, or nothing that can be read.
    """
    path = source.local_path
    if path.is_file():
        return _files(source, [path])
    if path.is_dir():
        if any((path / name).is_file() for name in ("dataset_info.json", "dataset_dict.json")):
            return Found("saved")
        inside = sorted(file for file in path.rglob("*") if builder_of(file) is not None and file.is_file())
        scripts = any(path.glob("*.py"))
        if not inside and not scripts:
            raise UserError(f"the folder {source.path} holds no data files; {_known()}")
        return Found("folder", tuple(inside))
    if glob.has_magic(source.path):
        matches = [Path(name) for name in sorted(glob.glob(str(path), recursive=True)) if Path(name).is_file()]
        if not matches:
            raise UserError(f"no file matches {source.path}")
        return _files(source, matches)
    if path.exists():
        raise UserError(f"{source.path} is neither a file nor a folder")
    if looks_local(source.path) or builder_of(path) is not None:
        raise UserError(f"the data {source.path} does not exist; give another with --dataset")
    return Found("hub")


def _files(source: Source, files: list[Path]) -> Found:
    builders = {builder_of(file) for file in files}
    odd = next((file for file in files if builder_of(file) is None), None)
    if odd is not None:
        raise UserError(f"{odd} is no data file that can be read; {_known()}")
    if len(builders) > 1:
        raise UserError(f"{source.path} matches files of several formats: {', '.join(sorted(map(str, builders)))}")
    return Found("files", tuple(files), builders.pop())


def _known() -> str:
    return f"known endings: {', '.join(sorted(BUILDERS))}, each also with {', '.join(COMPRESSED)}"
