"""This config's speed on this machine beside other ways to train it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from rnnctl import backend
from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.errors import ConfigError, Fault, RnnctlError
from rnnctl.losses import LOSSES
from rnnctl.model.describe import describe_cells, describe_optimizer
from rnnctl.results.bench import BenchReport
from rnnctl.runs.environment import package_versions, usable_cpus
from rnnctl.training.build import prepare
from rnnctl.util.format import listed

PEERS = ("keras", "eager", "torch", "jax")
"""What this project can be compared with; the last two from a checkout alone."""

_CHECKOUT = Path(__file__).parents[2] / "tests" / "bench" / "peers"

SECONDS = 20.0
"""How long the rounds take where nothing else is asked for."""


def bench(
    config: Config,
    *,
    against: Sequence[str] | None = None,
    seconds: float = SECONDS,
    tell: Callable[[str], None] = lambda _: None,
) -> BenchReport:
    """Times one batch's optimizer steps: this project's loop, other frameworks', and the floor below all of them.

    All start from the same weights, take real steps with the config's optimizer on the first batch of the first epoch,
    and show their first losses, which must agree. They take turns, round by round, in this process. Then this project
    trains on all of the data for a moment, to see how long it waits for batches.

    Args:
        against: Some of ``PEERS``; None for all that there are here. This project's own rows are always there, and in a
            checkout the floor and the rate of its matrix products.
        seconds: How long the rounds take, about; compiling comes on top.
        tell: Told what happens now, in a few words.

    Returns:
        A row for each, with medians and quartiles.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together, or other frameworks' loops cannot be given the same task.
        RnnctlError: A peer is not there, as this is no checkout.
        NonFiniteError: Training on one batch again and again does not stay finite.
    """
    began = time.perf_counter()
    prepared = prepare(config)
    config = prepared.config
    _check_comparable(config, prepared.dataset)
    backend.start(cached_programs=False)
    from rnnctl.bench.measure import race
    from rnnctl.bench.task import make_task
    from rnnctl.bench.waiting import measure_waiting

    peers = _peers()
    against = (PEERS if peers else PEERS[:2]) if against is None else against
    makers = _contenders(against, peers)
    task = make_task(prepared)
    rows = race([make(task) for make in makers], seconds, tell)
    versions = package_versions(*(peer for peer in PEERS[2:] if peer in against))
    tell("waiting for batches")
    waiting = measure_waiting(replace(prepared, model=task.new_model()))
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
        versions={name: version for name, version in versions.items() if version is not None},
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
    signature = dataset.signature
    unknown = {
        "sequences of different lengths": signature.masked,
        "columns of tokens": any(column.tokens for column in signature.inputs),
        "static columns": any(column.static for column in signature.inputs),
        config.loss.kind: LOSSES[config.loss.kind].targets != "number",
        "training.truncate": config.training.truncate is not None,
    }
    if found := [what for what, there in unknown.items() if there]:
        told = f"bench compares loops over numbers in sequences of one length; this config has {' and '.join(found)}"
        raise ConfigError([Fault(config.name, None, None, "data", f"{told}; the speed of a run is in its summary")])


def _peers() -> ModuleType | None:
    """The package of peers beside this one in a checkout; None where rnnctl is installed without its tests."""
    module = _CHECKOUT / "__init__.py"
    spec = spec_from_file_location("bench_peers", module, submodule_search_locations=[str(_CHECKOUT)])
    if spec is None or spec.loader is None or not _CHECKOUT.is_dir():
        return None
    if spec.name not in sys.modules:
        sys.modules[spec.name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules[spec.name]


def _contenders(against: Sequence[str], peers: ModuleType | None) -> list[Callable[[Any], Any]]:
    """Makers of all contenders, in the order of the table."""
    from rnnctl.bench.keras_fit import BestFit, Fit
    from rnnctl.bench.ours import ALL, NONE, WEIGHTS, Ours
    from rnnctl.bench.stock import TapeLoop

    made: dict[str, list[Callable[[Any], Any]]] = {
        "keras": [Fit, BestFit],
        "eager": [lambda task: TapeLoop(task, compiled=False), lambda task: TapeLoop(task, compiled=True)],
    }
    made |= {name: [loop] for name, loop in peers.PEERS.items()} if peers else {}
    missing = [name for name in against if name not in made]
    if missing:
        raise RnnctlError(
            f"{listed(missing, 'and')} can be compared with in a checkout of rnnctl alone, where the loops are; "
            f"install the checkout with pip install -e '.[bench]', or use --against {','.join(made)}"
        )
    own = [lambda task, key=key: Ours(task, key) for key in (ALL, WEIGHTS, NONE)]
    others = [make for name in PEERS if name in against for make in made[name]]
    return [*own, *others, *(peers.LIMITS if peers else [])]
