"""Recurrent layers with Keras' arguments, weights and results, whose passes through time are written out."""

from __future__ import annotations

from rnnctl.model.recurrent.carrying import CarriedStates, carry_states
from rnnctl.model.recurrent.gru import GRU
from rnnctl.model.recurrent.lstm import LSTM
from rnnctl.model.recurrent.simple_rnn import SimpleRNN
from rnnctl.model.recurrent.stock import to_stock
from rnnctl.model.recurrent.watching import WatchedStates, watch_states

__all__ = ["GRU", "LSTM", "CarriedStates", "SimpleRNN", "WatchedStates", "carry_states", "to_stock", "watch_states"]
