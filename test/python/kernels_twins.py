"""Every Triton kernel, interpreted, against its eager twin over awkward shapes. Start it with TRITON_INTERPRET=1."""

from functools import partial

import torch
from kernels_cases import ints, made_by, run
from routing_ranks import routed

from planc_runtime.kernels import activated, dot_rows, gated, gather_rows, pick_weights, sum_rows

DTYPES = (torch.float32, torch.bfloat16, torch.float16)

# A, B, N, S, H: rows of the two sources (no second one for None), rows asked for, slots, hidden size.
SHAPES = [
    (7, 5, 0, 2, 8),
    (1, None, 1, 1, 1),
    (1, 0, 3, 2, 33),
    (0, 3, 5, 3, 72),
    (13, None, 11, 8, 130),
    (7, 17, 13, 5, 97),
    (2, 1, 3, 11, 64),
]

# P, I: rows and expert width. Blocks are of 2 rows and 32 columns, so that these have several, and ragged ones.
WIDTHS = [(0, 8), (1, 1), (3, 32), (5, 37), (2, 97)]

KINDS = {
    "silu": {},
    "gelu": {},
    "gelu_tanh": {"limit": 0.7},
    "relu2": {},
    "swiglu_oai": {"limit": 1.1, "alpha": 1.702},
}


def is_close(found: torch.Tensor, expected: torch.Tensor) -> None:
    """
    Equal up to what float32 loses in another order, and in a narrower dtype to one unit in the last place: where a GPU
    rounds to the nearest bfloat16, the interpreter cuts off.
    """
    assert found.dtype == expected.dtype
    unit = {torch.bfloat16: 2**-7, torch.float16: 2**-10}.get(found.dtype, 2e-6)
    torch.testing.assert_close(found, expected, rtol=unit, atol=2e-6, equal_nan=True)


def both(call) -> None:
    """Compare the results of the two implementations, one tensor or several."""
    found, expected = made_by("triton", call), made_by("eager", call)
    for left, right in zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]:
        is_close(left, right)


def sources(num_first, num_second, columns, dtype):
    first = torch.randn(num_first, columns).to(dtype)
    return first, None if num_second is None else torch.randn(num_second, columns).to(dtype)


def rows_case(shape, dtype) -> None:
    num_first, num_second, num_rows, num_slots, columns = shape
    first, second = sources(num_first, num_second, columns, dtype)
    num_sources = num_first + (num_second or 0)
    picks = torch.randint(0, num_sources, (num_rows,), dtype=torch.int32)
    index = torch.randint(-1, num_sources, (num_rows, num_slots), dtype=torch.int32)
    weights, grad = torch.rand(num_rows, num_slots), torch.randn(num_rows, columns).to(dtype)

    found = made_by("triton", lambda: gather_rows(first, second, picks))
    assert torch.equal(found, made_by("eager", lambda: gather_rows(first, second, picks)))
    both(lambda: sum_rows(first, second, index))
    both(lambda: sum_rows(first, second, index, weights))
    both(lambda: sum_rows(first, second, torch.full_like(index, -1), weights))
    both(lambda: dot_rows(first, second, index, grad))


# Tokens of each rank, choices of a token, local experts. A block of the kernels has 256 choices, padded to a power of two.
ROUTINGS = [
    ((1,), 1, 1),
    ((70,), 3, 512),
    ((37, 41), 8, 64),
    ((0, 150, 2), 2, 5),
    ((0, 0), 4, 3),
    ((9, 1), 12, 6),
    ((2, 3, 1, 0, 4, 1, 1, 1, 5, 1, 1, 2, 1, 1, 1, 3), 3, 3),
]


def routing_case(tokens, num_choices, num_local, choose=None) -> None:
    """Every number is that of plain torch."""
    num_experts = len(tokens) * num_local
    choose = choose or (lambda count: torch.rand(count, num_experts).argsort(1)[:, :num_choices])
    choices = [choose(count) for count in tokens]
    dtype = DTYPES[num_choices % 3]
    weights = [torch.rand(count, num_choices).to(dtype) for count in tokens]
    found, expected = (made_by(backend, lambda: routed(choices, weights, num_local)) for backend in ("triton", "eager"))
    for here, there in zip(found, expected, strict=True):
        for name, tensor in there.tensors().items():
            torch.testing.assert_close(here.tensors()[name], tensor, rtol=0, atol=0, msg=f"{name} differs")


