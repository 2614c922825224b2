"""This config's speed on this machine beside other ways to train it. Knows nothing of the console."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rnnctl import __version__, backend
from rnnctl.config import Config
from rnnctl.config.dataset import load_dataset
from rnnctl.data import Dataset
from rnnctl.errors import ConfigError, Fault
from rnnctl.model.describe import check_outputs, describe_cells, describe_optimizer
from rnnctl.results.bench import BenchReport
from rnnctl.runs.environment import usable_cpus
from rnnctl.schema.training import CrossEntropy

PEERS = ("keras", "eager", "torch", "jax")
"""What this project can be compared with."""

SECONDS = 20.0
"""How long the rounds take where nothing else is asked for."""


def bench(
    config: Config,
    *,
    against: Sequence[str] = PEERS,
    seconds: float = SECONDS,
    tell: Callable[[str], None] = lambda _: None,
) -> BenchReport:
    """Times one batch's optimizer steps: this project's loop, other frameworks', and the floor below all of them.

    All start from the same weights, take real steps with the config's optimizer on the first batch of the first epoch,
    and show their first losses, which must agree. They take turns, round by round, in this process. Then this project
    trains on all of the data for a moment, to see how long it waits for batches.

    Args:
        config: The whole config.
        against: Some of ``PEERS``; this project's own rows and the floor are always there.
        seconds: How long the rounds take, about; compiling comes on top.
        tell: Told what happens now, in a few words.

    Returns:
        A row for each, with medians and quartiles.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together, or other frameworks' loops cannot be given the same task.
        NonFiniteError: Training on one batch again and again does not stay finite.
    """
    began = time.perf_counter()
    dataset = load_dataset(config)
    check_outputs(config, dataset.signature.outputs)
    _check_comparable(config, dataset)
    backend.start(kept_programs=False)
    from rnnctl.bench.measure import race
    from rnnctl.bench.task import make_task
    from rnnctl.bench.waiting import measure_waiting

    task = make_task(config, dataset)
    rows = race([make(task) for make in _contenders(against)], seconds, tell)
    tell("waiting for batches")
    waiting = measure_waiting(config, dataset, task.new_model())
    return BenchReport(
        name=config.name,
        model=describe_cells(config),
        loss=config.loss.kind,
        optimizer=describe_optimizer(config.optimizer),
        batch=task.batch,
        time_steps=task.inputs.shape[1],
        features=task.inputs.shape[2],
        device=backend.device_name(),
        cores=usable_cpus() or 1,
        versions=_versions(against),
        seconds=time.perf_counter() - began,
        rows=rows,
        input_wait=None if waiting is None else waiting.share,
        batches_from="" if waiting is None else waiting.way,
    )


def _check_comparable(config: Config, dataset: Dataset) -> None:
    """Stops where the task is one that the other loops here do not know.

    Raises:
        ConfigError: Says what it is.
    """
    signature, found = dataset.signature, []
    if signature.masked:
        found.append("sequences of different lengths")
    if any(column.tokens for column in signature.inputs):
        found.append("columns of tokens")
    if any(column.static for column in signature.inputs):
        found.append("static columns")
    if isinstance(config.loss, CrossEntropy):
        found.append(config.loss.kind)
    if config.training.truncate is not None:
        found.append("training.truncate")
    if found:
        told = f"bench compares loops over numbers in sequences of one length; this config has {' and '.join(found)}"
        raise ConfigError([Fault(config.name, None, None, "data", f"{told}; the speed of a run is in its summary")])


def _contenders(against: Sequence[str]) -> list[Callable[[Any], Any]]:
    """Makers of all contenders, in the order of the table."""
    from rnnctl.bench.floor import Floor
    from rnnctl.bench.jax_peer import JaxLoop
    from rnnctl.bench.keras_fit import BestFit, Fit
    from rnnctl.bench.ours import ALL, NONE, WEIGHTS, Ours
    from rnnctl.bench.stock import TapeLoop
    from rnnctl.bench.torch_peer import TorchLoop

    peers: dict[str, list[Callable[[Any], Any]]] = {
        "keras": [Fit, BestFit],
        "eager": [lambda task: TapeLoop(task, compiled=False), lambda task: TapeLoop(task, compiled=True)],
        "torch": [TorchLoop],
        "jax": [JaxLoop],
    }
    chosen = [make for name in PEERS if name in against for make in peers[name]]
    own = [lambda task, key=key: Ours(task, key) for key in (ALL, WEIGHTS, NONE)]
    return [*own, *chosen, Floor]


def _versions(against: Sequence[str]) -> dict[str, str]:
    """Versions of the frameworks that took part, as far as they are installed."""
    found = {"rnnctl": __version__}
    for name in ("tensorflow", "keras", "numpy", *(peer for peer in ("torch", "jax") if peer in against)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
