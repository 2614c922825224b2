"""The table of tasks."""

from rnnctl.tasks.task import Task
from rnnctl.util.registry import Registry

FORECAST = Task("forecast", "the rows after a window", windowed=True)
PER_SEQUENCE = Task("per_sequence", "one target for a whole series", per_step=False, labels=True, series_target=True)
PER_STEP = Task("per_step", "the target column at every row", per_step=True, labels=True)
NEXT_STEP = Task(
    "next_step", "at every row the target column of the next one", per_step=True, continues=True, interpolates=False
)

TASKS: Registry[Task] = Registry("task", (FORECAST, PER_SEQUENCE, PER_STEP, NEXT_STEP))
"""The tasks by the words of ``data.task``."""

__all__ = ["FORECAST", "NEXT_STEP", "PER_SEQUENCE", "PER_STEP", "TASKS", "Task"]
