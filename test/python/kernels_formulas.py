"""The kernels' specification, `planc_runtime.kernels.eager`, against loops over numbers, transformers and autograd."""

import importlib
import sys
from functools import partial
from types import SimpleNamespace

import torch
from kernels_cases import ints, made_by, run
from routing_loops import check_routing
from transformers.activations import ACT2FN
from transformers.integrations.moe import _default_apply_gate
from transformers.models.deepseek_v4.modeling_deepseek_v4 import DeepseekV4Experts
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssExperts
from transformers.models.minimax_m3_vl.modeling_minimax_m3_vl import MiniMaxM3VLExperts

from planc_runtime.errors import UserError
from planc_runtime.kernels import activated, backend, dot_rows, gated, gather_rows, pick_weights, sum_rows


def loops() -> None:
    first, second = torch.randn(3, 4, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    rows = first.tolist() + second.tolist()
    index, picks = [[4, -1, 0], [2, 2, 3], [-1, -1, -1]], [4, 0, 0, 3]
    weights = torch.rand(3, 3, dtype=torch.float64)
    grad = torch.randn(3, 4, dtype=torch.float64)
    sums = [[0.0] * 4 for _ in index]
    dots = [[0.0] * 3 for _ in index]
    for n, slots in enumerate(index):
        for s, row in enumerate(slots):
            for column in range(4 if row >= 0 else 0):
                sums[n][column] += weights[n, s].item() * rows[row][column]
                dots[n][s] += grad[n, column].item() * rows[row][column]
    assert gather_rows(first, second, ints(*picks)).tolist() == [rows[row] for row in picks]
    torch.testing.assert_close(sum_rows(first, second, ints(*index), weights).tolist(), sums)
    torch.testing.assert_close(dot_rows(first, second, ints(*index), grad).tolist(), dots)


def routings() -> None:
    for tokens, num_choices, num_local in (
        ([5], 2, 6),
        ([7, 4], 3, 4),
        ([0, 6, 3], 4, 3),
        ([2, 1, 0, 8], 8, 2),
        ([0, 0], 2, 2),
    ):
        check_routing(tokens, num_choices, num_local)


def picks() -> None:
    weights, returned = torch.randn(5), torch.randn(2, 3)
    assignments, rows = ints([4, -1, -1], [-1, 0, 2]), ints([-1, 1, -1], [0, -1, -1])
    assert pick_weights(weights, assignments).tolist() == [[weights[4], 0, 0], [0, weights[0], weights[2]]]
    found = pick_weights(weights, assignments, returned, rows)
    assert found.tolist() == [[weights[4], returned[1, 1], 0], [returned[0, 0], weights[0], weights[2]]]
    assert pick_weights(weights, assignments, returned, rows, dtype=torch.bfloat16).equal(found.bfloat16())


def transposes() -> None:
    """The backward of a gather is a sum over the inverse index, the one for a sum's weights a dot: by autograd."""
    first = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(5, 2, dtype=torch.float64, requires_grad=True)
    index = ints([0, 1], [1, -1], [3, 1], [0, 3], [-1, -1])
    inverse = ints([0, 6, -1], [1, 2, 5], [-1, -1, -1], [4, 7, -1])
    picked = torch.where(index[..., None] >= 0, first[index.long()], 0.0)
    grad = torch.randn(5, 3, dtype=torch.float64)
    into_first, into_weights = torch.autograd.grad((picked * weights[..., None]).sum(1), (first, weights), grad)
    spread = (grad[:, None] * weights[..., None]).reshape(10, 3).detach()
    torch.testing.assert_close(sum_rows(spread, None, inverse), into_first)
    torch.testing.assert_close(dot_rows(first.detach(), None, index, grad), into_weights)


def against(theirs, ours, columns: int) -> None:
    """Values, and the gradients of rows and weights, of a gate of transformers and of ours."""
    rows = (3 * torch.randn(40, columns)).requires_grad_()
    weights = torch.rand(40, requires_grad=True)
    grad = torch.randn(40, columns if columns % 2 else columns // 2)
    expected = theirs(rows) * weights[:, None]
    found = ours(rows, weights)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    pairs = (torch.autograd.grad(out, (rows, weights), grad) for out in (found, expected))
    for left, right in zip(*pairs, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-5, atol=2e-6)


def bias_by_autograd() -> None:
    """gpt_oss adds a bias to each expert's rows, then gates: values and all four gradients."""
    experts = SimpleNamespace(limit=1.5, alpha=1.702)
    rows, bias = torch.randn(5, 12, requires_grad=True), torch.randn(4, 12, requires_grad=True)
    weights = torch.rand(5, requires_grad=True)
    inputs, options = (rows, weights, bias), {"limit": 1.5, "alpha": 1.702, "interleaved": True}
    shifted = rows + bias[torch.tensor([0, 2, 2, 2, 3])]
    expected = GptOssExperts._apply_gate(experts, shifted) * weights[:, None]
    found = gated(rows, weights, "swiglu_oai", bias_ED=bias, offsets_E=ints(1, 1, 4, 5), **options)
    torch.testing.assert_close(found, expected)
    grad = torch.randn(5, 6)
    pairs = (torch.autograd.grad(out, inputs, grad) for out in (found, expected))
    for left, right in zip(*pairs, strict=True):
        torch.testing.assert_close(left, right)


def numeric(call) -> None:
    """Against differences in float64."""
    rows = torch.randn(3, 8, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(call, (rows, weights))


def narrow() -> None:
    """bfloat16 rows are computed in float32 and rounded once; the weights' gradients stay float32 and exact."""
    rows, weights = torch.randn(6, 20).bfloat16().requires_grad_(), torch.rand(6, requires_grad=True)
    grad = torch.randn(6, 10).bfloat16()
    exact_rows, exact_weights = rows.detach().float().requires_grad_(), weights.detach().clone().requires_grad_()
    out, exact = gated(rows, weights, "silu"), gated(exact_rows, exact_weights, "silu")
    assert torch.equal(out, exact.bfloat16())
    found = torch.autograd.grad(out, (rows, weights), grad)
    expected = torch.autograd.grad(exact, (exact_rows, exact_weights), grad.float())
    assert torch.equal(found[0], expected[0].bfloat16())
    assert torch.equal(found[1], expected[1])
    index = ints([0, 1, 2, 3])
    exact = sum_rows(rows.detach().float(), None, index).bfloat16()
    assert torch.equal(sum_rows(rows.detach(), None, index), exact)


def says(kind, text: str, call) -> None:
    try:
        call()
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError(f"no {kind.__name__}")


def refusals() -> None:
    rows, index = torch.randn(4, 6), ints([0, 1], [2, 3])
    says(ValueError, "int32 with 1 dims", lambda: gather_rows(rows, None, index))
    says(ValueError, "not torch.int64", lambda: sum_rows(rows, None, index.long()))
    says(ValueError, "rows of 6 torch.float32", lambda: sum_rows(rows, torch.randn(4, 5), index))
    says(
        ValueError,
        "weights must be [2, 2] of torch.float32",
        lambda: sum_rows(rows, None, index, rows[:2, :2].bfloat16()),
    )
    says(ValueError, "grad must be [2, 6]", lambda: dot_rows(rows, None, index, rows))
    says(ValueError, "out must be [2, 6]", lambda: gather_rows(rows, None, index[0], out_PH=torch.empty(3, 6)))
    says(ValueError, "lie together", lambda: gather_rows(rows, None, index[0], out_PH=torch.empty(6, 2).t()))
    says(ValueError, "'tanh' is not one of silu", lambda: gated(rows, None, "tanh"))
    says(ValueError, "needs gate and up", lambda: activated(rows, None, "swiglu_oai"))
    says(ValueError, "alpha is None with swiglu_oai", lambda: gated(rows, None, "swiglu_oai"))
    says(ValueError, "[A, 2I], not [4, 5]", lambda: gated(rows[:, :5], None, "silu"))
    says(ValueError, "weights must be [4]", lambda: gated(rows, torch.rand(3), "silu"))
    says(ValueError, "both or none", lambda: gated(rows, None, "silu", bias_ED=torch.zeros(2, 6)))
    says(ValueError, "bias [E, 6]", lambda: gated(rows, None, "silu", bias_ED=torch.zeros(2, 5), offsets_E=ints(1, 4)))


def implementations() -> None:
    """Triton is an offer: without it, on a CPU, or for float64 the kernels are plain torch."""
    rows = torch.randn(2, 4)
    assert not backend.is_compiled(rows)
    says(UserError, "on cpu", lambda: made_by("triton", lambda: backend.is_compiled(rows)))
    says(UserError, "set it to eager or triton", lambda: made_by("fast", lambda: backend.is_compiled(rows)))
    assert not made_by("triton", lambda: backend.is_compiled(rows.double()))
    assert "planc_runtime.kernels.compiled" not in sys.modules
    there, sys.modules["triton"] = sys.modules.get("triton"), None
    try:
        importlib.reload(backend)
        assert not backend.is_compiled(SimpleNamespace(is_cuda=True, dtype=torch.float32))
        says(UserError, "not installed", lambda: made_by("triton", lambda: backend.is_compiled(rows)))
        assert gated(rows, None, "silu").shape == (2, 2)
    finally:
        sys.modules["triton"] = there
        importlib.reload(backend)


def theirs(name: str):
    """What transformers' experts do with gate and up unless they have a gate of their own."""
    return partial(_default_apply_gate, SimpleNamespace(act_fn=ACT2FN[name]))


oai = SimpleNamespace(limit=2.0, alpha=1.702, swiglu_limit=2.0, swiglu_alpha=1.702, act_fn=ACT2FN["silu"])
clamped = {"limit": 2.0, "alpha": 1.702}
gates = {
    "silu": (theirs("silu"), partial(gated, kind="silu")),
    "gelu": (theirs("gelu"), partial(gated, kind="gelu")),
    "gelu_tanh": (theirs("gelu_pytorch_tanh"), partial(gated, kind="gelu_tanh")),
    "relu2": (theirs("relu2"), partial(gated, kind="relu2")),
    "gpt_oss": (
        partial(GptOssExperts._apply_gate, oai),
        partial(gated, kind="swiglu_oai", interleaved=True, **clamped),
    ),
    "minimax_m3_vl": (partial(MiniMaxM3VLExperts._apply_gate, oai), partial(gated, kind="swiglu_oai", **clamped)),
    "deepseek_v4": (partial(DeepseekV4Experts._apply_gate, oai), partial(gated, kind="silu", limit=2.0)),
}
cases = {
    case.__name__: case
    for case in (loops, routings, picks, transposes, bias_by_autograd, narrow, refusals, implementations)
}
for name, (gate, ours) in gates.items():
    cases[f"gate {name}"] = partial(against, gate, ours, 26)
    cases[f"differences {name}"] = partial(numeric, ours)
for kind, name in {"silu": "silu", "gelu": "gelu", "gelu_tanh": "gelu_pytorch_tanh", "relu2": "relu2"}.items():
    cases[f"activation {name}"] = partial(against, ACT2FN[name], partial(activated, kind=kind), 13)
    cases[f"differences of activation {name}"] = partial(numeric, partial(activated, kind=kind))

run(cases)
