"""Pure functions on gradients: norms, clipping, the plain forward pass."""
