"""Data of every kind as one float32 table and index views of it."""

from rnnctl.data.dataset import Dataset, InputColumn, Preparation, Scaler, Signature, number_inputs
from rnnctl.data.sequences import Batch, Sequences, epoch_order

__all__ = [
    "Batch",
    "Dataset",
    "InputColumn",
    "Preparation",
    "Scaler",
    "Sequences",
    "Signature",
    "epoch_order",
    "number_inputs",
]
