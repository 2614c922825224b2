from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType

import pytest

from rnnctl.util import lazy_modules
from rnnctl.util.lazy_modules import LazyFinder, LazyModule, lean_imports


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of modules that are loaded later, and one that is not; each notes when it is loaded."""
    folder = tmp_path / "later"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "meta_path", [LazyFinder, *sys.meta_path])
    monkeypatch.setattr(lazy_modules, "_NAMES", "later.")
    monkeypatch.setattr(lazy_modules, "_AT_ONCE", "later.core")
    sys.loaded_here = loaded = []
    note = "import sys\nsys.loaded_here.append(__name__)\n"
    (folder / "__init__.py").write_text(f"{note}from later import core, plain, other, broken\n")
    for name, text in {
        "core": "",
        "plain": "import time\ntime.sleep(0.05)\nnumber = 7\n",
        "other": "from types import ModuleType\nnew = ModuleType(__name__)\nnew.name = 'new'\n"
        "old = sys.modules[__name__]\nassert not hasattr(old, 'nothing')\nsys.modules[__name__] = new\n",
        "broken": "if sys.loaded_here.count(__name__) < 2:\n    raise ImportError('not yet')\nhere = True\n",
    }.items():
        (folder / f"{name}.py").write_text(note + text)
    yield importlib.import_module("later"), loaded
    del sys.loaded_here
    for name in [name for name in sys.modules if name.partition(".")[0] == "later"]:
        del sys.modules[name]


def test_a_module_is_loaded_when_a_name_of_it_is_looked_for_and_is_then_a_plain_one(package):
    later, loaded = package
    assert loaded == ["later", "later.core"]
    assert type(later.plain) is LazyModule
    assert later.plain.__file__.endswith("plain.py")
    assert loaded == ["later", "later.core"]
    assert later.plain.number == 7
    assert loaded[2:] == ["later.plain"]
    assert type(later.plain) is ModuleType
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        later.plain.missing  # noqa: B018


def test_names_are_listed_after_loading(package):
    later, _ = package
    assert "number" in dir(later.plain)


def test_threads_that_look_at_once_find_it_loaded_once(package):
    later, loaded = package
    found = []
    threads = [threading.Thread(target=lambda: found.append(later.plain.number)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [7] * 8
    assert loaded.count("later.plain") == 1


def test_a_module_that_puts_another_in_its_place_is_followed(package):
    later, _ = package
    kept = later.other
    assert kept.old is kept
    assert later.other is sys.modules["later.other"]
    assert later.other.name == "new"


def test_a_module_that_fails_to_load_is_loaded_again_when_it_is_next_looked_at(package):
    later, _ = package
    with pytest.raises(ImportError, match="not yet"):
        later.broken.here  # noqa: B018
    assert later.broken.here


@pytest.mark.parametrize("own", [True, False])
def test_pandas_is_hidden_from_keras_alone_and_where_nobody_else_is_in_the_process(own, monkeypatch):
    monkeypatch.setattr(lazy_modules, "own_process", own)
    monkeypatch.setattr(sys, "modules", {name: each for name, each in sys.modules.items() if name != "pandas"})
    with lean_imports():
        assert ("pandas" in sys.modules) == own
        assert sys.modules.get("pandas") is None
    assert "pandas" not in sys.modules
    table = ModuleType("pandas")
    sys.modules["pandas"] = table
    with lean_imports():  # it is in use
        assert sys.modules["pandas"] is table
    assert sys.modules["pandas"] is table


def test_tensorflows_public_names_are_all_there():
    from rnnctl import backend

    tf = backend.start()
    assert LazyFinder in sys.meta_path
    assert tf.nn.relu([-1.0, 2.0]).numpy().tolist() == [0.0, 2.0]
    assert tf.compat.v1.nn.relu is not None
    assert {"strategy", "get_strategy"} - set(dir(tf.distribute)) == {"strategy"}
    assert "Gather" in dir(tf.raw_ops)
