"""``rnnctl inspect-gradients --explain``: quantities with definition and source, verdicts with their rules."""

from __future__ import annotations

import textwrap

from rnnctl.cli.console.style import Style
from rnnctl.gradients.verdicts import RULES
from rnnctl.report.quantities import CONVENTION, QUANTITIES


def explanation_text(style: Style) -> str:
    """The tables of quantities and of rules, as text.

    Args:
        style: Width of a line, and how text is dressed.
    """
    blocks = ["\n".join(_wrapped(CONVENTION, style, indent=0))]
    for group, quantities in QUANTITIES.items():
        lines = [style.bold(group)]
        for quantity in quantities:
            source = f" [{quantity.source}]" if quantity.source else ""
            lines += [f"  {quantity.name}", *_wrapped(quantity.definition + source, style, indent=6)]
        blocks.append("\n".join(lines))
    lines = [style.bold("verdicts")]
    for rule in RULES:
        holds = rule.holds if rule.default is None else rule.holds.replace("{}", f"{rule.default:g}")
        key = "" if rule.key is None else f" [{rule.key}]"
        lines += [f"  {rule.word}", *_wrapped(holds + key, style, indent=6), *_wrapped(rule.why, style, indent=6)]
    blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _wrapped(text: str, style: Style, *, indent: int) -> list[str]:
    width = max(min(style.width, 100) - indent, 16)
    return [" " * indent + line for line in textwrap.wrap(text, width, break_on_hyphens=False)]
