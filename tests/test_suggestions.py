"""The helper that finds suggestions finds those that are there, and nothing else."""

from __future__ import annotations

from tests.suggestions import known_keys, uncommented

TEXT = """\
# Written by rnnctl init: known things.
data:
  kind: csv
  # not used: note            # it never changes
  # known: [price]            # a holiday, say
  # nonsense: 3
model: {layers: [{cell: gru, units: 8}]}
# seed: 3
"""


def test_commented_keys_are_found_where_a_config_can_have_them() -> None:
    found = dict(uncommented(TEXT))
    assert [entry.split()[0] for entry in found] == ["known:", "seed:"]
    assert "\n  known: [price]" in found["known: [price]            # a holiday, say"]
    assert "# seed: 3" in found["known: [price]            # a holiday, say"]
    assert {"units", "learning_rate", "horizon", "patience"} <= known_keys()
