"""``rnnctl schema``."""

from __future__ import annotations

from pathlib import Path

import click

from rnnctl.cli.options import FILE


@click.command()
@click.option("--out", type=FILE, help="Write it to this file rather than to stdout.")
def schema(out: Path | None) -> None:
    """Print the JSON Schema of the config, for editors.

    \b
    Examples:
      rnnctl schema --out schema.json
      # then as a config's first line, for completion and checks while typing:
      # yaml-language-server: $schema=schema.json
    """
    import json

    from rnnctl.config.dump import json_schema
    from rnnctl.runs.run_files import write_output

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        write_output(out, text.encode())
