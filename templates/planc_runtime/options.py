"""The trainer's options: the plan's, replaced by those of the command line."""

from __future__ import annotations

import argparse
import dataclasses
import os
import typing
from typing import Any, NoReturn

from transformers import HfArgumentParser, TrainingArguments

from planc_runtime.errors import UserError
from planc_runtime.paths import of_plan
from planc_runtime.stack.trainer import string_to_bool


class OptionParser(HfArgumentParser):
    """The trainer's own reading of arguments, for those that are given alone: it knows no defaults."""

    def __init__(self, config_class: type[TrainingArguments]) -> None:
        # "resolve": options are declared anew below.
        super().__init__(config_class, allow_abbrev=False, add_help=False, conflict_handler="resolve")
        hints = typing.get_type_hints(config_class)
        names = [field.name for field in dataclasses.fields(config_class)]
        for name in names:
            # The trainer's parser takes text for such an option to be true or false, whatever words the option has.
            if {bool, str} <= set(typing.get_args(hints[name])):
                flags = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
                self.add_argument(*flags, dest=name, nargs="?", const=True, type=bool_or_text)
        # argparse would run a default that is text through the option's type, and the plan's values have their types.
        self.set_defaults(**dict.fromkeys(names))

    def error(self, message: str) -> NoReturn:
        raise UserError(message)


def bool_or_text(text: str) -> bool | str:
    """`yes` and `false` as the trainer's parser reads them; any other word is itself."""
    try:
        return string_to_bool(text)
    except argparse.ArgumentTypeError:
        return text


def is_template(path: str) -> bool:
    """Whether the trainer reads a chat template from the file, as it decides that itself."""
    return os.path.isfile(path) and path.endswith((".jinja", ".j2"))


def read_options(
    config_class: type[TrainingArguments], plan: dict[str, Any], given: dict[str, Any], rest: list[str]
) -> TrainingArguments:
    """
    Return the trainer's configuration, a `config_class`.

    Args:
        config_class: the configuration class of the plan's task.
        plan: the options that the plan sets, each of the type that the class declares; its paths count from where the plan's
            paths do.
        given: options from arguments of our own; None means not given.
        rest: further arguments, each an option of the class by its own name (`--learning_rate 1e-5`).

    Raises:
        UserError: an argument is no option of the trainer, or the trainer refuses its value.
    """
    replaced, unknown = OptionParser(config_class).parse_known_args(rest)
    for name in ("output_dir", "chat_template_path"):
        if plan.get(name) is not None:
            plan = plan | {name: of_plan(plan[name], is_path=True)}
    if unknown:
        raise UserError(
            f"unknown option {unknown[0]}: it is neither an argument of train.py nor an option of {config_class.__name__}"
        )
    template = vars(replaced).get("chat_template_path") or plan.get("chat_template_path")
    if template is not None and not is_template(template):
        raise UserError(
            f"chat_template_path {template} is no file that ends in .jinja or .j2; for anything else the trainer would take "
            "another tokenizer and resize the embedding, which is sharded"
        )
    replacements = {key: value for key, value in [*given.items(), *vars(replaced).items()] if value is not None}
    try:
        return config_class(**plan | replacements)  # joins the other ranks
    except (OSError, TypeError, ValueError) as error:
        raise UserError(f"the trainer refuses its options: {error}") from error
