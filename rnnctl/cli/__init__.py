"""The command line: one module per command that parses, calls a workflow, renders, and returns the exit code.

Nothing but Click is imported before a command's callback runs.
"""

from rnnctl.cli.main import main

__all__ = ["main"]
