"""The data that is shipped is what its README and its generators say."""

from __future__ import annotations

import gzip
import importlib
import itertools
import math
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
GENERATED = {
    "sentiment": "sentiment.csv",
    "dna": "dna.csv.gz",
    "clicks": "clicks.csv.gz",
    "melodies": "melodies.csv",
    "moving_shape": "moving_shape.csv.gz",
    "captions": "captions.csv.gz",
}
README = (DATA / "README.md").read_text("utf-8")


def _script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DATA / "generate"))
    return importlib.import_module(name)


def _text(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_every_generator_has_its_table() -> None:
    scripts = {path.stem for path in (DATA / "generate").glob("*.py")} - {"table"}
    assert scripts == set(GENERATED)


@pytest.mark.parametrize("name", GENERATED)
def test_a_generator_writes_what_is_shipped(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(name, monkeypatch).main(tmp_path)
    (written,) = tmp_path.iterdir()
    assert written.name == GENERATED[name]
    assert _text(written) == _text(DATA / GENERATED[name])


def test_the_readme_tells_every_file_and_how_many_rows_it_has() -> None:
    files = {path.name for path in DATA.iterdir() if path.is_file()} - {"README.md"}
    told = dict(re.findall(r"^\| `(\S+)` \| .*? \| ([\d,]+)", README, re.MULTILINE))
    assert files == {name for name in told if "." in name}
    assert all(f"## {name}\n" in README for name in files)
    for name in files:
        count = len(_text(DATA / name).decode()) if name.endswith(".txt") else len(pl.read_csv(DATA / name))
        assert told[name] == f"{count:,}", name


def test_all_data_together_stays_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*")) < 4e6


def test_the_published_splits_have_their_published_sizes() -> None:
    vowels = pl.read_csv(DATA / "japanese_vowels.csv.gz")
    per_utterance = vowels.group_by("utterance").agg(
        pl.len(), pl.col("speaker").n_unique(), pl.col("split").n_unique().alias("splits"), pl.col("split").first()
    )
    assert per_utterance["split"].value_counts(sort=True).rows() == [("test", 370), ("train", 270)]
    assert (per_utterance["len"].min(), per_utterance["len"].max()) == (7, 29)
    assert per_utterance["speaker"].max() == per_utterance["splits"].max() == 1
    digits = pl.read_csv(DATA / "digits.csv.gz").group_by("image").agg(pl.len(), pl.col("digit").n_unique())
    assert digits.select(pl.col("len").unique(), pl.col("digit").unique()).rows() == [(8, 1)]


def _entropy_of_all_paths(clicks: ModuleType, length: int) -> float:
    """Entropy of whole sessions of one length, by counting every possible one out."""
    chances, total = clicks.transitions(), 0.0
    for path in itertools.product(range(len(clicks.ACTIONS)), repeat=length - 1):
        chance, full, now = 1.0, False, clicks.HOME
        for following in path:
            full = (full or clicks.ACTIONS[now] == "add") and clicks.ACTIONS[now] not in ("empty", "pay")
            chance *= chances[int(full), now, following]
            now = following
        total -= chance * math.log(chance) if chance else 0
    return total


def test_the_clicks_entropy_bound_is_the_entropy_of_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    clicks = _script("clicks", monkeypatch)
    # Sessions of 4 and 5 actions hold 3 and 4 predictions; the chain rule adds their entropies up.
    whole = _entropy_of_all_paths(clicks, 4) + _entropy_of_all_paths(clicks, 5)
    assert clicks.entropy_bound(np.array([4, 5])) == pytest.approx(whole / 7, rel=1e-12)


def test_the_readme_tells_the_clicks_entropy_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    clicks = _script("clicks", monkeypatch)
    table = pl.read_csv(DATA / "clicks.csv.gz")
    places = {name: place for place, name in enumerate(clicks.ACTIONS)}
    sessions = [
        frame["action"].replace_strict(places).to_numpy()
        for frame in table.partition_by("session", maintain_order=True)
    ]
    bound, drawn = (
        clicks.entropy_bound(np.array([len(session) for session in sessions])),
        clicks.cross_entropy(sessions),
    )
    assert f"**{bound:.4f} nats an action**" in README
    assert f"the process itself has {drawn:.4f}." in README
    assert drawn == pytest.approx(bound, rel=0.01)


def test_motifs_are_tagged_where_the_planted_bases_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    motif = _script("dna", monkeypatch).MOTIF
    wrong = total = 0
    for frame in pl.read_csv(DATA / "dna.csv.gz").partition_by("sequence"):
        bases, tagged = "".join(frame["base"]), "".join("m" if tag == "motif" else "." for tag in frame["tag"])
        for run in re.finditer("(m{12})+", tagged):
            found = ["ACGT".index(base) for base in bases[run.start() : run.end()]]
            wrong += sum(base != motif[place % 12] for place, base in enumerate(found))
            total += len(found)
        assert re.fullmatch(r"(\.|m{12})*", tagged)
    assert wrong / total == pytest.approx(0.05, abs=0.01)


def test_held_out_captions_show_new_pairs_of_words_that_are_all_in_training() -> None:
    words = pl.read_csv(DATA / "captions.csv.gz", columns=["caption", "split"]).with_columns(
        pl.col("caption").str.split(" ").alias("words")
    )
    seen = {
        split: [set(rows.explode("words")["words"]), set(rows["words"].list.slice(1, 2).list.join(" "))]
        for (split,), rows in words.group_by("split")
    }
    assert seen["train"][0] >= seen["validation"][0] | seen["test"][0]
    assert [len(pairs) for _, pairs in (seen["train"], seen["validation"], seen["test"])] == [35, 7, 7]
    assert len(set().union(*(pairs for _, pairs in seen.values()))) == 49


def test_a_shape_moves_as_its_clip_says() -> None:
    frames = pl.read_csv(DATA / "moving_shape.csv.gz")
    moves = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
    for clip in frames.partition_by("clip", maintain_order=True)[:50]:
        lit = clip.select(pl.selectors.starts_with("p")).to_numpy().reshape(-1, 8, 8) > 4
        move = moves[clip["direction"][0]]
        assert all(np.array_equal(np.roll(now, move, (0, 1)), later) for now, later in itertools.pairwise(lit))


def test_answers_begin_like_their_questions() -> None:
    for melody in pl.read_csv(DATA / "melodies.csv").partition_by("melody", maintain_order=True):
        notes = melody["note"].to_list()
        assert len(notes) == 32
        assert (notes[:4], notes[16:20]) == (notes[8:12], notes[24:28])
        assert notes[15] == notes[31] != notes[7] == notes[23]
