from __future__ import annotations

from bench.checkpoint import OPTIMIZERS, UNITS, config_of, measure

from rnnctl.runs.checkpoints import checkpoint_steps


def test_a_turn_leaves_one_checkpoint_and_its_size_is_told(tmp_path):
    cost = measure(config_of("adam", units=8), tmp_path, turns=3)
    assert checkpoint_steps(tmp_path) == [3]
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]
    (kept,) = (tmp_path / "checkpoints").iterdir()
    assert cost.size == sum(path.stat().st_size for path in kept.iterdir())
    assert min(cost.copied, cost.written, cost.disk) > 0


def test_the_net_has_ten_million_weights():
    weights = UNITS * (1 + UNITS + 1) + UNITS + 1
    assert abs(weights - 10_000_000) < 10_000
    assert {config_of(kind).optimizer.kind for kind in OPTIMIZERS} == set(OPTIMIZERS)
