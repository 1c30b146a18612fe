"""
What kind a row is, by the trainer's own rules, and what would make it fail or train on something else than is meant.

Only the standard library is needed here: a row is a mapping from column to value, as JSON spells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planc_runtime.data.row_options import RowOptions
from planc_runtime.errors import UserError

# Columns by which the trainer tells conversations from text. It looks at one of them, whichever comes first in a set.
KIND_COLUMNS = ("messages", "prompt", "completion", "chosen", "rejected")
IMAGES = ("image", "images")

# Roles that chat templates know. Others are left out by some of them without a word.
ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function", "ipython", "model"})


@dataclass(frozen=True)
class Kind:
    """
    What the trainer takes rows for.

    Attributes:
        name: "text", "messages", "prompt and completion", "preferences" or "tokens".
        columns: those it reads.
        is_conversation: whether a chat template turns messages into text.
    """

    name: str
    columns: tuple[str, ...]
    is_conversation: bool = False


def kind_of(row: Mapping[str, Any], row_options: RowOptions) -> Kind:
    """
    The kind of a dataset, of which `row` is the first row.

    Raises:
        UserError: it is none, or an option does not fit it. The message names the columns and what is accepted.
    """
    pictures = [name for name in IMAGES if name in row]
    if pictures:
        raise UserError(f"the column {pictures[0]} holds pictures, and the model's tokenizer reads text alone; drop it")
    if row_options.preferences:
        return _preferences(row, row_options)
    if row_options.is_prepared:
        for name in ("input_ids", "labels"):
            if name not in row:
                raise UserError(f"skip_prepare_dataset takes rows as they are: they need {name}; {_columns(row)}")
        return Kind("tokens", ("input_ids", "labels"))
    kind = _kind(row, row_options)
    _check_options(kind, row, row_options)
    return kind


def _kind(row: Mapping[str, Any], row_options: RowOptions) -> Kind:
    if "input_ids" in row:
        masks = ("labels", "assistant_masks", "completion_mask")
        return Kind("tokens", ("input_ids", *(name for name in masks if name in row)))
    if "prompt" in row:
        return _prompt_and_completion(row, row_options)
    if "conversations" in row and "messages" not in row:
        first = _first(row["conversations"])
        if isinstance(first, Mapping) and "from" in first and "value" in first:
            return Kind("messages", ("conversations",), is_conversation=True)
        if isinstance(first, Mapping) and "role" in first:
            raise UserError(
                "conversations of role and content are read from a column messages alone; rename the column"
            )
    if "messages" in row:
        if not is_messages(row["messages"]):
            raise UserError(f"messages is {_type_of(row['messages'])}, not a list of messages with role and content")
        _check_kind_columns(row, ("messages",))
        return Kind("messages", ("messages",), is_conversation=True)
    if row_options.text_field in row:
        _check_kind_columns(row, ())
        return Kind("text", (row_options.text_field,))
    raise UserError(f"{_columns(row)}; {accepted(row_options)}")


def _prompt_and_completion(row: Mapping[str, Any], row_options: RowOptions) -> Kind:
    if "completion" not in row:
        rest = [name for name in ("messages", row_options.text_field) if name in row]
        advice = f"drop prompt to train on {rest[0]}" if rest else "add completion"
        raise UserError(f"rows have a prompt and no completion, and the trainer reads both or neither; {advice}")
    prompt, completion = row["prompt"], row["completion"]
    if is_messages(prompt) != is_messages(completion):
        raise UserError(
            f"prompt is {_type_of(prompt)} and completion {_type_of(completion)}: both have to be text, or both messages"
        )
    _check_kind_columns(row, ("prompt", "completion"))
    if not is_messages(prompt) and row_options.text_field in row:
        raise UserError(
            f"rows have {row_options.text_field} beside prompt and completion: the trainer would end the one with the"
            " end-of-text token and train on the others; drop one of them"
        )
    return Kind("prompt and completion", ("prompt", "completion"), is_conversation=is_messages(prompt))


def _preferences(row: Mapping[str, Any], row_options: RowOptions) -> Kind:
    """A chosen and a rejected answer, the prompt in a column of its own or at the beginning of both."""
    if "chosen" not in row or "rejected" not in row:
        raise UserError(f"{_columns(row)}; {accepted(row_options)}")
    own = tuple(name for name in ("prompt", "chosen", "rejected") if name in row)
    if len({is_messages(row[name]) for name in own}) > 1:
        types = ", ".join(f"{name} is {_type_of(row[name])}" for name in own)
        raise UserError(f"{types}: all have to be text, or all messages")
    _check_kind_columns(row, own)
    return Kind("preferences", own, is_conversation=is_messages(row["chosen"]))


def _check_kind_columns(row: Mapping[str, Any], own: Sequence[str]) -> None:
    """Which column decides between text and messages changes from process to process where they disagree."""
    is_conversation = bool(own) and is_messages(row[own[0]])
    for name in KIND_COLUMNS:
        if name not in own and name in row and is_messages(row[name]) != is_conversation:
            raise UserError(
                f"the column {name} is {_type_of(row[name])}: beside {' and '.join(own) or 'text'} the trainer may take rows"
                " for conversations on one rank and for text on another; drop it"
            )


def _check_options(kind: Kind, row: Mapping[str, Any], row_options: RowOptions) -> None:
    conversation = next((name for name in KIND_COLUMNS if name in row and is_messages(row[name])), None)
    if row_options.assistant_only and conversation is None:
        raise UserError(
            f"assistant_only_loss needs rows of messages; these have {', '.join(kind.columns)}"
            + ("; rename it, and from and value in it to role and content" if kind.is_conversation else "")
        )
    if row_options.assistant_only and kind.name == "tokens" and not {"labels", "assistant_masks"} & set(kind.columns):
        raise UserError(
            "assistant_only_loss has no effect on input_ids without labels or assistant_masks: the trainer would train on"
            " all of them; drop input_ids to train on messages"
        )
    can_tell = kind.name == "prompt and completion" or any(name in row for name in ("completion_mask", "labels"))
    if row_options.completion_only and not can_tell:
        raise UserError(
            f"completion_only_loss needs rows of prompt and completion; these have {', '.join(kind.columns)}, and the"
            " trainer would train on all of it"
        )


def accepted(row_options: RowOptions) -> str:
    """What a row may be, in words."""
    if row_options.preferences:
        return (
            "a row is chosen and rejected, with a prompt beside them or at the beginning of both, as text or messages"
        )
    field = row_options.text_field
    return (
        f"a row is text in a column {field}{' (dataset_text_field)' if field != 'text' else ''}, messages, prompt and"
        " completion, or tokens in input_ids"
    )


def mistakes_of(row: Mapping[str, Any], kind: Kind) -> Iterator[str]:
    """What is wrong with one row of that kind, in the words that follow `row 7 `. Each would stop the trainer."""
    for column in kind.columns:
        value = row.get(column)
        if value is None:
            yield f"has no {column}"
        elif kind.name == "tokens":
            yield from _token_mistakes(row, column, value)
        elif not kind.is_conversation:
            if not isinstance(value, str):
                yield f"has {_type_of(value)} as {column}, not text"
        elif not isinstance(value, list):
            yield f"has {_type_of(value)} as {column}, not messages"
        elif not value:
            yield f"has no message in {column}"
        else:
            yield from _message_mistakes(column, value)
    if kind.name == "preferences" and "prompt" not in kind.columns and "" in (row.get("chosen"), row.get("rejected")):
        yield f"has an empty {'chosen' if row.get('chosen') == '' else 'rejected'}, which the prompt should begin"


def _token_mistakes(row: Mapping[str, Any], column: str, value: Any) -> Iterator[str]:
    ids = row.get("input_ids")
    if not isinstance(value, list) or not all(isinstance(each, int) for each in value):
        yield f"has {_type_of(value)} as {column}, not whole numbers"
    elif isinstance(ids, list) and len(value) != len(ids):
        yield f"has {len(value)} {column} for {len(ids)} input_ids"
    elif column == "input_ids" and min(value, default=0) < 0:
        yield f"has the token {min(value)}"


def _message_mistakes(column: str, value: Sequence[Any]) -> Iterator[str]:
    keys = ("from", "value") if column == "conversations" else ("role", "content")
    for message in value:
        if not isinstance(message, Mapping) or not isinstance(message.get(keys[0]), str):
            yield f"has a message without {keys[0]} in {column}"
            return
        if message.get(keys[1]) is None and not message.get("tool_calls"):
            yield f"has a message without {keys[1]} in {column}"
            return


def oddities_of(row: Mapping[str, Any], kind: Kind, row_options: RowOptions) -> Iterator[str]:
    """What of one row trains, but perhaps not as is meant, in words that stand alone."""
    if kind.is_conversation:
        for column in kind.columns:
            key = "from" if column == "conversations" else "role"
            messages = row.get(column) or ()
            roles = [message.get(key) for message in messages if isinstance(message, Mapping)]
            strange = [role for role in roles if isinstance(role, str) and role not in ROLES]
            if strange:
                yield f"the role {strange[0]} is none that chat templates know: {', '.join(sorted(ROLES - {'model'}))}"
    if kind.name == "preferences":
        yield from _preference_oddities(row)
    other = row_options.text_field if kind.name == "messages" else None
    if other is not None and isinstance(row.get(other), str):
        yield f"rows have messages and {other}: the trainer takes the messages"
    if kind.name == "tokens" and "completion_mask" in row and "labels" not in row and not row_options.completion_only:
        yield "completion_mask has no effect without completion_only_loss"
    if kind.name == "text" and row.get(row_options.text_field) == "":
        yield f"rows with an empty {row_options.text_field} become the end-of-text token alone"


def _preference_oddities(row: Mapping[str, Any]) -> Iterator[str]:
    prompt, chosen, rejected = row.get("prompt"), row.get("chosen"), row.get("rejected")
    if chosen == rejected:
        yield "rows have the same text as chosen and as rejected, which teaches nothing"
    elif prompt and all(
        isinstance(each, type(prompt)) and each[: len(prompt)] == prompt for each in (chosen, rejected)
    ):
        yield (
            "chosen and rejected begin with the prompt, which the trainer puts before them once more; drop the column"
            " prompt"
        )
    elif prompt is None and chosen and rejected and chosen[0] != rejected[0]:
        yield "chosen and rejected have no beginning in common, so that rows have no prompt"


def is_messages(value: Any) -> bool:
    """Whether the trainer takes a value for a conversation."""
    first = _first(value)
    return isinstance(first, Mapping) and "role" in first


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _columns(row: Mapping[str, Any]) -> str:
    names = list(row)
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"the columns are {shown}" if names else "rows have no columns"


def _type_of(value: Any) -> str:
    """A value's type in words."""
    if is_messages(value):
        return "messages"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool) or value is None:
        return "nothing" if value is None else "a truth value"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, list):
        return f"a list of {type(value[0]).__name__}" if value else "an empty list"
    return "a mapping" if isinstance(value, Mapping) else type(value).__name__
