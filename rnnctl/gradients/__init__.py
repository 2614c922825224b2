"""Pure functions on gradients: norms, clipping, the plain forward pass. Knows neither files nor the console."""
