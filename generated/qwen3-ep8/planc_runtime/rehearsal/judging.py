"""What of a rehearsal disagrees, in words: causes before what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Beyond these, two runs disagree. Relative, `parameters` to what the steps moved; `tokens`, log-probabilities, absolute.
LOSS, GRADIENT, LATER_GRADIENT, PARAMETERS, LOGITS, TOKENS, REWARDS = 1e-5, 1e-5, 1e-4, 0.05, 1e-3, 1e-4, 1e-3


def disagreements(outcome: Mapping[str, Any]) -> list[str]:
    """
    Sentences about everything that is not as it has to be; none where the ranks agree with one process.

    Args:
        outcome: what `compare.py` found: `shapes`, `batches`, `documents`, `steps` and `models`, each where it was compared.
    """
    models = outcome.get("models")
    return [
        *(_of_shape(shape) for shape in outcome.get("shapes", [])[:1]),
        *_of_batches(outcome.get("batches")),
        *(f"{name}: gate and up stand in each other's place" for name in (models or {}).get("swapped", [])),
        *_of_documents(outcome.get("documents")),
        *_of_steps(outcome.get("steps", [])),
        *_of_models(models),
    ]


def _of_shape(shape: Mapping[str, Any]) -> str:
    rule = "; its grouped_gemm rule does not reach it" if ".experts." in shape["parameter"] else ""
    return f"{shape['parameter']}: a rank holds {shape['found']} where the plan says {shape['planned']}{rule}"


def _of_batches(batches: Mapping[str, int] | None) -> Iterator[str]:
    if batches is None or batches["common"] == batches["distinct"] == batches["reference"]:
        return
    distinct, reference, common = batches["distinct"], batches["reference"], batches["common"]
    what = f"{distinct} different micro-batches where one process took {reference}, {common} of them in common"
    yield f"ranks saw the same batch: {what}" if distinct < reference else f"the batches: {what}"


def _of_documents(documents: Mapping[str, float] | None) -> Iterator[str]:
    # A first document has none before it: where it agrees and later ones do not, these see what stands before them.
    if documents is None or documents["first"] > TOKENS or not documents["later"] > TOKENS:
        return
    how = f"off by {documents['later']:.1e} behind the first document of a row, and right in it"
    yield f"documents of a packed row see each other: log-probabilities are {how}"


def _of_steps(steps: list[Mapping[str, Any]]) -> Iterator[str]:
    # Asked whether they agree, since a number that is none compares with nothing.
    for step in steps:
        if not abs(step["loss"] / step["reference"] - 1) <= LOSS:
            yield f"the loss of step {step['step']}: {step['loss']} on the mesh, {step['reference']} alone"
            break
    for step in steps:
        if not step.get("rewards", 0.0) <= REWARDS:
            yield f"the rewards of step {step['step']}, by {step['rewards']:.1e} of the largest"
            break
    for step in steps:
        # A step moves what has hardly a gradient by the whole learning rate, whichever way its rounding points; decays of linear
        # attention are exponents, which make more of it.
        limit = GRADIENT if step is steps[0] else LATER_GRADIENT
        if not step["difference"] <= limit:
            length = step.get("length")
            how = f"by {step['difference']:.1e}" if length is None else f"{length:#.4g} times as long as alone"
            yield f"the gradient of {step['parameter']} in step {step['step']}, {how}"
            break


def _of_models(models: Mapping[str, Any] | None) -> Iterator[str]:
    if models is None:
        return
    if not models["difference"] <= PARAMETERS * models["moved"]:
        yield f"{models['parameter']} after the steps, by {models['difference']:.1e}"
    for kind, names in models["keys"].items():
        if names:
            yield f"the saved model: {len(names)} {kind.replace('_', ' ')}, {names[0]} among them"
    if not models["logits"] <= LOGITS:
        yield f"the logits of the saved model, by {models['logits']:.1e}"
