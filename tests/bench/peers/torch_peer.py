"""PyTorch's own recurrent modules, in the loop that everyone writes over them, at the best number of threads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from rnnctl.bench.contender import CHECKED_STEPS, Contender, NotComparableError, best_time
from rnnctl.bench.task import Task
from rnnctl.cells import LayerBase
from rnnctl.cells.table import GruLayer, LstmLayer
from rnnctl.config import Config
from rnnctl.losses import HuberLoss, LossBase
from rnnctl.optimizers import Adam, OptimizerBase, RmsProp
from rnnctl.runs.environment import usable_cpus

from .optional import import_peer, why_not_elsewhere

MODULES = {"simple_rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
LOSSES = {"mse": "mse_loss", "mae": "l1_loss", "huber": "huber_loss"}
_GRU_ORDER = (1, 0, 2)  # Keras' gates are z, r, n; PyTorch's r, z, n.


class TorchLoop(Contender):
    """``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``, autograd and ``torch.optim``; one Python call a step.

    Args:
        task: What to train.
    """

    key = "torch"
    name = "PyTorch"

    def __init__(self, task: Task) -> None:
        self._task = task
        self._threads = 1
        self._torch: Any = None
        self._step: Any = None

    def prepare(self) -> tuple[float, ...]:
        """Builds the modules, takes the first steps, and looks for the best number of threads."""
        config = self._task.config
        if reason := why_not_elsewhere(config) or _why_not_torch(config):
            raise NotComparableError(reason)
        self._torch = import_peer("torch")
        self._step = self._make_step()
        losses = tuple(float(self._step()) for _ in range(CHECKED_STEPS))
        times = {}
        for threads in range(1, (usable_cpus() or 1) + 1):
            self._threads = threads
            times[threads] = best_time(self)
        self._threads = min(times, key=lambda threads: times[threads])
        self.settings = f"{self._threads} thread{'s' if self._threads > 1 else ''}"
        return losses

    def settle(self) -> None:
        """Sets the number of threads, which is the process's own."""
        self._torch.set_num_threads(self._threads)

    def advance(self, steps: int) -> None:
        """Takes steps, and reads the last loss, which waits for the device."""
        for _ in range(steps):
            loss = self._step()
        float(loss)

    def _make_step(self) -> Callable[[], Any]:
        torch, task = self._torch, self._task
        device = "cuda" if torch.cuda.is_available() else "cpu"
        network = make_network(torch, task).to(device)
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        optimizer = make_optimizer(torch, task.config.optimizer, weights)
        loss_of = make_loss(torch, task.config.loss)
        clip = make_clip(torch, task.config.optimizer, weights)
        correct = make_correction(task.config.optimizer, optimizer)
        inputs, targets = (torch.tensor(array, device=device) for array in (task.inputs, task.targets))

        def step() -> Any:
            optimizer.zero_grad()
            loss = loss_of(network(inputs), targets)
            loss.backward()
            clip()
            correct()
            optimizer.step()
            return loss.detach()

        return step


def _why_not_torch(config: Config) -> str | None:
    if isinstance(config.optimizer, RmsProp):
        return "PyTorch's RMSprop adds epsilon outside the root"
    if config.loss.kind not in LOSSES:
        return f"PyTorch has no {config.loss.kind}"
    for layer in config.model.layers:
        if layer.cell not in MODULES:
            return f"PyTorch has no {layer.cell}"
        if isinstance(layer, GruLayer | LstmLayer):
            if (layer.activation, layer.recurrent_activation) != ("tanh", "sigmoid"):
                return f"PyTorch's {layer.cell} has tanh and sigmoid alone"
            if isinstance(layer, GruLayer) and not layer.reset_after:
                return "PyTorch's gru has reset_after: true alone"
        elif layer.activation not in ("tanh", "relu"):
            return "PyTorch's simple_rnn has tanh and relu alone"
    return None


