from __future__ import annotations

import json
import os
import subprocess
import sys

import keras
import pytest

from rnnctl import backend, programs
from rnnctl.errors import RnnctlError

PROGRAM = """
import os
from rnnctl import backend
tf = backend.start()
import keras
double = tf.function(lambda x: x + x, jit_compile=True)
assert double(tf.ones([2, 2])).numpy().sum() == 8
assert keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])(tf.ones([1, 3])).shape == (1, 2)
print(keras.config.backend(), os.environ["GRPC_VERBOSITY"])
"""


def test_importing_and_compiling_say_nothing_and_run_on_tensorflow_whatever_keras_is_told(root):
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_", "GRPC_"))}
    environment = ours | {"PYTHONPATH": str(root), "KERAS_BACKEND": "jax", "GRPC_VERBOSITY": "INFO"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    keras_backend, kept = done.stdout.split()
    assert keras_backend == "tensorflow"
    assert kept == "INFO"


def test_every_public_name_is_there_and_taking_it_says_nothing(root):
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_", "GRPC_"))}
    done = subprocess.run(
        [sys.executable, "-c", "from rnnctl import *; print(ConfigError.exit_code, to_stock.__name__)"],
        env=ours | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("2 to_stock\n", "")


def test_a_second_call_neither_imports_nor_patches_again(monkeypatch):
    first = backend.start()
    from tensorflow.python.framework import ops

    patched = ops.uid
    monkeypatch.setattr(backend, "_silent_stderr", lambda: pytest.fail("imported again"))
    modules = set(sys.modules)
    assert backend.start() is first
    assert set(sys.modules) == modules
    assert ops.uid is patched


def test_the_numbers_in_names_are_taken_over_at_the_start_and_only_of_tested_versions(monkeypatch):
    from tensorflow.python.framework import ops

    def of_tensorflow():
        return 7

    monkeypatch.setattr(ops, "uid", of_tensorflow)
    programs.number_traces("2.22.0")
    assert ops.uid is of_tensorflow
    backend.start()
    assert ops.uid is not of_tensorflow
    assert ops.uid() == 7
    with programs.numbered("a name"):
        assert ops.uid() > 1 << 60


def test_a_log_level_that_the_user_set_is_kept_and_a_missing_one_is_set(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    backend.start()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "1"
    assert os.environ["GRPC_VERBOSITY"] == "ERROR"


def test_keras_on_another_backend_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(RnnctlError, match=r"Keras runs on jax .* set KERAS_BACKEND=tensorflow before"):
        backend.start()


NUMBERS = """
from rnnctl import backend
backend.start()
import keras
print(keras.config.floatx(), keras.config.dtype_policy().name, keras.config.epsilon(), keras.layers.Dense(1).dtype)
"""


@pytest.mark.parametrize("policy", [{}, {"dtype_policy": "mixed_float16"}], ids=["floatx", "policy"])
def test_number_types_in_the_users_keras_json_are_for_their_own_programs(root, tmp_path, policy):
    settings = {"floatx": "float64", "epsilon": 1e-3, "backend": "jax", "image_data_format": "channels_first", **policy}
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    environment = os.environ | {"PYTHONPATH": str(root), "KERAS_HOME": str(tmp_path)}
    environment.pop("KERAS_BACKEND", None)
    done = subprocess.run(
        [sys.executable, "-c", NUMBERS], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.stderr) == ("float32 float32 1e-07 float32\n", "")


@pytest.mark.parametrize(
    ("floatx", "policy", "found"),
    [("float32", "mixed_float16", "float32 and mixed_float16"), ("float64", "float64", "float64")],
)
def test_keras_in_another_number_type_is_an_error_that_says_what_to_do(floatx, policy, found):
    try:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
        with pytest.raises(RnnctlError, match=rf"Keras computes in {found} .* rnnctl in float32; call .*set_floatx"):
            backend.start()
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    backend.start()


def test_kernels_whose_result_depends_on_chance_are_refused():
    tf = backend.start()
    tf.random.set_seed(None)  # a seed that another test has set would make this operation deterministic
    with pytest.raises(RuntimeError, match=r"[Dd]eterminism"):
        tf.random.normal([2])


def test_what_is_logged_while_importing_is_dropped(capfd):
    with backend._silent_stderr():
        os.write(2, b"noise")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_what_was_logged_is_shown_when_importing_fails(capfd):
    with pytest.raises(ZeroDivisionError), backend._silent_stderr():
        os.write(2, b"the reason") / 0
    assert capfd.readouterr().err == "the reason"


def test_a_closed_stderr_is_no_obstacle(monkeypatch):
    def closed(_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "dup", closed)
    with backend._silent_stderr():
        pass


def test_without_a_gpu_the_device_is_the_cpu():
    assert backend.device_name() == "CPU"


def test_this_projects_xla_flags_stand_beside_the_users_and_can_be_taken_out(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    backend.start()
    all_flags = "--xla_cpu_enable_fast_math=false --xla_cpu_multi_thread_eigen=false --xla_cpu_prefer_vector_width=512"
    assert os.environ["XLA_FLAGS"] == all_flags
    backend.start()
    assert os.environ["XLA_FLAGS"] == all_flags
    with backend.flags_as_the_user_set_them():
        assert os.environ["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false"
    assert os.environ["XLA_FLAGS"] == all_flags


def test_the_users_own_choice_of_threads_is_kept(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true")
    backend.start()
    assert os.environ["XLA_FLAGS"] == "--xla_cpu_multi_thread_eigen=true --xla_cpu_prefer_vector_width=512"
