"""Keras models built from a config: fused recurrent layers, losses and optimizers."""
