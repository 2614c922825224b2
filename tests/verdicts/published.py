"""What the published rules of others say of the same gradients: a few lines each."""

from __future__ import annotations

import numpy as np


def sagemaker(gradients):
    """SageMaker Debugger: ExplodingTensor = any NaN or Inf; VanishingGradient = mean |g| below 1e-7, of any tensor."""
    if any(not np.isfinite(gradient).all() for gradient in gradients.values()):
        return "exploding"
    if any(np.abs(gradient).mean() < 1e-7 for gradient in gradients.values()):
        return "vanishing"
    return "healthy"


def autotrainer(gradients):
    """AUTOTRAINER (ICSE 2021): ‖g_first‖ / ‖g_last‖ over layers, below 1e-3 vanishing, above 70 (or NaN) exploding."""
    kernels = [
        np.linalg.norm(gradient.astype(np.float64)) for path, gradient in gradients.items() if path.endswith("/kernel")
    ]
    first, last = kernels[0], kernels[-1]
    if not np.isfinite([first, last]).all() or first > 70 * last:
        return "exploding"
    return "vanishing" if first < 1e-3 * last else "healthy"


def gradients_of(network):
    """Every weight's gradient, by path, as the rules would see it."""
    from rnnctl.workflows.sample import gather

    schedule = network.built.schedule
    return gradients_of_batch(
        network.config, network.built.model, network.batch or gather(schedule, 0, schedule.batch_size)
    )


def gradients_of_batch(config, model, batch):
    """The same of a model and a batch."""
    from rnnctl.gradients.backward import loss_weights, run_backward
    from rnnctl.model.losses import build_loss

    weights = loss_weights(batch, sequences=config.model.return_sequences)
    return run_backward(model, build_loss(config.loss), batch, weights).gradients
