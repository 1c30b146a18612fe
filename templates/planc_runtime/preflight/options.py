"""The options of train.py that decide what the preflight looks at: the plan's, replaced by those of the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planc_runtime.data.row_options import OPTIONS
from planc_runtime.data.source import Source
from planc_runtime.paths import of_plan


@dataclass(frozen=True)
class Options:
    """What the job will do, as far as it matters here."""

    checkpoint: str
    # Whether that is the plan's own checkpoint; another one may be a model of another size.
    is_own: bool
    # The commit of a Hub checkpoint.
    revision: str | None
    # What is trained on, and what is evaluated on where the trainer evaluates.
    train: Source
    evaluation: Source | None
    # A folder or a Hub id, and the commit of that.
    tokenizer: str
    tokenizer_revision: str | None
    # The trainer's options by name that decide what a row becomes.
    rows: Mapping[str, Any]
    # Whether rows are pairs.
    preferences: bool
    output: str
    cpu: bool
    saving: Saving
    num_workers: int
    # What is reported to, where it is not the plan's.
    report_to: str | None = None


@dataclass(frozen=True)
class Saving:
    """Which checkpoints the trainer saves on its way."""

    # "no", "steps", "epoch" or "best"
    strategy: str
    # Steps between two; None where that depends on the length of the data.
    steps: int | None
    max_steps: int | None
    # How many are kept; None for all.
    limit: int | None
    # Without optimizer states.
    model_only: bool

    def kept(self) -> int | None:
        """Checkpoints in the output folder at the end of the job; None where nobody can tell before it runs."""
        if self.strategy == "no":
            return 0
        made = self.max_steps // self.steps if self.steps and self.max_steps and self.strategy == "steps" else None
        return min((count for count in (made, self.limit) if count is not None), default=None)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of train.py that are looked at; the others pass by unread."""
    parser.add_argument("--model")
    parser.add_argument("--dataset")
    parser.add_argument("--eval-dataset")
    parser.add_argument("--tokenizer")
    for name in ("eval-strategy", "eval-on-start", *(name.replace("_", "-") for name in OPTIONS)):
        parser.add_argument(f"--{name}", f"--{name.replace('-', '_')}")
    parser.add_argument("--output-dir", "--output_dir")
    parser.add_argument("--cpu", action="store_true")
    for name in ("save-strategy", "save-steps", "max-steps", "save-total-limit", "dataloader-num-workers"):
        parser.add_argument(f"--{name}", f"--{name.replace('-', '_')}")
    parser.add_argument("--report-to", "--report_to")
    parser.add_argument("--save-only-model", "--save_only_model", nargs="?", const="true")


def trainer_options(lock: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trainer's options as the plan has them, under the name of its task."""
    return lock["plan"][lock["trainer"]["task"]]


def read_options(lock: Mapping[str, Any], given: argparse.Namespace) -> Options:
    """The plan's options with those of the command line over them."""
    plan, options = lock["plan"], trainer_options(lock)
    model = plan["model"]
    # What the job loads, which is not the plan's checkpoint where that is converted first.
    loaded = of_plan(model["checkpoint"])
    is_own = given.model in (None, loaded, model["checkpoint"])
    tokenizer = given.tokenizer or (model["tokenizer"] and of_plan(model["tokenizer"]))
    written = options.get("output_dir") or f"output/{plan['name']}"
    return Options(
        checkpoint=loaded if given.model is None else given.model,
        is_own=is_own,
        revision=model["revision"] if is_own else None,
        train=Source(given.dataset or of_plan(plan["data"]["path"]), plan["data"]["name"], plan["data"]["split"]),
        evaluation=read_evaluation(plan["data"]["evaluation"], options, given),
        tokenizer=tokenizer or (loaded if given.model is None else given.model),
        tokenizer_revision=model["tokenizer_revision"] if tokenizer else model["revision"] if is_own else None,
        rows=read_rows(options, given),
        preferences=lock["trainer"]["task"] == "dpo",
        output=given.output_dir or of_plan(written, is_path=True),
        cpu=given.cpu,
        saving=read_saving(options, given),
        num_workers=whole(chosen(options, given, "dataloader_num_workers")) or 0,
        report_to=given.report_to,
    )


def read_evaluation(
    rows: Mapping[str, Any] | None, options: Mapping[str, Any], given: argparse.Namespace
) -> Source | None:
    """Where the trainer evaluates, what it looks at, which the plan names as `rows`; None also where there is no path."""
    strategy = chosen(options, given, "eval_strategy")
    if str(strategy or "no") == "no" and not is_true(chosen(options, given, "eval_on_start")):
        return None
    written = rows or {}
    path = given.eval_dataset or (written and of_plan(written["path"]))
    return Source.of_evaluation(path or None, written.get("name"), written.get("split"))


def read_rows(options: Mapping[str, Any], given: argparse.Namespace) -> dict[str, Any]:
    """The options that decide what a row becomes: the plan's values, and words of the command line as YAML reads them."""
    found = {name: options[name] for name in OPTIONS if name in options}
    for name in OPTIONS:
        value = getattr(given, name)
        if value is not None:
            found[name] = parsed(value)
    return found


def parsed(value: str) -> Any:
    """A word of the command line: a number, a truth value, null or JSON where it is one, else text."""
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return words[value.lower()]
    try:
        return json.loads(value)
    except ValueError:
        return value


def is_true(value: Any) -> bool:
    return str(value).lower() in ("true", "1", "yes")


def read_saving(options: Mapping[str, Any], given: argparse.Namespace) -> Saving:
    """What the trainer saves. Left out everywhere, the bundle's own default is to save the trained model alone."""
    model_only = str(chosen(options, given, "save_only_model")).lower() in ("true", "1", "yes")
    steps, limit = chosen(options, given, "save_steps"), whole(chosen(options, given, "save_total_limit"))
    is_asked = model_only or steps is not None or limit is not None
    max_steps = whole(chosen(options, given, "max_steps"))
    return Saving(
        strategy=str(chosen(options, given, "save_strategy") or ("steps" if is_asked else "no")),
        steps=steps_between(steps, max_steps),
        max_steps=max_steps if max_steps is not None and max_steps > 0 else None,
        limit=limit if limit is not None and limit > 0 else None,
        model_only=model_only,
    )


def steps_between(written: Any, max_steps: int | None) -> int | None:
    """The trainer's `save_steps`: 500 when it is left out, a share of all steps when it is below 1."""
    if written is None:
        return 500
    try:
        steps = float(written)
    except (TypeError, ValueError):
        return None
    if 0 < steps < 1:
        return None if max_steps is None else max(1, round(steps * max_steps))
    return int(steps) if steps >= 1 else None


def chosen(options: Mapping[str, Any], given: argparse.Namespace, name: str) -> Any:
    value = getattr(given, name)
    return options.get(name) if value is None else value


def whole(value: Any) -> int | None:
    """A whole number, None for anything else: the trainer itself says what is wrong with its options."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
