"""``rnnctl completion``."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
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
        raise click.UsageError(f"Click completes nothing in {shell}; choose one of {', '.join(SHELLS)}.")
    root = context.find_root()
    click.echo(made(root.command, {}, "rnnctl", "_RNNCTL_COMPLETE").source())
