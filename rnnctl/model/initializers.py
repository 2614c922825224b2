"""Weight initializers from the config, each with a seed of its own, so that no global seed is ever set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from rnnctl.schema.initializers import Initializer

_SEEDLESS = {"zeros", "ones", "constant", "identity"}


def build_initializer(section: Initializer, seed: int) -> Any:
    """Makes a Keras initializer; those that draw nothing ignore the seed."""
    arguments = section.model_dump(exclude={"kind"})
    if section.kind not in _SEEDLESS:
        arguments["seed"] = seed
    return keras.initializers.get({"class_name": section.kind, "config": arguments})


def derive_seed(seed: int, *path: int) -> int:
    """Derives the 31-bit seed of one part of a model, such as the kernel of layer 2, from the run's seed."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0] >> 1)
