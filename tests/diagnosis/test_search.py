"""The search on trainings that are made up: what is tried, and what of it is recommended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from diagnosis.test_causes import course, evidence, layer, sgd

from rnnctl.diagnosis.judge import together
from rnnctl.diagnosis.search import Search, joined, overlap, usual_settings
from rnnctl.results.diagnosis import Cause, RateTest
from rnnctl.results.examination import Advice


class Made(Search):
    """A search whose trainings have the skill of the first of ``skills`` whose keys are all among the changes."""

    def __init__(self, causes, skills, *, minutes=1.0, sections=None, rising=()):
        super().__init__(evidence(sections=sections or sgd()), causes, minutes)
        self.skills, self.rising = skills, rising

    def _at_rates(self, changes):
        return [changes]

    def _course(self, changes, seed):
        skill = next((skill for keys, skill in self.skills if set(keys) <= set(changes)), 0.0)
        losses = np.geomspace(1.0, 50.0, 100) if tuple(changes) in self.rising else None
        return replace(course(losses, skill=skill + 0.001 * seed), changes=dict(changes))

    def tried(self):
        return [dict(trial.changes) for trial in self.trials]


def cause(word, changes, sure=0.9):
    return Cause(word, sure, "", (), tuple(Advice(one, f"reason {place}") for place, one in enumerate(changes)))


RATE_KEY = "optimizer.learning_rate"
SCALE, RATE, CLIP = {"data.scale": "standard"}, {RATE_KEY: 0.01}, {"optimizer.global_clipnorm": 1.0}


def test_every_advice_is_tried_and_the_plainest_of_those_as_good_is_recommended():
    search = Made([cause("targets unscaled", [SCALE, CLIP])], [(SCALE, 0.88), (["model.layers"], 0.9)])
    facts, said, changes = search.run()
    assert search.tried()[:3] == [{}, SCALE, CLIP]
    assert changes == SCALE
    assert [one.best for one in facts].count(True) == 1
    assert "0.88 on rows not trained on, as it is 0.00" in said


@pytest.mark.parametrize("again", [0.1, None])
def test_what_is_recommended_was_trained_from_two_seeds_however_many_only_looked_good(monkeypatch, again):
    search = Made([cause("targets unscaled", [SCALE, RATE, CLIP])], [(SCALE, 0.9), (RATE, 0.85), (CLIP, 0.8)])
    plain = search._course

    def of_seed(changes, seed):
        """A second seed that is far worse, or cannot be trained, of all that looks good but one."""
        found = plain(changes, seed)
        if seed == 1 or found.skill in (0.802, 0.002):
            return found
        return None if again is None else replace(found, skill=again)

    monkeypatch.setattr(search, "_course", of_seed)
    facts, _, changes = search.run()
    assert changes == (CLIP if again else {})
    assert all(one.seeds == 2 for one in facts if one.best)


def test_nothing_is_recommended_that_ends_at_the_baseline_or_is_no_better_than_as_it_is():
    chance = evidence().chance
    for skills in ([(SCALE, 0.0), ((), -1.0)], [(SCALE, 0.9 * chance), ((), -1.0)], [(SCALE, 0.5), ((), 0.49)]):
        search = Made([cause("targets unscaled", [SCALE])], skills)
        facts, said, changes = search.run()
        assert changes == {}
        assert not any(one.best for one in facts)
        assert said.startswith("none of")


LEAK = {"data.features": ["a"]}


def test_a_leak_is_left_out_of_everything_that_is_compared():
    causes = [cause("leaking feature", [LEAK], 0.96), cause("learning rate too low", [RATE])]
    skills = [((*LEAK, *RATE), 0.7), (LEAK, 0.1), ((), 0.99)]
    search = Made(causes, skills)
    _, said, changes = search.run()
    assert changes == LEAK | RATE
    assert all(LEAK.items() <= tried.items() for tried in search.tried()[1:])
    assert "as it is 0.99, which is not to be compared" in said


def test_without_the_leak_the_config_itself_is_recommended_where_nothing_is_better():
    search = Made([cause("leaking feature", [LEAK], 0.96)], [(LEAK, 0.6), ((), 0.99)])
    assert search.run()[2] == LEAK
    hopeless = Made([cause("leaking feature", [LEAK], 0.96)], [(LEAK, 0.0), ((), 0.99)])
    assert hopeless.run()[2] == {}


def test_sure_causes_are_mended_together_without_the_rate_that_was_tested_on_other_data():
    causes = [cause("targets unscaled", [SCALE]), cause("learning rate too high", [RATE])]
    causes.append(cause("clipping too tight", [CLIP]))
    search = Made(causes, [((*SCALE, *CLIP), 0.9)])
    assert search.run()[2] == SCALE | CLIP
    assert not any(set(RATE) | set(SCALE) <= set(tried) for tried in search.tried())


def test_a_change_whose_loss_rises_is_tried_at_a_tenth_of_the_rate():
    slower = SCALE | {"optimizer.learning_rate": 0.01}
    search = Made([cause("targets unscaled", [SCALE])], [(slower, 0.9)], rising=[tuple(SCALE)])
    assert search.run()[2] == slower
    assert search.tried()[:3] == [{}, SCALE, slower]


def test_a_larger_rate_is_tried_beside_the_configs_and_a_smaller_one_in_its_place(monkeypatch):
    search = Search(evidence(sections=sgd()), [], 1.0)
    monkeypatch.setattr(search, "_trainer", lambda changes: None)
    for best, wanted in ((1.0, [SCALE, SCALE | {RATE_KEY: 1.0}]), (0.01, [SCALE | RATE]), (0.1, [SCALE])):
        rates = (0.01, 0.1, 1.0)
        losses = tuple(0.1 if rate == best else 0.9 for rate in rates)
        tested = RateTest(rates, losses, 20, 0.1, best, 1.0)
        monkeypatch.setattr("rnnctl.diagnosis.search.tests_of_rates", lambda trainer, tested=tested: tested)
        assert search._at_rates(SCALE) == wanted
    assert search._at_rates(RATE) == [RATE]


def test_without_time_the_config_alone_is_trained_and_that_is_said():
    search = Made([cause("targets unscaled", [SCALE])], [(SCALE, 0.9)], minutes=0.0)
    _, said, changes = search.run()
    assert search.tried() == [{}]
    assert changes == {}
    assert "no time" in said


def test_usual_settings_keep_what_they_leave_room_for():
    config = evidence(sections=sgd() | layer(dropout=0.9)).config
    window = {"data.window.length": 12}
    both = joined(usual_settings(config), window, {"model.layers.0.dropout": 0.1}, CLIP)
    assert both == usual_settings(config) | window


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"optimizer": 1}, {"optimizer.learning_rate": 1}, True),
        ({"optimizer.learning_rate.warmup_steps": 1}, {"optimizer.learning_rate": 1}, True),
        ({"model.layers.1.units": 1}, {"model.layers.10.units": 1}, False),
        ({"data.scale": 1}, {"data.scale": 2}, True),
        ({}, {"data.scale": 2}, False),
    ],
)
def test_keys_overlap_where_one_is_within_the_other(one, other, same):
    assert overlap(one, other) is overlap(other, one) is same


def test_advice_of_one_reason_is_one_change_for_all_layers():
    first, second = {"model.layers.0.dropout": 0.1}, {"model.layers.1.dropout": 0.1}
    other = {"model.layers.0.dropout": 0.2}
    found = together([Advice(first, "a"), Advice(second, "a"), Advice(other, "a"), Advice(second, "b")])
    assert [dict(one.changes) for one in found] == [first | second, other]
