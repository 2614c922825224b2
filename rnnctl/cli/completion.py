"""``rnnctl completion``."""

from __future__ import annotations

import click

MENDED = {
    "bash": {
        "read type": "read -r type",
        "COMPREPLY+=($value)": 'COMPREPLY+=("${value%/}")',
        "complete -o nosort": "complete -o nosort -o filenames",
    },
    "zsh": {
        "compadd -U -V unsorted -a completions": "compadd -U -V unsorted -- ${completions:#*/}\n"
        "        compadd -U -V unsorted -S '' -- ${(M)completions:#*/}"
    },
    "fish": {'string split ","': 'string split --max 1 ","'},
}
"""By shells, what Click's scripts lack: quotes around names with spaces and ``$``, no space after a folder, commas."""


@click.command()
@click.argument("shell", type=click.Choice(list(MENDED)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options, configs and runs after the tab key.

    \b
    Examples:
      eval "$(rnnctl completion bash)"               in ~/.bashrc
      eval "$(rnnctl completion zsh)"                in ~/.zshrc, after compinit
      rnnctl completion fish > ~/.config/fish/completions/rnnctl.fish

    Completion starts rnnctl without any framework, some 0.1 s each time.
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"Click completes nothing in {shell}; choose one of {', '.join(MENDED)}.")
    script = made(context.find_root().command, {}, "rnnctl", "_RNNCTL_COMPLETE").source()
    for text, better in MENDED[shell].items():
        script = script.replace(text, better)
    click.echo(script)