def make_network(torch: Any, task: Task) -> Any:
    """Builds the modules with the task's initial weights.

    Args:
        torch: The module.
        task: The task.

    Returns:
        An ``nn.Module`` from ``[batch, time, features]`` to what the task's model gives.
    """
    nn, section = torch.nn, task.config.model
    recurrent = [
        make_layer(torch, task, layer, f"recurrent_{position}") for position, layer in enumerate(section.layers)
    ]
    head = None
    if section.head == "dense":
        kernel = task.weights["head/kernel"]
        head = nn.Linear(*kernel.shape)
        _set(torch, head, weight=kernel.T, bias=task.weights["head/bias"])

    class Network(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.recurrent = nn.ModuleList(recurrent)
            self.head = head

        def forward(self, hidden: Any) -> Any:
            for layer in self.recurrent:
                hidden, _ = layer(hidden)
            hidden = hidden if section.return_sequences else hidden[:, -1]
            return hidden if self.head is None else self.head(hidden)

    return Network()


def make_layer(torch: Any, task: Task, layer: LayerBase, name: str) -> Any:
    """Builds one recurrent module; a second bias that Keras does not have stays at zero and is not trained."""
    kernel, recurrent = task.weights[f"{name}/kernel"], task.weights[f"{name}/recurrent_kernel"]
    arguments: dict[str, Any] = {"batch_first": True, "bias": layer.use_bias}
    if layer.cell == "simple_rnn":
        arguments["nonlinearity"] = layer.activation
    module = getattr(torch.nn, MODULES[layer.cell])(len(kernel), layer.units, **arguments)

    def ordered(array: Any) -> Any:
        if layer.cell != "gru":
            return array.T
        blocks = np.split(array, 3, axis=-1)
        return np.concatenate([blocks[gate] for gate in _GRU_ORDER], axis=-1).T

    _set(torch, module, weight_ih_l0=ordered(kernel), weight_hh_l0=ordered(recurrent))
    if layer.use_bias:
        bias = task.weights[f"{name}/bias"]
        both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
        _set(torch, module, bias_ih_l0=ordered(both[0]), bias_hh_l0=ordered(both[1]))
        if bias.ndim == 1:
            module.bias_hh_l0.requires_grad = False
    return module


def _set(torch: Any, module: Any, **values: Any) -> None:
    with torch.no_grad():
        for name, value in values.items():
            getattr(module, name).copy_(torch.tensor(np.ascontiguousarray(value)))


def make_loss(torch: Any, section: LossBase) -> Any:
    """PyTorch's function for the configured loss."""
    functional = torch.nn.functional
    options = {"delta": section.delta} if isinstance(section, HuberLoss) else {}
    return partial(getattr(functional, LOSSES[section.kind]), **options)


def make_optimizer(torch: Any, section: OptimizerBase, weights: list[Any]) -> Any:
    """PyTorch's optimizer with the configured options, in PyTorch's names."""
    options = section.model_dump(exclude={"kind", "clipnorm", "global_clipnorm", "clipvalue"})
    arguments: dict[str, Any] = {"lr": options.pop("learning_rate")}
    if "beta_1" in options:
        arguments["betas"] = (options.pop("beta_1"), options.pop("beta_2"))
    names = {"epsilon": "eps", "rho": "alpha"}
    arguments |= {names.get(name, name): value for name, value in options.items()}
    kinds = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}
    return getattr(import_module("torch.optim"), kinds[section.kind])(weights, **arguments)


def make_correction(section: OptimizerBase, optimizer: Any) -> Callable[[], None]:
    """Moves Adam's epsilon to where Keras (and Kingma & Ba's efficient form, section 2) has it.

    PyTorch divides by √v / √(1 − β₂ᵗ) + ε, Keras by √v + ε with √(1 − β₂ᵗ) in the learning rate: the same step needs
    ε / √(1 − β₂ᵗ) at step t.
    """
    if not isinstance(section, Adam):
        return lambda: None
    steps = itertools.count(1)

    def correct() -> None:
        optimizer.param_groups[0]["eps"] = section.epsilon / math.sqrt(1 - section.beta_2 ** next(steps))

    return correct


def make_clip(torch: Any, section: OptimizerBase, weights: list[Any]) -> Callable[[], None]:
    """PyTorch's clipping by the configured rule; nothing where there is none."""
    utils = torch.nn.utils

    def clip() -> None:
        if section.global_clipnorm is not None:
            utils.clip_grad_norm_(weights, section.global_clipnorm)
        elif section.clipvalue is not None:
            utils.clip_grad_value_(weights, section.clipvalue)
        elif section.clipnorm is not None:
            for weight in weights:
                utils.clip_grad_norm_([weight], section.clipnorm)

    return clip
