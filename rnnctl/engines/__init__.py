"""What computes a trained network's outputs: NumPy where that is little work, TensorFlow where it is much."""
