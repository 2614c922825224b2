from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import TypeAdapter

from rnnctl.model.initializers import build_initializer, derive_seed
from rnnctl.schema.initializers import Constant, Gained, Initializer, Normal, Plain, Uniform, VarianceScaling

SECTIONS = (Plain, Constant, Normal, Uniform, VarianceScaling, Gained)
KINDS = [kind for section in SECTIONS for kind in section.model_fields["kind"].annotation.__args__]
CLASSES = {
    "zeros": keras.initializers.Zeros,
    "ones": keras.initializers.Ones,
    "glorot_uniform": keras.initializers.GlorotUniform,
    "glorot_normal": keras.initializers.GlorotNormal,
    "he_uniform": keras.initializers.HeUniform,
    "he_normal": keras.initializers.HeNormal,
    "lecun_uniform": keras.initializers.LecunUniform,
    "lecun_normal": keras.initializers.LecunNormal,
    "constant": keras.initializers.Constant,
    "random_normal": keras.initializers.RandomNormal,
    "truncated_normal": keras.initializers.TruncatedNormal,
    "random_uniform": keras.initializers.RandomUniform,
    "variance_scaling": keras.initializers.VarianceScaling,
    "orthogonal": keras.initializers.Orthogonal,
    "identity": keras.initializers.Identity,
}


def _section(value):
    return TypeAdapter(Initializer).validate_python(value)


def test_every_initializer_of_the_config_is_tested_here():
    assert set(KINDS) == set(CLASSES)


@pytest.mark.parametrize("kind", KINDS)
def test_an_initializer_of_that_name_draws_what_kerass_own_draws_with_the_same_seed(kind):
    seedless = kind in {"zeros", "ones", "constant", "identity"}
    stock = CLASSES[kind]() if seedless else CLASSES[kind](seed=11)
    ours = build_initializer(_section(kind), 11)
    np.testing.assert_array_equal(ours((4, 4)), stock((4, 4)))


@pytest.mark.parametrize(
    ("section", "stock"),
    [
        ({"kind": "constant", "value": -2.5}, keras.initializers.Constant(-2.5)),
        ({"kind": "orthogonal", "gain": 1.3}, keras.initializers.Orthogonal(1.3, seed=11)),
        ({"kind": "identity", "gain": 0.7}, keras.initializers.Identity(0.7)),
        ({"kind": "random_normal", "mean": 1.0, "stddev": 0.2}, keras.initializers.RandomNormal(1.0, 0.2, seed=11)),
        ({"kind": "random_uniform", "minval": 1.0, "maxval": 2.0}, keras.initializers.RandomUniform(1.0, 2.0, seed=11)),
        (
            {"kind": "variance_scaling", "scale": 2.0, "mode": "fan_out", "distribution": "uniform"},
            keras.initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=11),
        ),
    ],
)
def test_the_arguments_of_an_initializer_reach_keras(section, stock):
    np.testing.assert_array_equal(build_initializer(_section(section), 11)((4, 4)), stock((4, 4)))


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), path=st.lists(st.integers(0, 2000), max_size=3))
def test_a_derived_seed_is_one_that_tensorflow_takes_and_is_always_the_same(seed, path):
    derived = derive_seed(seed, *path)
    assert 0 <= derived < 2**31
    assert derived == derive_seed(seed, *path)


def test_all_parts_of_all_layers_of_neighbouring_runs_have_seeds_of_their_own():
    places = [(layer, part) for layer in range(30) for part in (0, 1, 2, 3, 10, 11, 12, 13)] + [(1000,)]
    seeds = [derive_seed(seed, *place) for seed in range(20) for place in places]
    assert len(set(seeds)) == len(seeds)
