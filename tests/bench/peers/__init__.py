"""What ``rnnctl bench`` compares with beside Keras, from a checkout: PyTorch, JAX, and the floor below all of them."""

from __future__ import annotations

from .floor import Floor
from .jax_peer import JaxLoop
from .torch_peer import TorchLoop

PEERS = {"torch": TorchLoop, "jax": JaxLoop}
__all__ = ["PEERS", "Floor"]
