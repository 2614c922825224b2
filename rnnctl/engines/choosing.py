"""Which engine runs a network: a function of the config, the number of nets and the rows alone."""

from __future__ import annotations

from rnnctl.config import Config
from rnnctl.data import Sequences, Signature
from rnnctl.data.sequences import Ints
from rnnctl.engines.network import Network
from rnnctl.engines.numpy_network import multiply_adds
from rnnctl.engines.table import AUTO, ENGINES, NUMPY, TENSORFLOW
from rnnctl.errors import ConfigError, Fault
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.training.build import Built
from rnnctl.util.format import listed

LITTLE = 2**32
"""Most multiply-adds that NumPy does: about a second of them. TensorFlow takes three to be imported."""


class Engines:
    """The engines of one command.

    Args:
        asked: A word of `ENGINES`, or ``auto``: each piece of work decides for itself.

    Raises:
        ConfigError: There is no such engine.
    """

    def __init__(self, asked: str = AUTO) -> None:
        if asked not in (words := (AUTO, *ENGINES)):
            found = f"there is no engine {asked!r}; give {listed(words, 'or')}"
            raise ConfigError([Fault("--engine", None, None, "", found)])
        self._asked, self._ran = asked, dict[str, None]()

    def load(self, run: TrainedRun, signature: Signature, lengths: Ints, times: int = 1) -> Network:
        """The network of a run, for so much work.

        Args:
            lengths: Time steps of each sequence that it will read.
            times: How often it will read them.

        Raises:
            RunError: The weights do not fit the config.
        """
        word = self._asked
        if word == AUTO:
            word = _choose(run.config, signature, lengths, len(run.refits or (run, *run.members)) * times)
        self._ran[word] = None
        network: Network = ENGINES[word].network_class.of(run, signature)
        return network

    @property
    def ran(self) -> str:
        """The engines that ran, by their titles: ``NumPy``, or ``NumPy and TensorFlow``."""
        return listed([ENGINES[word].title for word in self._ran], "and")


def trained_network(built: Built, sequences: Sequences) -> Network:
    """The network of a model that was just trained, by the engine that ``evaluate`` takes for the same split."""
    from rnnctl.model.ensemble import Ensemble

    config, signature, model = built.config, built.dataset.signature, built.model
    word = _choose(config, signature, sequences.lengths, len(model.nets) if isinstance(model, Ensemble) else 1)
    network: Network = ENGINES[word].network_class.holding(config, signature, model)
    return network


def _choose(config: Config, signature: Signature, lengths: Ints, times: int) -> str:
    """The word of the engine for a net that reads sequences so often, or as many nets that read them once."""
    return NUMPY if times * multiply_adds(config.model, signature, lengths) <= LITTLE else TENSORFLOW
