"""What ``rnnctl bench`` compares with beside Keras, from a checkout: PyTorch, JAX, and what the machine can do."""

from __future__ import annotations

from .floor import Floor
from .jax_peer import JaxLoop
from .products import Products
from .torch_peer import TorchLoop

PEERS = {"torch": TorchLoop, "jax": JaxLoop}
LIMITS = [Floor, lambda task: Products(task, 1), lambda task: Products(task, 2)]
__all__ = ["LIMITS", "PEERS"]
