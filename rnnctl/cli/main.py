"""The ``rnnctl`` command: the group of commands, and the one boundary at which errors become exit codes.

Exit codes: 0 success · 1 the run failed · 2 usage or config error · 3 data error · 4 training became non-finite ·
5 a check asked for with ``--fail-on`` failed · 130 interrupted.
Where nobody reads the output any more (``| head``) the command ends quietly with 1; training ends as by Ctrl-C before.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from rnnctl import __version__
from rnnctl.cli.commands import COMMANDS
from rnnctl.cli.console.progress import progress_on
from rnnctl.cli.console.screen import open_closed_streams, screens
from rnnctl.errors import ConfigError, RnnctlError, is_panic, panic_error
from rnnctl.util.format import cut
from rnnctl.util.printing import printable
from rnnctl.util.suggest import suggestion

INTERRUPTED = 130
"""What a shell reports of a program that SIGINT ended."""

_SYSTEM_SAYS_NO = {
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EIO)
}
"""Errors of a path that say what the disk or its owner does not allow, wherever they come from."""

THREADS = "rnnctl-"
"""What the names of rnnctl's own threads begin with."""

EPILOG = """\b
Examples:
  rnnctl train                          train the built-in first example
  rnnctl train configs/sunspots.yaml --set optimizer.learning_rate=0.1
  rnnctl check configs/*.yaml           find every fault before training
"""


class LazyGroup(click.Group):
    """A group that reads `COMMANDS`, and imports a command's module when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Words of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports a command; None where there is none of that word."""
        return COMMANDS[cmd_name].load() if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command that is meant, and names the nearest one where there is none."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            word = args[0].casefold()
            meant = next((ours for ours, one in COMMANDS.items() if word in one.foreign.split()), args[0])
            advice = suggestion(meant, COMMANDS, "the commands are")
            ctx.fail(f"There is no command {args[0]!r}; {advice}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(command.word, command.summary) for command in COMMANDS.values()])


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rnnctl")
def rnnctl() -> None:
    """Train recurrent networks from a YAML file, and see every gradient at every time step."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line, with the process's own arguments where None are given, and exits with its code."""
    from rnnctl.util import lazy_modules

    open_closed_streams()
    lazy_modules.own_process = arguments is None
    if arguments is None:
        _begin_again_in_utf8()
    if not sys.warnoptions:  # those of libraries are for who develops: python -W default -m rnnctl
        warnings.simplefilter("ignore")
    code = run(arguments)
    # Before it ends, Python looks through everything for garbage, which takes a second with TensorFlow's modules there.
    gc.freeze()
    if code == INTERRUPTED and any(thread.name.startswith(THREADS) for thread in threading.enumerate()):
        # Leave without the step, or the validation, that a second Ctrl-C does not wait for.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line, in which every error ends, and returns the exit code."""
    with screens():
        try:
            with progress_on(sys.stderr):
                result: Any = rnnctl.main(args=arguments, prog_name="rnnctl", standalone_mode=False)
            sys.stdout.flush()
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:
            return report_error(error)
        except BaseException as error:
            if not is_panic(error):
                raise
            return report_error(panic_error("the data", error))
    return result if isinstance(result, int) else 0


def report_error(error: Exception) -> int:
    """Writes an error to stderr, and gives its exit code; a traceback is shown for a defect of rnnctl alone."""
    match error:
        case RnnctlError():
            # A config's faults begin with file:line:column, where editors find it.
            kind = "" if isinstance(error, ConfigError) else "error: "
            click.echo(kind + printable(str(error)), err=True)
            return error.exit_code
        case click.ClickException():
            _show(error)
            return error.exit_code
        case click.Abort():
            return INTERRUPTED
        case BrokenPipeError():
            _let_go_of_stdout()
        case FileNotFoundError(filename=None, errno=int()):  # of all that is looked for, only this has no name
            click.echo("error: the current folder is no longer there; go to another one", err=True)
        case OSError(filename=None, errno=int()):  # a full disk behind "> file": only stdout is written by no name
            _let_go_of_stdout()
            click.echo(f"error: cannot write the output: {error.strerror}", err=True)
        case OSError(filename=str()) if error.errno in _SYSTEM_SAYS_NO:
            click.echo(f"error: {printable(cut(error.filename, 200))}: {error.strerror}", err=True)
        case MemoryError():
            click.echo("error: out of memory; use less data, or a smaller model or batch", err=True)
        case _:
            click.echo("This is a defect of rnnctl, not of your input. Please report it with what follows:", err=True)
            traceback.print_exception(error)
    return 1


def _let_go_of_stdout() -> None:
    """Points stdout at nothing, so that Python's flush at exit does not fail once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(error: click.ClickException) -> None:
    """Writes what is wrong with the command line, which may name files, as Click does."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n", err=True)
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        message = f"No such option: {error.option_name}. {_option_meant(error)}".rstrip()
    elif message.startswith("Got unexpected extra argument") and context is not None:
        takes_data = any("--data" in one.opts for one in context.command.params)
        message += ". A file of data is given with --data FILE." if takes_data else ""
    click.echo(f"Error: {printable(message)}", err=True)


def _option_meant(error: click.NoSuchOption) -> str:
    """The option, or the key of the config, that was most likely meant."""
    from rnnctl.config.foreign_words import KEYS, NO_OPTIONS, OPTIONS, our_key, plain
    from rnnctl.util.suggest import nearest

    options = [] if error.ctx is None else [name for one in error.ctx.command.params for name in one.opts]
    options = [name for name in options if name.startswith("--")]
    word = plain(error.option_name)
    foreign = [ours for ours, words in OPTIONS.items() if word in words.split()]
    for meant in (f"--{name}" for name in (KEYS.get(word, word).rpartition(".")[2], *foreign)):
        if meant in options:
            return f"Did you mean {meant}?"
    if word in NO_OPTIONS:
        return NO_OPTIONS[word]
    key = our_key(word)
    in_config = f"Write --set {key}=VALUE." if "--set" in options else f"In a config it is {key}."
    if key is not None and word in (*KEYS, key.rpartition(".")[2]):
        return in_config
    near = nearest(error.option_name, options)
    return f"Did you mean {near}?" if near is not None else in_config if key is not None else ""


def _begin_again_in_utf8() -> None:
    """Starts the process anew with names of files in UTF-8 where the locale's encoding has few characters.

    In the locale C with ``PYTHONUTF8=0`` a file of another name could not be opened, nor a run folder made. The
    encoding of the output stays as it is.
    """
    if os.name != "posix" or sys.flags.utf8_mode or sys.getfilesystemencoding() == "utf-8":
        return
    encoding = os.environ.get("PYTHONIOENCODING") or sys.stdout.encoding
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONIOENCODING": encoding}
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)
