"""``rnnctl inspect-gradients`` as a function: one batch, one backward pass, every gradient in numbers."""

from __future__ import annotations

from rnnctl.config import Config
from rnnctl.records import GradientReport
from rnnctl.workflows.build import build


def inspect_gradients(config: Config, *, values: bool = False) -> GradientReport:
    """Takes one backward pass over the first batch, at the initial weights.

    ::

        report = rnnctl.inspect_gradients(rnnctl.load_config())
        for weight in report.weights:
            print(weight.path, weight.norm)

    Args:
        config: The whole config.
        values: Whether each gradient's elements are given too, as text.

    Returns:
        The gradients in numbers.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together.
    """
    built = build(config)
    from rnnctl.gradients.inspect import inspect_batch
    from rnnctl.model.losses import build_loss
    from rnnctl.training.plan import make_plan

    plan = make_plan(config.training, len(built.dataset.train), config.seed)
    indices, sizes = plan.batches(0, 1)
    batch = built.dataset.train.gather(indices[0, : sizes[0]])
    return inspect_batch(config.name, built.model, build_loss(config.loss), batch, values=values)
