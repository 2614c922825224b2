"""Tasks, one module each, and the table of them."""

from rnnctl.tasks.forecast import FORECAST
from rnnctl.tasks.next_step import NEXT_STEP
from rnnctl.tasks.per_sequence import PER_SEQUENCE
from rnnctl.tasks.per_step import PER_STEP
from rnnctl.tasks.task import Task
from rnnctl.util.registry import Registry

TASKS: Registry[Task] = Registry("task", (FORECAST, PER_SEQUENCE, PER_STEP, NEXT_STEP))
"""The tasks by the words of ``data.task``."""

__all__ = ["FORECAST", "NEXT_STEP", "PER_SEQUENCE", "PER_STEP", "TASKS", "Task"]
