"""Keras' own tests of these layers, which ship in the package, run with ours in the place of Keras' layers.

Left out, each for its reason:

- `rnn_test`, `stacked_rnn_cells_test`, `dropout_rnn_cell_test` and the like test other classes (`RNN` and bare cells),
  which are Keras' own here too.
- Nothing of `simple_rnn_test`, `gru_test`, `lstm_test` and `bidirectional_test` is left out but what they themselves
  skip off a GPU or off other backends.
"""

from __future__ import annotations

from types import ModuleType, SimpleNamespace

import pytest
from keras.src import layers
from keras.src.layers.rnn import bidirectional_test, gru_test, lstm_test, simple_rnn_test

from rnnctl.model.recurrent import GRU, LSTM, SimpleRNN

# Both come of how Keras' own helpers train and save a layer, whichever layer it is.
pytestmark = [
    pytest.mark.filterwarnings("ignore:`shuffle=True` was passed:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SUBSTITUTED = SimpleNamespace(**{**vars(layers), "SimpleRNN": SimpleRNN, "GRU": GRU, "LSTM": LSTM})
MODULES: list[ModuleType] = [simple_rnn_test, gru_test, lstm_test, bidirectional_test]


@pytest.fixture(autouse=True)
def _our_layers_instead(monkeypatch):
    for module in MODULES:
        monkeypatch.setattr(module, "layers", SUBSTITUTED)


class TestSimpleRNNOfKeras(simple_rnn_test.SimpleRNNTest):
    """All of `simple_rnn_test`."""


class TestGRUOfKeras(gru_test.GRUTest):
    """All of `gru_test`."""


class TestLSTMOfKeras(lstm_test.LSTMTest):
    """All of `lstm_test`."""


class TestBidirectionalOfKeras(bidirectional_test.SimpleRNNTest):
    """All of `bidirectional_test`, whose class has this name."""
