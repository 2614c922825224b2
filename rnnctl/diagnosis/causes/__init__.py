"""The table of causes."""

from rnnctl.diagnosis.causes.table import CAUSES

__all__ = ["CAUSES"]
