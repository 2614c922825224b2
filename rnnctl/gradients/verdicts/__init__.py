"""What an examination's numbers mean: verdicts, their causes, what to change. Works on findings alone."""

from rnnctl.gradients.verdicts.judge import judge
from rnnctl.gradients.verdicts.rules import GRAVITY, RULES, Rule
from rnnctl.gradients.verdicts.subject import Findings

__all__ = ["GRAVITY", "RULES", "Findings", "Rule", "judge"]
