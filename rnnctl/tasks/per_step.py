"""The task ``per_step``: a target at every row."""

from rnnctl.tasks.task import Task

PER_STEP = Task("per_step", "the target column at every row", per_step=True, labels=True)
