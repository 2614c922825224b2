"""Trains what ``commands.py`` names `STACKED` in stock Keras, as a user of it does; the argument is the CSV file.

The sequences are padded with zeros at the end, and masked; the layers, the rate, the batch size and the number of
steps are those of ``stacked.yaml``.
"""

from __future__ import annotations

import csv
import os
import sys
from itertools import groupby
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

UNITS, BATCH, EPOCHS, RATE = 16, 30, 40, 0.001


def main(path: str) -> None:
    """Reads the file, trains, and prints the loss of the last epoch."""
    import keras
    import numpy as np
    from keras import layers

    with Path(path).open(encoding="utf-8", newline="") as file:
        groups = [list(rows) for _, rows in groupby(csv.DictReader(file), key=lambda row: row["sequence"])]
    values = [np.array([[float(row["a"]), float(row["b"])] for row in group], np.float32) for group in groups]
    every = np.concatenate(values)
    values = [(each - every.mean(axis=0)) / every.std(axis=0) for each in values]
    inputs = np.zeros((len(values), max(map(len, values)), 2), np.float32)
    for place, each in enumerate(values):
        inputs[place, : len(each)] = each
    kinds = np.array([group[0]["kind"] == "up" for group in groups], np.int32)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(inputs.shape[1:]),
            layers.Masking(),
            layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(UNITS)),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
    history = model.fit(inputs, kinds, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    print(history.history["loss"][-1])


if __name__ == "__main__":
    main(sys.argv[1])
