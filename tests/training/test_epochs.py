from __future__ import annotations

import pytest

from rnnctl.training.epochs import remembered


@pytest.mark.parametrize("differ", [True, False])
def test_an_epoch_is_laid_out_once_and_all_alike_only_once_at_all(differ):
    made = []

    def make(epoch):
        made.append(epoch)
        return [epoch]

    give = remembered(make, differ=differ)
    asked = [3, 3, 2, 3, 2]
    found = [give(epoch) for epoch in asked]
    assert found == [[epoch if differ else 1] for epoch in asked]
    assert made == ([3, 2] if differ else [1])
    assert found[0] is found[1] is found[3]


def test_epochs_long_gone_are_forgotten():
    made = []
    give = remembered(made.append, differ=True)
    for epoch in (1, 2, 3, 4, 5, 5, 1):
        give(epoch)
    assert made == [1, 2, 3, 4, 5, 1]
