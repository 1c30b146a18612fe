"""What the routing of every rank is to be, with lists of tuples in place of tensors."""

import torch
from routing_ranks import routed


def check_routing(tokens: list[int], num_choices: int, num_local: int) -> None:
    """Compare what each rank works out of random choices; `tokens` are those of each."""
    ranks = range(len(tokens))
    choices = [torch.rand(count, len(ranks) * num_local).argsort(1)[:, :num_choices] for count in tokens]
    weights = [torch.rand(count, num_choices) for count in tokens]
    # Of each rank the rows that it sends, (destination, token), in order, and the assignments, (expert, row, choice, weight).
    rows = [
        [
            (dest, token)
            for dest in ranks
            for token, experts in enumerate(choices[rank].tolist())
            if dest != rank and any(expert // num_local == dest for expert in experts)
        ]
        for rank in ranks
    ]
    for rank, found in enumerate(routed(choices, weights, num_local)):
        own = [(rank, token) for token in range(tokens[rank])]
        received = [(source, token) for source in ranks for dest, token in rows[source] if dest == rank]
        assignments = sorted(
            (choices[source][token, choice].item() % num_local, row, choice, weights[source][token, choice].item())
            for row, (source, token) in enumerate(own + received)
            for choice in range(num_choices)
            if choices[source][token, choice].item() // num_local == rank
        )
        number_of = {(row, choice): number for number, (_, row, choice, _) in enumerate(assignments)}
        counts = [sum(expert == other for expert, *_ in assignments) for other in range(num_local)]
        sent = [sum(dest == other for dest, _ in rows[rank]) for other in ranks]
        came = [sum(source == other for source, _ in received) for other in ranks]
        assert found.totals.sizes_L.tolist() == [*sent, *came, len(assignments)]
        assert found.totals.counts_E.tolist() == counts
        assert found.totals.ends_E.tolist() == [sum(counts[: expert + 1]) for expert in range(num_local)]
        assert found.chosen.flatten().tolist() == [
            number
            for dest in ranks
            for number in (
                *((choices[rank] == dest * num_local + expert).sum().item() for expert in range(num_local)),
                sent[dest],
            )
        ]
        assert found.sent.tokens_S.tolist() == [token for _, token in rows[rank]]
        for (dest, token), message in zip(rows[rank], found.sent.messages_SM, strict=True):
            experts, bits = message.chunk(2)
            assert experts.tolist() == [
                expert % num_local if expert // num_local == dest else num_local
                for expert in choices[rank][token].tolist()
            ]
            assert bits.view(torch.float32).tolist() == weights[rank][token].tolist()
        layout = found.layout
        assert list(
            zip(layout.local_experts_A.tolist(), layout.rows_A.tolist(), layout.weights_A.tolist(), strict=True)
        ) == [(expert, row, weight) for expert, row, _, weight in assignments]
        numbers = torch.cat([layout.assignments_TK, layout.assignments_RK])
        assert numbers.tolist() == [
            [number_of.get((row, choice), -1) for choice in range(num_choices)] for row in range(len(own + received))
        ]
        for token, experts in enumerate(choices[rank].tolist()):
            dests = [expert // num_local for expert in experts]
            carriers = [-1 if dest == rank else rows[rank].index((dest, token)) for dest in dests]
            assert found.sent.sent_rows_TK[token].tolist() == carriers
            assert layout.parts_TK[token].tolist() == [
                number_of[token, choice]
                if dest == rank
                else len(assignments) + carriers[choice]
                if dest not in dests[:choice]
                else -1
                for choice, dest in enumerate(dests)
            ]
