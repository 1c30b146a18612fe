"""
Download what the job takes from the Hub, before it has its GPUs.

    python -m planc_runtime.download plan.lock.json [options of train.py]

The checkpoint, the tokenizer and the rows go to the Hub's cache, where the job looks for them; on a cluster HF_HOME has to be a
folder that the nodes share. What lies here as a folder or a file is left alone. Exit status 0, or 2 with what stands in the way.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from planc_runtime.data.source import Source, find
from planc_runtime.errors import UserError
from planc_runtime.output import say, sentence
from planc_runtime.paths import looks_local
from planc_runtime.preflight.lock import read_lock
from planc_runtime.preflight.options import Options, add_options, read_options

# What transformers reads of a checkpoint, and of it the part that is no weights.
WEIGHTS = ["*.safetensors", "*.safetensors.index.json"]
BESIDE = ["*.json", "*.jinja", "*.model", "*.txt", "*.tiktoken"]


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.strip().splitlines()[0])
    parser.add_argument("lock", type=Path)
    add_options(parser)
    arguments, _ = parser.parse_known_args()
    try:
        for what in download(read_options(read_lock(arguments.lock), arguments)):
            say(what)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def download(options: Options) -> Iterator[str]:
    """Fetch one thing after another, with a sentence for each."""
    yield from repository(options.checkpoint, options.revision, WEIGHTS + BESIDE)
    if options.tokenizer != options.checkpoint:
        yield from repository(options.tokenizer, options.tokenizer_revision, BESIDE)
    for source in (options.train, options.evaluation):
        if source is not None:
            yield from rows(source)


def repository(name: str, revision: str | None, patterns: list[str]) -> Iterator[str]:
    if Path(name).is_dir() or looks_local(name):
        return
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(name, revision=revision, allow_patterns=patterns)
    except Exception as error:
        raise UserError(
            f"{name} was not downloaded: {sentence(error)}; see HF_TOKEN, HF_ENDPOINT and the network"
        ) from error
    yield f"{name} is in {folder}"


def rows(source: Source) -> Iterator[str]:
    if find(source).kind != "hub":
        return
    from datasets import load_dataset

    try:
        count = len(load_dataset(source.path, source.name, split=source.split))
    except Exception as error:
        raise UserError(f"{source.path} was not downloaded: {sentence(error)}") from error
    yield f"{source.path} ({source.split}) has {count:,} rows"


if __name__ == "__main__":
    main()
