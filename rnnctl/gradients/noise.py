"""How much of a gradient is noise, from each sequence's own gradient (McCandlish et al. 2018, arXiv 1812.06162). NumPy.

With g_b the gradient of sequence b's loss, ḡ their mean over n sequences, and Σ their covariance::

    tr Σ  =  n / (n − 1) · (mean ‖g_b‖² − ‖ḡ‖²)            unbiased
    |G|²  =  ‖ḡ‖² − tr Σ / n                                unbiased for the squared norm of the true gradient
    B     =  tr Σ / |G|²                                    the noise scale, in sequences
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


@dataclass
class NoiseSums:
    """Adds up per-sequence gradients, a few sequences at a time, so that never more than these stand in memory.

    Attributes:
        sums: Σ g_b by path.
        squares: Σ ‖g_b‖² by path.
        counts: Sequences so far by path.
    """

    sums: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    squares: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, gradients: Mapping[str, Array]) -> None:
        """Takes in some sequences' gradients of some weights: by path, ``[sequences, …the weight's shape]``."""
        with np.errstate(over="ignore", invalid="ignore"):
            for path, each in gradients.items():
                doubles = np.asarray(each, np.float64)
                self.sums[path] = self.sums.get(path, 0.0) + doubles.sum(axis=0)
                self.squares[path] = self.squares.get(path, 0.0) + float(np.square(doubles).sum())
                self.counts[path] = self.counts.get(path, 0) + len(doubles)

    def mean(self, path: str) -> npt.NDArray[np.float64]:
        """ḡ of one weight."""
        return self.sums[path] / self.counts[path]

    def signal_and_noise(self, path: str) -> tuple[float, float]:
        """‖ḡ‖² and tr Σ of one weight; tr Σ is NaN for a single sequence."""
        count = self.counts[path]
        with np.errstate(over="ignore", invalid="ignore"):
            signal = float(np.square(self.mean(path)).sum())
        if count < 2:
            return signal, float("nan")
        spread = self.squares[path] / count - signal
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
        true = signal - noise / max(self.counts.values(), default=1)
        if np.isnan(true):
            return float("nan")
        if noise == 0:
            return 0.0 if signal > 0 else float("nan")
        return noise / true if true > 0 else float("inf")
