"""Data of every kind as one float32 table and index views of it. Knows neither TensorFlow nor models."""

from rnnctl.data.load import load_dataset
from rnnctl.data.sequences import Batch, Dataset, Scaler, Sequences, epoch_order

__all__ = ["Batch", "Dataset", "Scaler", "Sequences", "epoch_order", "load_dataset"]
