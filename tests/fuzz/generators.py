"""Hostile input by the seed: configs, overrides, data files and run folders that nobody would make by hand."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
RUN = ROOT / "tests" / "runs" / "format_2"

ODD_TEXTS = (
    *("", " ", "~", "null", "true", "no", "-", "--", "nan", ".nan", ".inf", "-0", "0", "1", "1e999", "0x1F", "1_000"),
    *(
        "9" * 400,
        "9" * 4400,
        "-" + "9" * 4400,
        "1." + "0" * 500,
        "3,14",
        "1.234,5",
        "12:30",
        "2024-02-30",
        "0000-01-01",
    ),
    *("0000-01-01", "9999-12-31", "2024-01-01T25:61", "1e308", "-1e308", "2024W05", "a" * 300, "é", "日本"),
    *(
        "\x7f",
        "\x85",
        "\u2028",
        "\u202e",
        "\u2066x",
        "\x9b31m",
        "\x1b]0;x",
        "a\rb",
        "\ufeff",
        "a\tb",
        '"',
        "'",
        '"a',
        "{",
        "}",
        "[",
        "]",
        "[[[[",
        "{a: b}",
        "[1, 2]",
        "&a b",
    ),
    *("[1, 2]", "&a b", "*a", "!x y", "<<", "? a", "| ", "> ", "%s", "%d", "{0}", "$HOME", "../..", "/dev/zero"),
    *(
        "**",
        "<script>",
        "None",
        "__class__",
        "18446744073709551617d",
        "1h",
        "1mo",
        "-1d",
        "0d",
        "1e9d",
        "p*",
        "[a",
        "#",
    ),
)
ODD_JSON: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 2**31, 2**63, 2**200, 1e308, "", "x", "1", [], [1], [None], {}, {"a": 1}, [[1]], "nan"),
    *("\ud800", "\u202e", "\x1b[31m", "a" * 5000, "<script>alert(1)</script>", "../../x", "2024-13-45", {"": ""}),
)
ODD_BYTES = (
    b"",
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n\n",
    b"\x1b",
    b"\xed\xa0\x80",
    b"PK",
    b"PAR1",
)


def some_yaml(rng: random.Random, folder: Path) -> list[str]:
    """A shipped config with some lines changed."""
    lines = rng.choice(CONFIGS).read_text().splitlines()
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        line = lines[at]
        key, colon, _ = line.partition(":")
        lines[at : at + 1] = rng.choice(
            [
                [],
                [line, line],
                ["  " + line],
                [line.lstrip()],
                [f"{key}{colon} {rng.choice(ODD_TEXTS)}"],
                [f"{key}{colon} {rng.choice(ODD_TEXTS)}"],
                [f"{key}{colon} &a {rng.choice(ODD_TEXTS)}", f"{key}2: *a"],
                [f'{key}{colon} "\\U{rng.randrange(16**8):08X}"'],
                [f"{key}{colon} {'[' * rng.randint(1, 80)}"],
                [line, f"{rng.choice(ODD_TEXTS)}: {rng.choice(ODD_TEXTS)}"],
                [f"{rng.choice(ODD_TEXTS)}{line}"],
            ]
        )
        lines = lines or [""]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    if rng.random() < 0.15:
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(ODD_BYTES) + content[at:]
    (folder / "c.yaml").write_bytes(content)
    return ["check", str(folder / "c.yaml")]


KEYS = (
    *("name", "seed", "data", "data.kind", "data.path", "data.target", "data.features", "data.window", "data.time"),
    *("data.window.length", "data.window.horizon", "data.split", "data.split.test", "data.frequency", "data.columns"),
    *("data.missing", "data.series", "data.known", "data.scale", "model", "model.layers", "model.layers.0"),
    *("model.layers.0.units", "model.layers.0.cell", "model.layers.9", "loss", "optimizer", "optimizer.learning_rate"),
    *("training", "training.epochs", "training.steps", "training.batch_size", "training.early_stopping", "checkpoints"),
)


def some_set(rng: random.Random, folder: Path) -> list[str]:
    """A shipped config with odd overrides."""
    arguments = ["check", str(rng.choice(CONFIGS))]
    for _ in range(rng.randint(1, 3)):
        key = rng.choice(KEYS) if rng.random() < 0.85 else rng.choice(ODD_TEXTS)
        equals = "=" if rng.random() < 0.95 else ""
        arguments += ["--set", f"{key}{equals}{rng.choice(ODD_TEXTS)}"]
    return arguments


def table_text(rng: random.Random) -> bytes:
    """A CSV file, mostly regular."""
    separator = rng.choice([",", ",", ";", "\t", "|", " "])
    columns, rows = rng.randint(1, 6), rng.choice([0, 1, 2, 30, 30, 200])
    kinds = [rng.choice(["number", "whole", "date", "word", "odd", "same", "hour"]) for _ in range(columns)]
    names = [rng.choice(["date", "y", "x", "store", "é", "a b", *ODD_TEXTS]) for _ in range(columns)]
    if rng.random() < 0.8:
        names = [f"{name}{place}" for place, name in enumerate(names)]

    def cell(kind: str, row: int) -> str:
        if rng.random() < 0.01:
            return rng.choice(ODD_TEXTS)
        return {
            "number": f"{rng.gauss(0, 10):.3f}",
            "whole": str(rng.randint(0, 9)),
            "date": f"{2000 + row // 336}-{1 + row // 28 % 12:02}-{1 + row % 28:02}",
            "word": rng.choice(["red", "green", "a longer word"]),
            "odd": rng.choice(ODD_TEXTS),
            "same": "7",
            "hour": f"2024-01-{1 + row // 24 % 28:02} {row % 24:02}:00",
        }[kind]

    lines = [separator.join(names)]
    lines += [separator.join(cell(kind, row) for kind in kinds) for row in range(rows)]
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["", "# comment", separator * 9, '"', "x", *ODD_TEXTS]))
    content = rng.choice(["\n", "\n", "\r\n", "\r"]).join(lines).encode("utf-8", "surrogatepass")
    for _ in range(rng.choice([0, 0, 0, 1, 3])):
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(ODD_BYTES) + content[at + rng.randint(0, 3) :]
    return content


def _of_file(rng: random.Random, path: Path, kind: str) -> list[str]:
    """``init`` of a file, or ``check`` of a config of it."""
    if rng.random() < 0.6:
        return ["init", "--from", str(path), "-o", rng.choice(["-", str(path.parent / "new.yaml")])]
    target = rng.choice(["y", "y0", "x1", "date0", "store1"])
    section: dict[str, Any] = {"kind": kind, "path": path.name}
    if kind != "text":
        section |= {"target": [target], "window": {"length": 3}}
        more = {"time": "date0", "missing": "drop", "frequency": "1d", "series": "store1", "features": ["*"]}
        section |= {key: value for key, value in more.items() if rng.random() < 0.3}
    (path.parent / "c.yaml").write_text(json.dumps({"data": section}))
    return ["check", str(path.parent / "c.yaml")]


OUT_OF_SIZE: tuple[Callable[[], bytes], ...] = (
    lambda: b"," * 1_000_000,
    lambda: b",".join(b"c%d" % place for place in range(20_000)) + b"\n" + b",".join([b"1"] * 20_000) * 2 + b"\n",
    lambda: b"y0,x1\n1," + b"9" * 1_000_000 + b"\n",
    lambda: b"y0,x1\n" + b"\n" * 1_000_000,
    lambda: b'y0,x1\n"' + b"1,2\n" * 300_000,
    lambda: b"y0,x1\n" + b"1,2\n" * 500_000,
    lambda: b"y0,x1\n1,2\n" + b"\0" * 1_000_000,
)
"""Tables far wider, longer or emptier than others."""


def some_csv(rng: random.Random, folder: Path) -> list[str]:
    """A CSV file, once in a while of an odd size."""
    content = table_text(rng) if rng.random() < 0.97 else rng.choice(OUT_OF_SIZE)()
    (folder / "t.csv").write_bytes(content)
    return _of_file(rng, folder / "t.csv", "csv")


def some_gzip(rng: random.Random, folder: Path) -> list[str]:
    """A gzipped CSV file, damaged or not, or one that holds far more than it takes."""
    content = table_text(rng) if rng.random() < 0.9 else b"y0,x1\n" + b"1,2\n" * rng.choice([10_000, 3_000_000])
    packed = gzip.compress(content, 1)
    way = rng.randrange(5)
    if way == 0:
        packed = packed[: rng.randrange(len(packed))]
    elif way == 1:
        at = rng.randrange(len(packed))
        packed = packed[:at] + bytes([rng.randrange(256)]) + packed[at + 1 :]
    elif way == 2:
        packed += rng.choice([*ODD_BYTES, packed])
    (folder / "t.csv.gz").write_bytes(packed)
    return _of_file(rng, folder / "t.csv.gz", "csv")


def some_parquet(rng: random.Random, folder: Path) -> list[str]:
    """A Parquet file of odd types and values, damaged or not."""
    rows = rng.choice([0, 1, 40, 300])
    place = pl.int_range(rows, eager=True)
    columns: list[Callable[[], pl.Series]] = [
        lambda: (place % 7).cast(pl.Float64),
        lambda: place.cast(rng.choice([pl.Int8, pl.UInt64, pl.Float32]), strict=False),
        lambda: place.cast(pl.Date),
        lambda: (place * 10 ** rng.randint(0, 15)).cast(pl.Datetime(rng.choice(["ms", "us", "ns"]))),
        lambda: (place - 10**14).cast(pl.Datetime("us", "Europe/Berlin")),
        lambda: (place - 800_000).cast(pl.Int32).cast(pl.Date),
        lambda: pl.Series([rng.choice(ODD_TEXTS) for _ in range(rows)], dtype=pl.String),
        lambda: pl.Series([[1, 2]] * rows, dtype=pl.List(pl.Int64)),
        lambda: pl.Series([None] * rows, dtype=pl.Null),
        lambda: pl.Series([b"\xff"] * rows, dtype=pl.Binary),
        lambda: pl.Series([float("nan"), float("inf"), 1e308, None] * rows, dtype=pl.Float64).head(rows),
        lambda: place.cast(pl.String).cast(pl.Categorical),
        lambda: place.cast(pl.Duration("us")),
        lambda: place % 2 == 0,
    ]
    names = ["y0", "x1", "date0", "store1", rng.choice(ODD_TEXTS) or "e"]
    chosen = rng.sample(names, rng.randint(1, len(names)))
    frame = pl.DataFrame({name: rng.choice(columns)() for name in chosen})
    path = folder / "t.parquet"
    frame.write_parquet(path, row_group_size=rng.choice([None, 16]))
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice([0, 0, 1, 3])):
        content[rng.randrange(len(content))] = rng.randrange(256)
    if rng.random() < 0.1:
        del content[rng.randrange(len(content)) :]
    path.write_bytes(content)
    return _of_file(rng, path, "parquet")


def some_text(rng: random.Random, folder: Path) -> list[str]:
    """Running text with odd characters."""
    words = [
        rng.choice(["the", "cat", "sat", ".", ",", "\n", *ODD_TEXTS]) for _ in range(rng.choice([0, 1, 5, 400, 3000]))
    ]
    content = " ".join(words).encode("utf-8", "surrogatepass")
    if rng.random() < 0.2:
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(ODD_BYTES) + content[at:]
    (folder / "t.txt").write_bytes(content)
    return _of_file(rng, folder / "t.txt", "text")


def _odd_field(rng: random.Random, plain: Any) -> Any:
    """The same value with one field somewhere in it replaced, removed or added."""
    if isinstance(plain, dict) and plain and rng.random() < 0.9:
        key = rng.choice(list(plain))
        way = rng.random()
        if way < 0.15:
            return {name: value for name, value in plain.items() if name != key}
        if way < 0.25:
            return plain | {str(rng.choice(ODD_TEXTS)): rng.choice(ODD_JSON)}
        return plain | {key: _odd_field(rng, plain[key])}
    if isinstance(plain, list) and plain and rng.random() < 0.7:
        at = rng.randrange(len(plain))
        return [*plain[:at], _odd_field(rng, plain[at]), *plain[at + 1 :]]
    return rng.choice(ODD_JSON)


def some_path(rng: random.Random, folder: Path) -> list[str]:
    """A path that leads to no plain file, in place of a config, a data file or a run, or in an option."""
    os.mkfifo(folder / "pipe.csv")
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "plain.csv").write_text("y0,x1\n" + "1,2\n3,4\n" * 20)
    nowhere = [str(folder / name) for name in ("loop.csv", "", "n" * 300, "plain.csv/x", "no/x")] + [
        "/dev/full",
        "/proc/x",
    ]
    odd = [
        *(*nowhere, *(str(folder / name) for name in ("pipe.csv", "*", "**", "[a", "é\u202e"))),
        *("/dev/zero", "/dev/null", "/dev/tty", "/proc/self/mem", "/proc/self/fd/99", "/sys", "~", "~x/y", "-", ""),
        *("file:///etc/passwd", "http://localhost:1/x.csv", "\x1b]0;x", "\udcff", "/" * 5000),
    ]
    path = rng.choice(odd)
    if rng.random() < 0.3:
        section = {"kind": rng.choice(["csv", "parquet", "text"]), "path": path}
        section |= {} if section["kind"] == "text" else {"target": ["y0"], "window": {"length": 3}}
        (folder / "c.yaml").write_text(json.dumps({"data": section}))
        return ["check", str(folder / "c.yaml")]
    plain = str(folder / "plain.csv")
    out = rng.choice(nowhere)
    ways = [
        *(["check", path], ["init", "--from", path, "-o", "-"], ["runs", path], ["report", path], ["docs", path]),
        *(["compare", path, str(RUN)], ["train", path], ["resume", path], ["inspect-gradients", path]),
        *(["init", plain, "-o", out], ["report", str(RUN), "-o", out], ["schema", "--out", out], ["completion", path]),
    ]
    return rng.choice(ways)


def some_run(rng: random.Random, folder: Path) -> list[str]:
    """A run folder of which a file or two were edited, looked at."""
    run = edited_run(rng, folder)
    ways = [
        ["runs", str(run.parent)],
        ["runs", str(run.parent), "--json"],
        ["compare", str(run), str(RUN)],
        ["report", str(run), "-o", str(folder / "page.html")],
    ]
    return rng.choice(ways)


def some_model(rng: random.Random, folder: Path) -> list[str]:
    """The same, used: these commands import TensorFlow."""
    run = str(edited_run(rng, folder))
    ways = [["verify", run], ["evaluate", run], ["predict", run], ["resume", run, "--steps", "5"]]
    return rng.choice(ways)


def edited_run(rng: random.Random, folder: Path) -> Path:
    """A run folder of which a file or two were edited."""
    run = folder / "runs" / "a-1"
    shutil.copytree(RUN, run)
    preparation = {"scales": {"y": [0.5, 2.0]}, "vocabularies": {"c": ["a", "b"]}, "frequency": None, "masked": []}
    (run / "preparation.json").write_text(json.dumps(preparation))
    line = {"output": "y", "series": None, "at": [1, 2], "truth": [1.0, 2.0], "forecast": [1.0, None], "naive": None}
    (run / "test.json").write_text(json.dumps({"format": 1, "kind": "forecast", "lines": [line]}))
    (run / "resumed.jsonl").write_text(json.dumps({"event": "resumed", "from_step": 2, "length_before": None}) + "\n")
    files = sorted(path for path in run.rglob("*") if path.is_file())
    for path in rng.sample(files, rng.randint(1, 2)):
        content = path.read_bytes()
        way = rng.random()
        if path.suffix in (".json", ".jsonl") and way < 0.7:
            lines = content.splitlines() if path.suffix == ".jsonl" else [content]
            at = rng.randrange(len(lines))
            lines[at] = json.dumps(_odd_field(rng, json.loads(lines[at]))).encode()
            if rng.random() < 0.1:
                lines[at] = lines[at].replace(b"1", b"9" * 4301, 1)
            content = b"\n".join(lines) + b"\n"
        elif way < 0.8:
            content = content[: rng.randrange(len(content) + 1)]
        elif way < 0.9:
            at = rng.randrange(len(content) + 1)
            content = content[:at] + rng.choice(ODD_BYTES) + content[at + rng.randint(0, 4) :]
        else:
            content = rng.choice([b"", b"null", b"[]", b"{}", b"[" * 50_000, b"\xff" * 64, b'{"a": NaN}'])
        path.write_bytes(content)
    if rng.random() < 0.05:
        (run / "environment.json").unlink()
        (run / "environment.json").symlink_to(ROOT / "pyproject.toml")
    return run


GENERATORS: dict[str, Callable[[random.Random, Path], list[str]]] = {
    "yaml": some_yaml,
    "set": some_set,
    "csv": some_csv,
    "gzip": some_gzip,
    "parquet": some_parquet,
    "text": some_text,
    "run": some_run,
    "path": some_path,
}
"""Kinds of cases by their names."""

SLOW_GENERATORS = {"model": some_model}
"""Kinds that only ``--kind`` runs: a case takes a second or two."""
