"""What goes with the weights: config.json for the layout and format, the tokenizer's files byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from planc_runtime.errors import UserError
from planc_runtime.export.run import RunCheckpoint

CONFIG = "config.json"
GENERATION = "generation_config.json"

# A folder that has one of these has a tokenizer; the others then go with it.
TOKENIZER = ("tokenizer*", "vocab.json", "vocab.txt", "merges.txt", "*.tiktoken", "*.model")
BESIDE_TOKENIZER = ("special_tokens_map.json", "added_tokens.json", "chat_template*", "*processor_config.json")
EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")


@dataclass(frozen=True)
class Companions:
    """`config` is the text of config.json, `files` those to copy, by name."""

    config: bytes
    files: dict[str, Path]

    @property
    def has_tokenizer(self) -> bool:
        return any(fnmatch(name, pattern) for name in self.files for pattern in TOKENIZER)


def find_companions(
    run: RunCheckpoint, lock: dict[str, Any], source: Path | None, *, layout: str, dtype: str
) -> Companions:
    """
    Look for what goes with the weights.

    The tokenizer is the run's own, which the trainer saves beside its model, where there is one, else the one of the
    model's folder. config.json is that of the folder named with --source, else the run's own, else the model's.

    Raises:
        UserError: there is no config.json, or it is of another model.
    """
    own = [run.folder, run.output]
    loaded = list(_loaded_from(run, lock))
    places = [*own, *([source] if source else []), *loaded]
    configs = [*([source] if source else []), *own, *loaded]
    if source is not None and not (source / CONFIG).is_file():
        raise UserError(f"{source} has no {CONFIG}: name the folder that the run loaded its model from with --source")
    origin = next((place for place in configs if (place / CONFIG).is_file()), None)
    if origin is None:
        raise UserError(
            f"neither {run.folder} nor {run.output} has a {CONFIG}; name the folder that the run loaded its model from"
            " with --source"
        )
    files = {path.name: path for path in _matching(origin, ("*.py",))}
    for place in places:
        found = list(_matching(place, TOKENIZER))
        if found:
            files |= {path.name: path for path in [*found, *_matching(place, BESIDE_TOKENIZER)]}
            break
    generation = next((place / GENERATION for place in places if (place / GENERATION).is_file()), None)
    if generation is not None:
        files[GENERATION] = generation
    return Companions(_config(origin / CONFIG, lock, layout, dtype), dict(sorted(files.items())))


def _matching(place: Path, patterns: Sequence[str]) -> Iterator[Path]:
    if place.is_dir():
        for path in sorted(place.iterdir()):
            if path.is_file() and any(fnmatch(path.name, pattern) for pattern in patterns):
                yield path


def _loaded_from(run: RunCheckpoint, lock: dict[str, Any]) -> Iterator[Path]:
    """The folders that the run may have loaded its model from and that are on this machine."""
    model = run.about.get("model")
    said = model.get("checkpoint") if isinstance(model, dict) else None
    plan = lock["plan"]["model"]
    for name, revision in (
        (said, None),
        (lock["conversion"]["checkpoint"], None),
        (plan["checkpoint"], plan["revision"]),
    ):
        if not isinstance(name, str):
            continue
        if Path(name).expanduser().is_dir():
            yield Path(name).expanduser()
        elif not name.startswith(("/", ".", "~")):
            yield from _in_cache(name, revision)


def _in_cache(name: str, revision: str | None) -> Iterator[Path]:
    """The folder of a Hub id among what has been downloaded."""
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(name, CONFIG, revision=revision)
    except (ImportError, ValueError):  # no name of a repository
        return
    if isinstance(found, str):
        yield Path(found).parent


def _config(path: Path, lock: dict[str, Any], layout: str, dtype: str) -> bytes:
    try:
        content = path.read_bytes()
        config = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    if not isinstance(config, dict):
        raise UserError(f"{path} is no JSON object")
    if hashlib.sha256(content).hexdigest() != lock["digests"][CONFIG]:
        _check_sizes(path, config, lock["model"])
    # Trained weights are plain numbers, whatever the run has read.
    config.pop("quantization_config", None)
    names = [name for name in ("torch_dtype", "dtype") if name in config] or ["torch_dtype"]
    config |= dict.fromkeys(names, dtype)
    needed = lock["export"]["layouts"][layout]["config"]
    config = {key: value for key, value in needed.items() if key not in config} | config
    return json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n"


def _check_sizes(path: Path, config: dict[str, Any], model: dict[str, Any]) -> None:
    """A config.json that is not the plan's own may be written in another way, but has to be of the same model."""
    tensors = {tensor["name"]: tensor for tensor in model["tensors"]}
    vocabulary, hidden = tensors["model.embed_tokens.weight"]["shape"]
    layers = {layer for tensor in model["tensors"] for layer in tensor["layers"] or []}
    wanted = {
        "model_type": model["model_type"],
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": len(layers),
        **dict.fromkeys(EXPERTS, model["num_experts"]),
    }
    if any("tied" in tensor for tensor in model["tensors"]):
        wanted["tie_word_embeddings"] = True
    for key, value in wanted.items():
        if key in config and config[key] != value:
            raise UserError(
                f"{path} is of another model: {key} is {json.dumps(config[key])}, the plan's model has"
                f" {json.dumps(value)}; name the folder that the run loaded its model from with --source"
            )
