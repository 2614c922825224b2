"""The command line: one module per command that parses, calls a workflow, renders, and gives the exit code.

Knows no mathematics. Nothing but Click is imported before a command's callback runs.
"""

from rnnctl.cli.main import main

__all__ = ["main"]
