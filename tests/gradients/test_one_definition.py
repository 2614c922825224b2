"""∂L/∂h_t of padded sequences: training, an examination and a run's record say the same, and it is the truth.

Of two cells, a second layer in one direction or both, and two tasks, every two values meet, not every three.
"""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.config import load_config
from rnnctl.data import Batch
from rnnctl.gradients.backward import run_backward
from rnnctl.model.build import float64_copy
from rnnctl.model.losses import build_loss
from rnnctl.results.training import StepRecord
from rnnctl.runs.through_time import read_through_time
from rnnctl.training.build import build
from rnnctl.workflows.examine import examine
from rnnctl.workflows.sample import gather
from rnnctl.workflows.train import train_steps

LENGTHS = (2, 5, 3, 5, 4)
CONFIG = """\
data: {{kind: csv, path: rows.csv, series: id, target: [y], features: [x, z], task: {task}, split: {{}}}}
model: {{layers: [{{cell: {cell}, units: 3, bidirectional: true}}, {{cell: {cell}, units: 2, bidirectional: {twice}}}]}}
training: {{steps: 1, batch_size: 5, shuffle: false}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("padded")
    random = np.random.default_rng(5)
    lines = ["id,x,z,y"]
    for name, length in enumerate(LENGTHS):
        label = random.standard_normal()
        for _ in range(length):
            x, z = random.standard_normal(2)
            lines.append(f"{name},{x:.4f},{z:.4f},{label if name >= 0 else x:.4f}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize(
    ("cell", "twice", "task"),
    [
        ("simple_rnn", "false", "per_sequence"),
        ("simple_rnn", "true", "per_step"),
        ("lstm", "true", "per_sequence"),
        ("lstm", "false", "per_step"),
    ],
)
def test_both_commands_and_the_record_agree_with_each_sequence_alone(folder, cell, twice, task, tmp_path):
    (folder / "c.yaml").write_text(CONFIG.format(cell=cell, twice=twice, task=task))
    config = load_config(folder / "c.yaml")
    built = build(config)
    found = {f"{layer.path}/{state}": norms for layer in examine(built, self_check=False).layers
             for state, norms in layer.state_gradient_norms.items()}  # fmt: skip
    truth = _alone(built)
    run = train_steps(config, out=tmp_path)
    (step,) = [event for event in run.events() if isinstance(event, StepRecord)]
    recorded = read_through_time(run.folder / "through_time")[1]
    assert set(found) == set(truth) == set(step.state_gradient_norms) == set(recorded)
    for path, norms in truth.items():
        for told in (found[path], step.state_gradient_norms[path], recorded[path][0]):
            np.testing.assert_allclose(told, norms, rtol=2e-4, atol=1e-7, err_msg=path)


def _alone(built):
    """By state, the norms from each sequence by itself, unpadded, in float64."""
    batch, per_step = gather(built.schedule, 0, None), built.config.model.return_sequences
    precise = float64_copy(built.config, built.model, built.dataset.signature)
    lengths = batch.mask.sum(axis=1)
    assert sorted(lengths.tolist()) == sorted(LENGTHS)
    whole = lengths.sum() if per_step else len(lengths)
    norms = {}
    for place, length in enumerate(lengths):
        here = np.s_[place : place + 1, :length]
        targets = batch.targets[here] if per_step else batch.targets[place : place + 1]
        weights = np.full((1, length) if per_step else 1, 1 / whole)
        own = run_backward(
            precise, build_loss(built.config.loss), Batch(batch.inputs[here], targets, None), weights, dtype="float64"
        )
        for path, gradient in own.states.items():
            series = norms.setdefault(path, np.zeros(max(LENGTHS)))
            series[:length] += np.linalg.norm(gradient[0], axis=-1) / len(lengths)
    return norms


def test_a_last_output_stands_where_its_sequence_ends(folder):
    (folder / "c.yaml").write_text(CONFIG.format(cell="gru", twice="true", task="per_sequence"))
    built = build(load_config(folder / "c.yaml"))
    layers = {layer.path: layer for layer in examine(built, self_check=False).layers}
    ends = np.bincount(LENGTHS, minlength=max(LENGTHS) + 1)[1:] > 0
    forward, backward = (layers[f"recurrent_1/{side}"].immediate_norms for side in ("forward", "backward"))
    assert [norm > 0 for norm in forward] == ends.tolist()
    assert [norm > 0 for norm in backward] == [True] + [False] * (max(LENGTHS) - 1)
    for layer in layers.values():
        assert max(layer.immediate_norms) > 0