def odd_routings() -> None:
    """Onto one expert, past a rank, only to others, every expert, and one expert twice."""
    routing_case((33, 5), 1, 4, lambda count: torch.full((count, 1), 7))
    routing_case((5, 33, 2), 2, 4, lambda count: torch.tensor([[9, 0]]).repeat(count, 1))
    routing_case((3, 4), 6, 3, lambda count: torch.arange(6).repeat(count, 1))
    routing_case((40, 3), 4, 4, lambda count: torch.randint(8, (count, 4)))


def picks() -> None:
    weights, returned = torch.randn(9), torch.randn(4, 3)
    assignments, rows = (
        torch.randint(-1, 9, (600, 3), dtype=torch.int32),
        torch.randint(-1, 4, (600, 3), dtype=torch.int32),
    )
    for call in (
        lambda: pick_weights(weights, assignments),
        lambda: pick_weights(weights, assignments[:0], returned, rows[:0]),
        lambda: pick_weights(weights[::2], assignments.clamp(max=4), returned.t().contiguous().t(), rows),
        lambda: pick_weights(weights, assignments, returned[:0], torch.full_like(rows, -1)),
    ):
        assert torch.equal(made_by("triton", call), made_by("eager", call))
    both(lambda: pick_weights(weights, assignments, returned, rows, dtype=torch.bfloat16))


def exact_sums() -> None:
    """In float32 the sums are the twin's to the bit: same order, products rounded before they are added."""
    first, second = sources(31, 7, 45, torch.float32)
    index, weights = torch.randint(-1, 38, (9, 8), dtype=torch.int32), torch.rand(9, 8)
    call = partial(sum_rows, first, second, index, weights)
    assert torch.equal(made_by("triton", call), made_by("eager", call))


def skipped_slots() -> None:
    """Neither the weight of a skipped slot nor a row that nobody picked gets into a sum."""
    first = torch.tensor([[1.0, 2.0], [float("nan"), float("inf")]])
    index, weights = ints([0, -1], [-1, -1]), torch.tensor([[2.0, float("inf")], [float("nan"), 1.0]])
    for backend in ("triton", "eager"):
        assert made_by(backend, lambda: sum_rows(first, None, index, weights)).tolist() == [[2.0, 4.0], [0.0, 0.0]]
        assert made_by(backend, lambda: dot_rows(first, None, index, first)).tolist() == [[5.0, 0.0], [0.0, 0.0]]


def strided() -> None:
    """Slices of rows and columns, transposed tensors, and a place to write to."""
    first, second = torch.randn(12, 80)[::2, 3:40], torch.randn(37, 5).t()
    index, weights = torch.randint(-1, 11, (4, 6), dtype=torch.int32).t(), torch.rand(4, 6).t()
    both(lambda: sum_rows(first, second, index, weights))
    both(lambda: dot_rows(first, second, index, torch.randn(37, 6, generator=torch.manual_seed(1)).t()))
    for backend in ("triton", "eager"):
        into = torch.zeros(6, 50)
        made_by(backend, lambda into=into: gather_rows(first, second, index[:, 0].abs(), out_PH=into[:, 5:42]))
        assert torch.equal(into[:, 5:42], torch.cat([first, second])[index[:, 0].abs()])
        assert torch.equal(into.count_nonzero(1), torch.full((6,), 37))
    rows, grad, weights = torch.randn(74, 6).t(), torch.randn(37, 6).t(), torch.rand(12)[::2]
    both(lambda: out_and_grads(rows, weights, partial(gated, kind="silu"), grad))


def far_apart() -> None:
    """Rows more than 2^31 elements from the first one. The memory between them is never touched."""
    stride = 2**30 + 8
    rows = torch.empty(2 * stride + 16, dtype=torch.bfloat16).as_strided((3, 16), (stride, 1))
    rows.copy_(torch.randn(3, 16))
    near, index = rows.clone(), ints([2, 0], [1, 2], [-1, 2])
    both_rows = torch.cat([near, near])
    for first, second in ((rows, near), (near, rows)):
        picks = ints(2, 5, 0, 3, 1, 4)
        assert torch.equal(made_by("triton", lambda: gather_rows(first, second, picks)), both_rows[picks])
        is_close(made_by("triton", lambda: sum_rows(first, second, index + 3)), sum_rows(both_rows, None, index + 3))
    is_close(made_by("triton", lambda: dot_rows(rows, None, index, rows)), dot_rows(near, None, index, near))
    rows.zero_()
    made_by("triton", lambda: gather_rows(near, None, ints(0, 1, 2), out_PH=rows))
    assert torch.equal(rows, near)
    grad = torch.empty(2 * stride + 8, dtype=torch.bfloat16).as_strided((3, 8), (stride, 1))
    grad.copy_(torch.randn(3, 8))
    found = made_by("triton", lambda: out_and_grads(rows, torch.ones(3), partial(gated, kind="silu"), grad))
    expected = made_by("eager", lambda: out_and_grads(near, torch.ones(3), partial(gated, kind="silu"), grad.clone()))
    for left, right in zip(found, expected, strict=True):
        is_close(left, right)


