"""How much of a gradient is noise, from each sequence's own gradient (McCandlish et al. 2018, arXiv 1812.06162). NumPy.

With g_b the gradient of sequence b's loss, ḡ their mean over n sequences, and Σ their covariance::

    tr Σ  =  n / (n − 1) · (mean ‖g_b‖² − ‖ḡ‖²)            unbiased
    |G|²  =  ‖ḡ‖² − tr Σ / n                                unbiased for the squared norm of the true gradient
    B     =  tr Σ / |G|²                                    the noise scale, in sequences

Σ is known well from few sequences, |G|² only from many. So ḡ may be of more sequences than are looked at one by one:
a backward pass for their mean costs little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]


@dataclass
class NoiseSums:
    """Adds up per-sequence gradients, a few sequences at a time, so that never more than these stand in memory.

    By path: Σ g_b, Σ ‖g_b‖², the number of sequences; and, where there are, the mean gradients over ``wide_count``
    sequences, more than were added one by one.
    """

    sums: dict[str, tuple[Doubles, float, int]] = field(default_factory=dict)
    wide: Mapping[str, Array] = field(default_factory=dict)
    wide_count: int = 0

    def add(self, gradients: Mapping[str, Array]) -> None:
        """Takes in some sequences' gradients of some weights: by path, ``[sequences, …the weight's shape]``."""
        with np.errstate(over="ignore", invalid="ignore"):
            for path, each in gradients.items():
                doubles = np.asarray(each, np.float64)
                total, squares, count = self.sums.get(path, (np.zeros(doubles.shape[1:]), 0.0, 0))
                squares += float(np.square(doubles).sum())
                self.sums[path] = total + doubles.sum(axis=0), squares, count + len(doubles)

    def widen(self, gradients: Mapping[str, Array], count: int) -> None:
        """Takes ḡ from mean gradients over more sequences, those that were added among them."""
        self.wide, self.wide_count = gradients, count

    @property
    def sequences(self) -> int:
        """Sequences that ḡ is the mean over."""
        return self.wide_count or max((count for _, _, count in self.sums.values()), default=0)

    def signal_and_noise(self, path: str) -> tuple[float, float]:
        """‖ḡ‖² and tr Σ of one weight; tr Σ is NaN for a single sequence."""
        total, squares, count = self.sums[path]
        with np.errstate(over="ignore", invalid="ignore"):
            own = float(np.square(total / count).sum())
            signal = float(np.square(self.wide[path], dtype=np.float64).sum()) if path in self.wide else own
        if count < 2:
            return signal, float("nan")
        spread = squares / count - own
        # Rounding may leave a little less than nothing where all sequences have one gradient.
        return signal, count / (count - 1) * (max(spread, 0.0) if np.isfinite(spread) else float("nan"))

    def signal_to_noise(self, path: str) -> float | None:
        """‖ḡ‖ / √(tr Σ); None for fewer than two sequences, or where there is no noise at all."""
        signal, noise = self.signal_and_noise(path)
        return float(np.sqrt(signal / noise)) if noise > 0 else None

    def noise_scale(self) -> float:
        """B over all weights; infinite where no signal stands out of the noise, NaN where not measurable."""
        both = [self.signal_and_noise(path) for path in self.sums]
        signal, noise = sum(one for one, _ in both), sum(other for _, other in both)
        true = signal - noise / max(self.sequences, 1)
        if np.isnan(true):
            return float("nan")
        if noise == 0:
            return 0.0 if signal > 0 else float("nan")
        return noise / true if true > 0 else float("inf")
