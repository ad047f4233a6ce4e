"""What hangs together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.groups import connected

graphs = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=14)
    )
)


def walked(n: int, pairs: list[tuple[int, int]]) -> list[int]:
    """The smallest number that can be reached from each, by walking."""
    reached = [{each} for each in range(n)]
    for _ in range(n):
        for a, b in pairs:
            reached[a] |= reached[b]
            reached[b] |= reached[a]
    return [min(each) for each in reached]


@given(graphs)
def test_a_group_is_what_can_be_reached(graph):
    n, pairs = graph
    found = connected(n, np.array(pairs, np.int64).reshape(-1, 2))
    assert found.tolist() == walked(n, pairs)


def test_a_long_chain_in_any_order_is_one_group():
    links = np.column_stack([np.arange(9_999), np.arange(1, 10_000)])
    np.random.default_rng(1).shuffle(links)
    assert not connected(10_000, links).any()
    assert connected(3, np.empty((0, 2), np.int64)).tolist() == [0, 1, 2]
