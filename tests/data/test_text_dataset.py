"""A text as sequences of tokens, each of which is predicted from those before it."""

from __future__ import annotations

import pytest
from data.tabled import shown, words
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data.dataset import UNKNOWN
from rnnctl.errors import DataError


def _load(folder, text, **data):
    path = folder / "text.txt"
    path.write_text(text, encoding="utf-8")
    split = {"validation": 0, "test": 0}
    return load_dataset(Config.model_validate({"data": {"kind": "text", "path": str(path), "split": split} | data}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text("abc\n", min_size=8, max_size=40).filter(str.strip),
    length=st.integers(1, 9),
    held=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_pieces_follow_each_other_and_every_target_is_the_next_character_of_its_split(tmp_path, text, length, held):
    validation, test = held
    try:
        dataset = _load(tmp_path, text, length=length, split={"validation": validation, "test": test})
    except DataError:
        assert 1 in held or len(text) - validation - test < 2
        return
    ends = [0, len(text) - validation - test, len(text) - test, len(text)]
    for place, split in enumerate((dataset.train, dataset.validation, dataset.test)):
        part = text[ends[place] : ends[place + 1]]
        if not part:
            assert split is None
            continue
        known = [token if token in dataset.classes else UNKNOWN for token in part]
        found = [(words(inputs, dataset.classes), words(targets, dataset.classes)) for inputs, targets in shown(split)]
        assert [token for inputs, _ in found for token in inputs] == known[:-1]
        assert [token for _, targets in found for token in targets] == known[1:]
        assert all(len(inputs) == length for inputs, _ in found[:-1])


def test_the_vocabulary_is_that_of_the_training_text_and_what_it_lacks_is_told(tmp_path):
    dataset = _load(tmp_path, "abab abab xyab abab", level="words", split={"validation": 0, "test": 2})
    assert dataset.classes == (UNKNOWN, "abab")
    assert dataset.notes[0].endswith("1 words of the held-out text are not in the vocabulary")


def test_case_and_the_size_of_the_vocabulary_can_be_cut(tmp_path):
    assert _load(tmp_path, "aAabBc", lowercase=True).classes == (UNKNOWN, "a", "b", "c")
    assert _load(tmp_path, "aAabBc", lowercase=True, size=1).classes == (UNKNOWN, "a")


@pytest.mark.parametrize(
    ("text", "data", "told"),
    [
        ("a", {}, "1 character in the text; expected two or more, to predict one from another"),
        ("abcdef", {"split": {"test": 1}}, "the test split has no two characters; make data.split.test larger"),
        ("abcdef", {"split": {"test": 5}}, "the training split has no two characters; hold out less (data.split)"),
    ],
)
def test_a_text_that_is_too_short_is_refused(tmp_path, text, data, told):
    with pytest.raises(DataError) as raised:
        _load(tmp_path, text, **data)
    assert str(raised.value).endswith(told)
