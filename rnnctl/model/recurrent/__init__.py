"""Recurrent layers with Keras' arguments, weights and results, whose passes through time are written out.

What lives here: `SimpleRNN`, `GRU` and `LSTM`, the loop over time that they share, `watch_states`, which hands out the
total derivative of the loss with respect to every state, `carry_states`, which hands states from one piece of a
sequence to the next, and `to_stock`, which gives a model back in Keras' own layers. It knows nothing of configs, files
or the training loop.
"""

from __future__ import annotations

from rnnctl.model.recurrent.carrying import CarriedStates, carry_states
from rnnctl.model.recurrent.gru import GRU
from rnnctl.model.recurrent.lstm import LSTM
from rnnctl.model.recurrent.simple_rnn import SimpleRNN
from rnnctl.model.recurrent.stock import to_stock
from rnnctl.model.recurrent.watching import WatchedStates, watch_states

__all__ = ["GRU", "LSTM", "CarriedStates", "SimpleRNN", "WatchedStates", "carry_states", "to_stock", "watch_states"]
