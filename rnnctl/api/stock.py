"""`to_stock` for whoever has not started TensorFlow through rnnctl."""

from __future__ import annotations

from typing import Any

from rnnctl import backend


def to_stock(model: Any) -> Any:
    """Rebuilds a ``keras.Model`` with stock Keras layers in place of this project's, and with the same weights.

    The result gives the same outputs, and what it is saved as opens without rnnctl. It is not compiled.

    Args:
        model: A Functional or Sequential model, or one whose class can be rebuilt from its ``get_config()``; wrappers
            and nested models may hold the layers too.
    """
    backend.start(deterministic=False)
    from rnnctl.model.recurrent.stock import to_stock as rebuild

    return rebuild(model)
