"""The table of rules: verdict, threshold, the config's key for it, and why the line is drawn there.

Every rule is scale-free: multiplying the loss, the head or all gradients by a number changes no verdict, and what is
said about time is relative to the sequence's length.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnctl.schema.training import Thresholds, VerdictWord


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Attributes:
        threshold: Key of ``gradients.thresholds`` that sets the rule's threshold; None where there is none to set.
        holds: When the verdict holds, with ``{}`` for the threshold.
    """

    word: VerdictWord
    threshold: str | None
    holds: str
    why: str

    @property
    def key(self) -> str | None:
        """The config's key that sets the threshold."""
        return None if self.threshold is None else f"gradients.thresholds.{self.threshold}"

    @property
    def default(self) -> float | None:
        """The threshold where the config says nothing."""
        return None if self.threshold is None else float(getattr(Thresholds(), self.threshold))


RULES: tuple[Rule, ...] = (
    Rule(
        "bad data",
        None,
        "a feature or target holds NaN or infinity",
        "One of them makes all weights NaN within a step, and looks like an explosion (darts#881).",
    ),
    Rule(
        "bad data",
        "large",
        "a column's root mean square is above {}",
        "Columns are meant to be of order 1. A feature of order 10 drives tanh to its ends at Keras' first kernels, "
        "and a target of order 10 makes a hundredfold loss and gradient.",
    ),
    Rule("bad data", "small", "no feature is larger than {}", "The network then sees zeros, and learns its bias."),
    Rule(
        "bad data",
        "constant",
        "more than this share of the features, or of the targets, never changes: {}",
        "What never changes teaches nothing. A few such columns are common (a symbol that is not used) and harmless.",
    ),
    Rule(
        "bad data",
        "outside",
        "the targets' distance from what the network can put out is above this share of that from their medians: {}",
        "Such a loss pulls the last activation to its end and saturates it. It is 0.5 for a series mirrored at 0 under "
        "ReLU, where half is lost, and 0.21 (0.167 of 0.798) for N(0, 1) targets under tanh, of which 32 % lie outside "
        "and most is in reach; the bound is midway between the two. A few outliers change it little. Where a twentieth "
        "of the targets lies outside, that is told whatever the verdict.",
    ),
    Rule("non-finite", None, "the loss or a gradient is NaN or infinite", "No later step can mend it."),
    Rule(
        "exploding",
        "growth",
        "on its way back through the sequence the state gradient grows more than {}-fold",
        "The mirror of the 1 % that reach is measured with: the earliest time steps then drown all others in the "
        "weights' gradient. It is relative to the gradient that sets out, so a large loss explodes nothing.",
    ),
    Rule(
        "dead",
        "dead",
        "more than this share of a layer's units has slope zero at every time step of every sequence: {}",
        "Such a unit gets no gradient and cannot recover. A few are the price of ReLU.",
    ),
    Rule(
        "dead",
        None,
        "a layer's kernel is all zeros",
        "Its states are then the same whatever it sees, and the layers below get no gradient.",
    ),
    Rule(
        "saturated",
        "slope",
        "the activation's mean slope is below this share of its largest: {}",
        "tanh has a tenth of its slope at |h| = 0.95; a step back in time then shrinks the gradient about tenfold.",
    ),
    Rule(
        "saturated",
        "shut",
        "more than this share of an LSTM's output gates is below 0.01: {}",
        "The layer shows nothing of what it holds, and its gradient passes the same shut gate.",
    ),
    Rule(
        "saturated",
        "intake",
        "over a whole sequence an LSTM's input gate, or one minus a GRU's update gate, adds up to less than {}",
        "The state is frozen. The sum and not the mean counts: a gate of 1/T is right for a memory of T time steps "
        "(Tallec & Ollivier 2018, arXiv 1804.11188).",
    ),
    Rule(
        "vanishing",
        "reach",
        "the state gradient reaches back over less than this share of the time steps: {}",
        "Reach is how far the gradient of one time step comes before it has fallen to 1 %. What lies beyond it is not "
        "learnt from. A mild decay over a short sequence reaches everything, and is healthy.",
    ),
    Rule(
        "vanishing",
        "depth",
        "a layer's largest state gradient is below this share of that of the layer above it: {}",
        "Gradients vanish over depth as they do over time; stacked layers at Keras' initial weights keep over a tenth.",
    ),
    Rule(
        "noise-dominated",
        "noise",
        "the gradient noise scale is above {} batches for certain, and a batch is less than all of the data",
        "At a batch of B = tr Σ / |G|² noise equals signal (McCandlish et al. 2018, arXiv 1812.06162); "
        "some batches to B are usual. |G|² is known to about half of tr Σ / n from n sequences; that much is granted "
        "to the signal, so that a single batch never suffices for this verdict. Eight are used.",
    ),
    Rule(
        "healthy",
        "slope",
        "the reach is short, but training goes on, or has not moved the weights, and at their mean the gates that keep "
        "the state have more than this share of a sigmoid's largest slope: {}",
        "Such gates learn to let the gradient through: a GRU of Keras' initial weights reaches 9 of 50 time steps, and "
        "learns the adding problem; so does an LSTM whose forget gate stands at a half, over 40. A gate at its end "
        "hardly moves.",
    ),
    Rule(
        "healthy",
        None,
        "the reach is short, but within it lies what the targets follow from, as far as a regression tells",
        "Nine tenths of what the last time steps explain, as many as help, are explained by those within reach. "
        "Where nothing is explained, nothing is concluded.",
    ),
    Rule(
        "healthy",
        None,
        "the reach is short, but training brought the loss below that of always giving the same answer",
        "By a hundredth and two standard errors; where a regression finds more beyond the reach, half way from what it "
        "explains within the reach to what it explains in all.",
    ),
)
"""Every rule, the gravest first; those of ``healthy`` say where a short reach is no fault."""

GRAVITY: tuple[VerdictWord, ...] = tuple(dict.fromkeys(rule.word for rule in RULES))
"""The gravest first. Causes stand before what they cause: bad data saturates, saturation makes gradients vanish."""
