"""The trainer's options: the plan's, replaced by those of the command line."""

from __future__ import annotations

from typing import Any

from transformers import HfArgumentParser
from trl import SFTConfig

from planc_runtime.errors import UserError
from planc_runtime.places import of_plan


def read_options(plan: dict[str, Any], given: dict[str, Any], rest: list[str]) -> SFTConfig:
    """
    Return the trainer's configuration.

    Args:
        plan: the options that the plan sets; its output folder counts from where its paths do.
        given: options from arguments of our own; None means not given.
        rest: further arguments, each an option of SFTConfig by its own name (`--learning_rate 1e-5`).

    Raises:
        UserError: an argument is no option of the trainer, or the trainer refuses its value.
    """
    if plan.get("output_dir") is not None:
        plan = plan | {"output_dir": of_plan(plan["output_dir"], is_path=True)}
    parser = HfArgumentParser(SFTConfig, allow_abbrev=False)
    parser.set_defaults(**plan | {key: value for key, value in given.items() if value is not None})
    _, unknown = parser.parse_known_args(rest)
    if unknown:
        raise UserError(
            f"unknown option {unknown[0]}: it is neither an argument of train.py nor an option of SFTConfig"
        )
    try:
        (options,) = parser.parse_args_into_dataclasses(rest)  # joins the other ranks
    except (TypeError, ValueError) as error:
        raise UserError(f"the trainer refuses its options: {error}") from error
    return options
