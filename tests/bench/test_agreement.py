"""Every contender takes the same steps: first losses from the same weights, over cells, losses and optimizers."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import pytest
from bench.peers import optional
from bench.peers.jax_peer import JaxLoop
from bench.peers.torch_peer import TorchLoop
from small import small_config

from rnnctl import backend
from rnnctl.bench.contender import NotComparableError
from rnnctl.bench.keras_fit import BestFit, Fit, FitOptions, execution_steps
from rnnctl.bench.measure import compare_losses
from rnnctl.bench.ours import ALL, Ours
from rnnctl.bench.stock import TapeLoop
from rnnctl.bench.task import Task, make_task
from rnnctl.config.schema import Config
from rnnctl.training.build import prepare


def task_of(config: Config) -> Task:
    backend.start()
    return make_task(prepare(config))


def layers(*cells: str, **more: Any) -> list[dict[str, Any]]:
    return [{"cell": cell, "units": 3 + position, **more} for position, cell in enumerate(cells)]


CONFIGS = {
    "stacked, adam, clipped": small_config(
        model={"layers": layers("gru", "simple_rnn")},
        optimizer={"kind": "adam", "learning_rate": 0.05, "global_clipnorm": 0.1},
    ),
    "every time step, nesterov, huber": small_config(
        model={"layers": layers("lstm", use_bias=False), "return_sequences": True},
        optimizer={"kind": "sgd", "learning_rate": 0.2, "momentum": 0.5, "nesterov": True, "clipnorm": 0.3},
        loss={"kind": "huber", "delta": 0.5},
    ),
    "adamw, mae": small_config(optimizer={"kind": "adamw", "learning_rate": 0.1}, loss={"kind": "mae"}),
    "rmsprop, other activations": small_config(
        model={"layers": [{"cell": "gru", "units": 3, "activation": "leaky_relu", "reset_after": False}]},
        optimizer={"kind": "rmsprop", "momentum": 0.5, "centered": True, "clipvalue": 0.2},
    ),
}


@pytest.fixture(scope="module", params=CONFIGS, ids=list(CONFIGS))
def case(request: pytest.FixtureRequest) -> tuple[Task, tuple[float, ...]]:
    """A task, and the losses of the plain tape loop over stock Keras layers."""
    task = task_of(CONFIGS[request.param])
    return task, TapeLoop(task, compiled=False).prepare()


Case = tuple[Task, tuple[float, ...]]


def import_quietly(name: str) -> None:
    """Imports a peer, whose own warnings are not ours to raise as errors."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module(name)


def test_our_loop_takes_the_steps_of_the_tape_loop(case: Case) -> None:
    task, losses = case
    assert len(set(losses)) == 3
    assert compare_losses(Ours(task, ALL).prepare(), losses) == ""


@pytest.mark.filterwarnings("default")
def test_jax_takes_the_steps_of_the_tape_loop(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    import_quietly("jax")
    monkeypatch.setattr("bench.peers.jax_peer.UNROLLS", (2,))
    jax = JaxLoop(case[0])
    assert compare_losses(jax.prepare(), case[1]) == ""
    assert jax.settings == "unroll=2, up to 512 steps a call"
    assert jax.compile_seconds


@pytest.mark.filterwarnings("default")
def test_pytorch_takes_the_steps_of_the_tape_loop_or_says_why_not(case: Case) -> None:
    import_quietly("torch")
    task, losses = case
    torch = TorchLoop(task)
    if task.config.optimizer.kind == "rmsprop":
        with pytest.raises(NotComparableError, match="RMSprop adds epsilon outside the root"):
            torch.prepare()
    else:
        assert compare_losses(torch.prepare(), losses) == ""
        assert "thread" in torch.settings


def test_fit_takes_the_same_steps_at_its_defaults_and_with_options() -> None:
    task = task_of(small_config(optimizer={"kind": "adam", "learning_rate": 0.05, "global_clipnorm": 0.1}))
    losses = TapeLoop(task, compiled=False).prepare()
    assert compare_losses(Fit(task).prepare(), losses) == ""
    fit = Fit(task, FitOptions(jit_compile=False, unroll=True, steps_per_execution=2, dataset=True))
    assert compare_losses(fit.prepare(), losses) == ""
    assert fit.time_step(3) > 0
    assert str(fit.options) == "no jit, unrolled, steps_per_execution=2"


def test_the_search_names_the_fastest_options_and_shows_their_first_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {True: 0.5, False: 0.25}

    def prepare(fit: Fit) -> tuple[float, ...]:
        return (float(fit.options.unroll), float(fit.options.steps_per_execution))

    monkeypatch.setattr(Fit, "prepare", prepare)
    monkeypatch.setattr(
        "rnnctl.bench.keras_fit.best_time",
        lambda fit: seconds[bool(fit.options.jit_compile)] + (fit.options.steps_per_execution == 1),
    )
    best = BestFit(task_of(small_config()))
    assert best.prepare() == (0.0, 2.0)
    assert best.settings == "no jit, steps_per_execution=2"


def test_the_search_says_what_it_does_not_try() -> None:
    best = BestFit(task_of(small_config("lstm", data={"kind": "dummy", "length": 33, "outputs": 2})))
    tried = best._options(8)
    assert FitOptions(jit_compile=True, unroll=True, steps_per_execution=8, dataset=True) not in tried
    assert FitOptions(jit_compile=False, unroll=True, steps_per_execution=8, dataset=True) in tried


def test_a_compiled_call_takes_some_time_but_not_more_than_128_steps() -> None:
    assert [execution_steps(seconds) for seconds in (1e-5, 0.001, 0.005, 2.0)] == [128, 32, 8, 2]


def test_a_peer_with_a_wrong_learning_rate_is_caught() -> None:
    losses = TapeLoop(task_of(small_config()), compiled=False).prepare()
    wrong = task_of(small_config(optimizer={"kind": "sgd", "learning_rate": 0.101}))
    assert "its loss at step 2 is" in compare_losses(TapeLoop(wrong, compiled=False).prepare(), losses)


def test_a_missing_peer_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(optional, "import_module", missing)
    task = task_of(small_config())
    for peer in (TorchLoop(task), JaxLoop(task)):
        with pytest.raises(NotComparableError, match=r"not installed: pip install 'rnnctl\[bench\]'"):
            peer.prepare()


def test_a_peer_that_does_not_load_is_told_from_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise ImportError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(optional, "import_module", broken)
    with pytest.raises(NotComparableError, match="cannot be loaded: libgomp"):
        optional.import_peer("torch")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (small_config(model={"layers": layers("gru", bidirectional=True)}), "bidirectional"),
        (small_config(model={"layers": layers("gru", dropout=0.5)}), "dropout"),
        (small_config(model={"layers": layers("gru", activation="relu")}), "gru has tanh and sigmoid alone"),
        (small_config(model={"layers": layers("gru", reset_after=False)}), "reset_after"),
        (small_config(model={"layers": layers("simple_rnn", activation="gelu")}), "tanh and relu alone"),
        (
            small_config(optimizer={"kind": "sgd", "learning_rate": {"kind": "cosine", "initial_learning_rate": 0.1}}),
            "schedule",
        ),
    ],
)
def test_what_pytorch_cannot_do_the_same_way_is_said(config: Config, reason: str) -> None:
    with pytest.raises(NotComparableError, match=reason):
        TorchLoop(task_of(config)).prepare()
