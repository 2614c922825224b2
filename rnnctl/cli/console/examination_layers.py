"""A layer as a block of lines, and the weights as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.cli.console.examination_verdict import labelled
from rnnctl.cli.console.strip import strip
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import table
from rnnctl.report.wording import decay, layer_title, share, weight_columns
from rnnctl.results import LayerFindings, VariableFindings
from rnnctl.util.format import counted, short

STRIP_WIDTH = 60


def layer_text(layer: LayerFindings, style: Style) -> str:
    """A layer in a few lines: the gradient's way back, the forward pass, the states, the gates, a strip per state."""
    what = [
        layer_title(layer),
        layer.activation,
        counted(layer.time_steps, "time step"),
    ]
    if layer.backwards:
        what.append("reads from the end")
    lines = labelled(layer.path, [" · ".join(what)], style, dress=style.bold, indent=0)
    lines += labelled("gradient", [" · ".join(gradient_parts(layer))], style)
    lines += labelled("forward", [" · ".join(forward_parts(layer))], style)
    lines += labelled("states", [" · ".join(state_parts(layer))], style)
    if layer.gates:
        gates = [
            f"{name} {gate.mean:.2f} (shut {share(gate.shut)}, open {share(gate.open)})"
            for name, gate in layer.gates.items()
        ]
        lines += labelled("gates", [" · ".join(gates)], style)
    for state, norms in layer.state_gradient_norms.items():
        lines += _strip_line(f"∂L/∂{state}", norms, style)
    return "\n".join(lines)


def gradient_parts(layer: LayerFindings) -> list[str]:
    """How the gradient fares through time."""
    parts = [decay(layer)]
    if layer.half_life is not None:
        parts.append(f"half-life {short(layer.half_life, 3)}")
    parts.append(f"reach {layer.reach_steps} of {layer.time_steps}")
    if layer.total_reach_steps and layer.total_reach_steps != layer.reach_steps:
        parts.append(f"through all layers {layer.total_reach_steps}")
    return parts


def forward_parts(layer: LayerFindings) -> list[str]:
    """What the forward pass and the kernel predict."""
    parts = []
    if layer.lyapunov:
        parts.append(f"λ₁ {layer.lyapunov[0]:+.3f}".replace("-", "−"))
    if layer.memory_steps is not None:
        parts.append(f"memory {short(layer.memory_steps, 3)} time steps")
    if layer.predicted_decay is not None:
        parts.append(f"predicted decay {short(layer.predicted_decay, 3)}")
    kernel = f"kernel's spectral radius {short(layer.spectral_radius, 3)}, norm {short(layer.recurrent_norm, 3)}"
    return [*parts, kernel]


def state_parts(layer: LayerFindings) -> list[str]:
    """How the states stand."""
    parts = [f"mean φ′ {short(layer.mean_derivative, 3)}"]
    if layer.saturation is not None:
        parts.append(f"|h| > 0.99 in {share(layer.saturation)}")
    if layer.dead_units:
        parts.append(f"dead units {share(layer.dead_units)}")
    return [*parts, f"effective rank {short(layer.effective_rank, 3)} of {layer.units}"]


def _strip_line(label: str, norms: Sequence[float], style: Style) -> list[str]:
    """The norms as a strip, and what they are at its ends."""
    if not norms:
        return []
    ends = f"{short(norms[0], 3)} → {short(norms[-1], 3)}"
    room = style.width - 13 - 2 - len(ends)
    if room >= 10:
        return labelled(label, [f"{strip(norms, min(room, STRIP_WIDTH))}  {ends}"], style)
    return labelled(label, [strip(norms, max(style.width - 13, 4)), ends], style)


def variables_text(variables: Sequence[VariableFindings], style: Style) -> str:
    """A row per weight."""
    columns = weight_columns(variables)
    rows = list(zip(*(cells for _, cells in columns), strict=True))
    return table([title for title, _ in columns], rows, style, left=2)
