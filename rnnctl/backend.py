"""Starting TensorFlow: environment variables, silent logs, determinism, float32."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import Any

from rnnctl import programs
from rnnctl.errors import RnnctlError
from rnnctl.runs.temporary import ensure_temporary_folder
from rnnctl.util.lazy_modules import lean_imports

_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "GRPC_VERBOSITY": "ERROR",
}

_XLA_FLAGS = {
    # One thread for a single matrix product: the products inside a recurrence are small, and threads that meet at each
    # of them cost more than they bring. Cores are used by splitting the batch instead (rnnctl.training.batch_parts).
    "--xla_cpu_multi_thread_eigen": "false",
    # XLA stops at 256 bits where a processor has 512; without AVX-512 nothing changes.
    "--xla_cpu_prefer_vector_width": "512",
}
"""Flags for XLA on a CPU.

Together they took SimpleRNN 64×100×16→128 from 8.8 ms a step to 4.7 on one core (3.6 on two), GRU from 27.9 to 18.7
(12.5), LSTM from 37.0 to 28.5 (17.7), SimpleRNN 32×10×32→64 from 0.23 to 0.11."""


def start(*, deterministic: bool = True, cached_programs: bool = True) -> Any:
    """Imports TensorFlow quietly and sets it up; further calls only return it.

    Environment variables that the user set are respected, except ``KERAS_BACKEND``.

    Args:
        deterministic: Whether kernels must not depend on the order in which threads finish: the same bits on the same
            machine, build and thread count.
        cached_programs: Whether the cache of compiled programs is used (`rnnctl.programs`), which changes no bit.

    Returns:
        The module ``tensorflow``.

    Raises:
        RnnctlError: Keras runs on another backend, or in another number type, in this process already; or nothing
            can be written anywhere.
    """
    set_environment()
    ensure_temporary_folder()
    _choose_keras_backend()
    fresh = "keras" not in sys.modules
    if "tensorflow" not in sys.modules:
        cache = programs.cache_enabled() if cached_programs else nullcontext()
        with cache, _silent_stderr(), no_garbage_collection(), lean_imports():
            import_module("tensorflow").get_logger().setLevel("ERROR")
            _leave_constants_to_xla()
    tf = sys.modules["tensorflow"]
    programs.number_traces(tf.__version__)
    _leave_constants_to_xla()
    _choose_number_type(fresh=fresh)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    return tf


def _leave_constants_to_xla() -> None:
    """Keeps TensorFlow from folding constants before XLA does.

    It numbers them by their addresses, so that a program with two of them would not be found in the cache of programs.
    This call also makes TensorFlow read ``TF_XLA_FLAGS``.
    """
    import_module("tensorflow.python.pywrap_tfe").TF_SetXlaConstantFoldingDisabled(True)  # noqa: FBT003


def set_environment() -> None:
    """Sets the variables that TensorFlow and XLA read once, at their first use, unless the user set them.

    After an earlier use of XLA they have no effect, and last digits may differ.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    flags = os.environ.get("XLA_FLAGS", "")
    missing = [f"{name}={value}" for name, value in _XLA_FLAGS.items() if name not in flags]
    os.environ["XLA_FLAGS"] = " ".join([*flags.split(), *missing])


def _choose_keras_backend() -> None:
    """Keras reads its backend once, when it is first imported."""
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        return
    backend = sys.modules["keras"].config.backend()
    if backend != "tensorflow":
        raise RnnctlError(
            f"Keras runs on {backend} in this process and rnnctl needs TensorFlow; "
            "set KERAS_BACKEND=tensorflow before Keras is imported"
        )


def _choose_number_type(*, fresh: bool) -> None:
    """Makes models float32 throughout, as the data is.

    Args:
        fresh: Whether Keras is imported here. Then ``~/.keras/keras.json`` is overruled, so that a config gives the
            same numbers for every user. A process that imported Keras before keeps its choice, or gets an error.
    """
    config = import_module("keras").config
    if fresh:
        config.set_floatx("float32")
        config.set_dtype_policy("float32")
        config.set_epsilon(1e-7)
    types = [config.floatx(), config.dtype_policy().name]
    if types != ["float32", "float32"]:
        raise RnnctlError(
            f"Keras computes in {' and '.join(dict.fromkeys(types))} in this process and rnnctl in float32; call "
            'keras.config.set_floatx("float32") and keras.config.set_dtype_policy("float32") before'
        )


@contextmanager
def flags_as_the_user_set_them() -> Iterator[None]:
    """Removes this project's XLA flags from the environment in the block, since other frameworks read them too."""
    flags = os.environ.get("XLA_FLAGS", "")
    own = {f"{name}={value}" for name, value in _XLA_FLAGS.items()}
    os.environ["XLA_FLAGS"] = " ".join(flag for flag in flags.split() if flag not in own)
    try:
        yield
    finally:
        os.environ["XLA_FLAGS"] = flags


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Disables garbage collection in the block; it takes a fifth of the time of importing TensorFlow and Keras."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Hides what C++ code writes to stderr, and shows it after all if the block fails.

    TensorFlow 2.21 logs during its import before any variable can silence it.
    """
    try:
        kept = os.dup(2)
    except OSError:  # stderr is closed: there is nothing to silence
        yield
        return
    with tempfile.TemporaryFile() as written:
        sys.stderr.flush()
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(kept, written.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def device_name() -> str:
    """Name of the first GPU, or ``CPU``."""
    tf = start(deterministic=False)  # which leaves determinism on where it is on
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "CPU"
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))
