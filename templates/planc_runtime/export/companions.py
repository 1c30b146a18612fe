"""What goes with the weights: config.json, and the tokenizer's files byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.export.config import CONFIG, config_text, own_config, read_config
from planc_runtime.export.content import Content
from planc_runtime.paths import of_plan

GENERATION = "generation_config.json"

# A folder that has one of these has a tokenizer; the others then go with it.
TOKENIZER = ("tokenizer*", "vocab.json", "vocab.txt", "merges.txt", "*.tiktoken", "*.model")
PROCESSOR = ("*processor_config.json", "chat_template*")
BESIDE_TOKENIZER = ("special_tokens_map.json", "added_tokens.json", "chat_template*", "*processor_config.json")


@dataclass(frozen=True)
class Companions:
    """`config` is the text of config.json, `files` those to copy, by name."""

    config: bytes
    files: dict[str, Path]

    @property
    def has_tokenizer(self) -> bool:
        return any(fnmatch(name, pattern) for name in self.files for pattern in TOKENIZER)


def find_companions(
    content: Content, lock: dict[str, Any], source: Path | None, *, layout: str, dtype: str
) -> Companions:
    """
    Look for what goes with the weights.

    The tokenizer is the run's own, which the trainer saves beside its model, where there is one, else the plan's, else the
    one of the model's folder. config.json is that of the folder named with --source, else the run's own, else the model's, else what
    planc.json says of the model.

    Raises:
        UserError: there is no config.json, or it is of another model.
    """
    own = list(content.folders)
    loaded = list(_loaded_from(lock))
    folders = [*own, *([source] if source else []), *loaded]
    # Of a model of several parts the run may have had some alone.
    has_all = bool(lock["model"].get("towers"))
    configs = [*([source] if source else []), *([] if has_all else own), *loaded]
    if source is not None and not (source / CONFIG).is_file():
        raise UserError(f"{source} has no {CONFIG}: name the folder that the run loaded its model from with --source")
    origin = next((folder for folder in configs if (folder / CONFIG).is_file()), None)
    if origin is None and (has_all or not content.config):
        raise UserError(
            f"{' and '.join(map(str, own))} have no {CONFIG}; name the folder that the run loaded its model from"
            " with --source"
        )
    config = read_config(origin / CONFIG, content.config, lock) if origin else own_config(content.config, lock)
    files = {path.name: path for path in _matching(origin, ("*.py",))} if origin else {}
    for folder in [*own, *_tokenizer_of(lock), *folders]:
        found = list(_matching(folder, TOKENIZER))
        if found:
            files |= {path.name: path for path in [*found, *_matching(folder, BESIDE_TOKENIZER)]}
            break
    if has_all:
        files |= {path.name: path for path in processor_files(origin) if path.name not in files}
    generation = next((folder / GENERATION for folder in folders if (folder / GENERATION).is_file()), None)
    if generation is not None:
        files[GENERATION] = generation
    return Companions(config_text(config, lock, layout, dtype), dict(sorted(files.items())))


def find_base(lock: dict[str, Any], source: Path | None, *, needed: str) -> Path:
    """
    The folder that the run has loaded its model from.

    Args:
        needed: a sentence on what it is needed for.

    Raises:
        UserError: it is not on this machine.
    """
    folders = [source] if source is not None else _loaded_from(lock)
    found = next((folder for folder in folders if (folder / CONFIG).is_file()), None)
    if found is None:
        what = f"{source} has no {CONFIG}" if source is not None else "it is not on this machine"
        raise UserError(f"{needed}, and {what}: name the folder that the model was loaded from with --source")
    return found


def folder_of_checkpoint(checkpoint: str, revision: str | None) -> Path | None:
    """Where a checkpoint lies on this machine, a folder's name or a Hub id."""
    return Path(checkpoint) if Path(checkpoint).is_dir() else next(_in_cache(checkpoint, revision), None)


def processor_files(folder: Path) -> list[Path]:
    """What makes tensors of images and sounds, beside a checkpoint."""
    return list(_matching(folder, PROCESSOR))


def _matching(folder: Path, patterns: Sequence[str]) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_file() and any(fnmatch(path.name, pattern) for pattern in patterns):
                yield path


def _loaded_from(lock: dict[str, Any]) -> Iterator[Path]:
    """The folders that the plan loads its model from, as far as they are on this machine."""
    plan = lock["plan"]["model"]
    for written, revision in ((lock["conversion"]["checkpoint"], None), (plan["checkpoint"], plan["revision"])):
        name = of_plan(written)
        if Path(name).is_dir():
            yield Path(name)
        elif not name.startswith(("/", ".", "~")):
            yield from _in_cache(name, revision)


def _tokenizer_of(lock: dict[str, Any]) -> Iterator[Path]:
    """The folder of the plan's tokenizer, where it has one that is on this machine."""
    plan = lock["plan"]["model"]
    name = plan["tokenizer"] and of_plan(plan["tokenizer"])
    if name is not None and Path(name).is_dir():
        yield Path(name)
    elif name is not None and not name.startswith(("/", ".", "~")):
        yield from _in_cache(name, plan["tokenizer_revision"], "tokenizer_config.json")


def _in_cache(name: str, revision: str | None, file: str = CONFIG) -> Iterator[Path]:
    """The folder of a Hub id that has such a file among what has been downloaded."""
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(name, file, revision=revision)
    except (ImportError, ValueError):  # no name of a repository
        return
    if isinstance(found, str):
        yield Path(found).parent