def gate_case(shape, dtype, call) -> None:
    """Forward and every gradient."""
    num_rows, columns = shape
    rows, weights = torch.randn(num_rows, columns).to(dtype), torch.rand(num_rows)

    grad = torch.randn(num_rows, call(rows[:0], None).shape[1]).to(dtype)
    both(lambda: out_and_grads(rows, weights, call, grad))
    both(lambda: out_and_grads(rows, None, call, grad))


def out_and_grads(rows, weights, call, grad):
    inputs = [tensor.detach().requires_grad_() for tensor in (rows, weights) if tensor is not None]
    out = call(inputs[0], None if weights is None else inputs[1])
    return out, *torch.autograd.grad(out, inputs, grad)


def biased(interleaved: bool, dtype) -> None:
    """More experts than rows: some have none, among them the first and the last. In bfloat16 none sums cut-off rows."""
    rows, bias = torch.randn(4, 74).to(dtype), torch.randn(6, 74).to(dtype)
    offsets = ints(0, 1, 1, 3, 4, 4) if dtype == torch.float32 else ints(0, 1, 2, 3, 4, 4)

    def made():
        inputs = rows.clone().requires_grad_(), bias.clone().requires_grad_()
        options = {"limit": 1.0, "alpha": 1.702, "bias_ED": inputs[1], "offsets_E": offsets, "interleaved": interleaved}
        out = gated(inputs[0], torch.full((4,), 0.5), "swiglu_oai", **options)
        return out, *torch.autograd.grad(out, inputs, torch.ones_like(out))

    both(made)


def not_a_number() -> None:
    """NaN comes out as NaN: a clamp or a maximum must not hide a run that has diverged."""
    for kind, options in KINDS.items():
        rows = torch.full((1, 4), float("nan"))
        assert made_by("triton", lambda: gated(rows, None, kind, **options)).isnan().all()
        assert made_by("eager", lambda: gated(rows, None, kind, **options)).isnan().all()


def limits() -> None:
    """At the limit and beyond it a number has no gradient; very large ones stay finite."""
    values = torch.tensor([[1.0, 1.5, -2.0, 80.0, 0.9, 0.5, -1.0, 1.5, -80.0, 1.0]])
    both(lambda: limit_grads(values, "silu"))
    both(lambda: limit_grads(values, "swiglu_oai", alpha=1.702))
    found = made_by("triton", lambda: limit_grads(values, "silu"))
    assert [bool(entry) for entry in found[0]] == [False, False, True, False, True, True, False, False, False, False]


def limit_grads(values, kind, **options):
    rows = values.clone().requires_grad_()
    return torch.autograd.grad(gated(rows, None, kind, limit=1.0, **options).sum(), rows)[0]


cases = {f"rows {shape} {dtype}": partial(rows_case, shape, dtype) for shape in SHAPES for dtype in DTYPES[:2]}
cases[f"rows {SHAPES[-1]} {DTYPES[2]}"] = partial(rows_case, SHAPES[-1], DTYPES[2])
for shape in ROUTINGS:
    cases[f"routing {shape}"] = partial(routing_case, *shape)
for case in (odd_routings, picks, exact_sums, skipped_slots, strided, far_apart, not_a_number, limits):
    cases[case.__name__] = case
for number, (kind, options) in enumerate(KINDS.items()):
    for interleaved in (False, True):
        call = partial(
            lambda *inputs, **options: gated(*inputs, **options), kind=kind, interleaved=interleaved, **options
        )
        for turn, (num_rows, width) in enumerate(WIDTHS):
            dtype = DTYPES[(number + turn) % 3]
            cases[f"{kind} {interleaved} {num_rows, width} {dtype}"] = partial(
                gate_case, (num_rows, 2 * width), dtype, call
            )
    if kind != "swiglu_oai":
        call = partial(lambda *inputs, kind: activated(*inputs, kind), kind=kind)
        cases[f"{kind} without a gate"] = partial(gate_case, WIDTHS[3], DTYPES[number % 3], call)
for dtype in DTYPES[:2]:
    cases[f"bias {dtype}"] = partial(biased, False, dtype)
    cases[f"bias, interleaved {dtype}"] = partial(biased, True, dtype)

run(cases)
