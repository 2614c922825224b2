"""The built-in first example, the same as ``configs/first-step.yaml`` (a test holds the two together)."""

from __future__ import annotations

from rnnctl.cells.table import SimpleRnnLayer
from rnnctl.config.model import Model
from rnnctl.config.schema import Config
from rnnctl.losses import PlainLoss
from rnnctl.optimizers import Sgd
from rnnctl.schema.training import Training
from rnnctl.sources.dummy import DummyData

FIRST_STEP = Config(
    name="first-step",
    seed=0,
    data=DummyData(kind="dummy", sequences=32, length=10, features=32, outputs=64),
    model=Model(layers=(SimpleRnnLayer(cell="simple_rnn", units=64),), head="none"),
    loss=PlainLoss(kind="mse"),
    optimizer=Sgd(kind="sgd", learning_rate=0.01),
    training=Training(steps=20, batch_size=32),
)
