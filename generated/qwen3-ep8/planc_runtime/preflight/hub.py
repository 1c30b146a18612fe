"""A checkpoint that is named by its id on the Hub: in the cache of this machine, or within reach."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from planc_runtime.preflight.check import Check

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"

# Seconds until a Hub that does not answer counts as out of reach.
PATIENCE = 10


@dataclass(frozen=True)
class HubReading:
    """Where a Hub checkpoint is."""

    # "cached": all of its files; "partly": some; "absent": none
    state: Literal["cached", "partly", "absent"]
    # Of the cached files; None where there are none.
    folder: Path | None
    # What the Hub said, None where it was not asked: "reachable", or a sentence.
    answer: str | None
    # Where its files are fetched to.
    cache: Path


def judge_hub(name: str, reading: HubReading) -> Iterator[Check]:
    """What stands in the way of loading `name`; nothing is said of a checkpoint that is wholly cached."""
    if reading.state == "cached":
        return
    found = f"{name} is {'only partly' if reading.state == 'partly' else 'not'} in the Hub's cache"
    if reading.answer is None:
        advice = f"unset HF_HUB_OFFLINE for `hf download {name}`, or give a folder with --model"
        yield Check("checkpoint", "fails", f"{found}, and the Hub is switched off (HF_HUB_OFFLINE)", advice)
    elif reading.answer != "reachable":
        advice = "see HF_TOKEN, HF_ENDPOINT and the network, or give a folder with --model"
        yield Check("checkpoint", "fails", f"{found}, and {reading.answer}", advice)
    else:
        advice = f"hf download {name} ahead of the job, or its GPUs wait for it"
        message = f"{found}; the Hub has it: its layout and names are seen only when it is loaded"
        yield Check("checkpoint", "warns", message, advice)


def read_hub(name: str, *, revision: str | None) -> HubReading | None:
    """Look into the cache, and ask the Hub where the cache has not all; None where huggingface_hub is missing."""
    try:
        import huggingface_hub
        from huggingface_hub import constants
    except ImportError:
        return None
    cache = Path(constants.HF_HUB_CACHE)
    found = huggingface_hub.try_to_load_from_cache(name, "config.json", cache_dir=cache, revision=revision)
    folder = Path(found).parent if isinstance(found, str) else None
    if folder is not None and is_whole(folder):
        return HubReading("cached", folder, None, cache)
    state = "absent" if folder is None else "partly"
    if constants.HF_HUB_OFFLINE or os.environ.get("TRANSFORMERS_OFFLINE") == "1":
        return HubReading(state, folder, None, cache)
    return HubReading(state, folder, ask_hub(huggingface_hub, name, revision), cache)


def ask_hub(huggingface_hub: Any, name: str, revision: str | None) -> str:
    """ "reachable", or why the Hub does not give the checkpoint's config.json."""
    from huggingface_hub import errors

    try:
        url = huggingface_hub.hf_hub_url(name, "config.json", revision=revision)
        huggingface_hub.get_hf_file_metadata(url, timeout=PATIENCE)
    except errors.GatedRepoError:
        return "the Hub gives it only to those who were let in: accept its terms and set HF_TOKEN"
    except errors.RepositoryNotFoundError:
        return "the Hub knows no such model, or keeps it private"
    except errors.RevisionNotFoundError:
        return f"the Hub has no revision {revision} of it"
    except errors.EntryNotFoundError:
        return "it has no config.json there"
    except Exception as error:
        # Whatever the client's HTTP library raises: no route, no name, a proxy, a certificate.
        return f"the Hub does not answer: {type(error).__name__} {error}"[:300]
    return "reachable"


def ask_dataset(name: str) -> str:
    """ "reachable", or why the Hub does not give a dataset of that name."""
    import huggingface_hub
    from huggingface_hub import errors

    try:
        huggingface_hub.HfApi().dataset_info(name, timeout=PATIENCE)
    except errors.GatedRepoError:
        return "the Hub gives it only to those who were let in: accept its terms and set HF_TOKEN"
    except errors.RepositoryNotFoundError:
        return "the Hub knows no such dataset, or keeps it private"
    except Exception as error:
        # As in ask_hub; a name that no repository can have is among them.
        return f"the Hub does not answer: {type(error).__name__} {error}"[:300]
    return "reachable"


def is_whole(folder: Path) -> bool:
    """Whether a cached snapshot has every file that its index names."""
    try:
        weight_map = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]
        return all((folder / file).is_file() for file in set(weight_map.values()))
    except FileNotFoundError:
        return (folder / SINGLE).is_file()
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False
