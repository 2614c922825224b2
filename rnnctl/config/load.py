"""From a YAML file and overrides to a ``Config``, or to every fault of them at once, each with its place."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rnnctl.config.faults import Finding, explain_all, found, repair_kinds
from rnnctl.config.files import read_text
from rnnctl.config.first_step import FIRST_STEP
from rnnctl.config.overrides import apply_overrides, override_source
from rnnctl.config.schema import NAME_LENGTH, Config, name_fault
from rnnctl.config.schema_tree import value_at
from rnnctl.config.yaml_reader import Document, Path, Place, dotted, read_yaml
from rnnctl.errors import ConfigError, Fault
from rnnctl.util.format import command

_BUILT_IN = "the built-in first example"

Overridden = Sequence[tuple[Path, Place]]
"""What overrides wrote, in their order."""


def load_config(path: str | FilePath | None = None, overrides: Sequence[str] = ()) -> Config:
    """Loads a config.

    Args:
        path: The YAML file; None for the built-in first example.
        overrides: ``key=value`` texts that are applied on top, such as ``optimizer.learning_rate=0.1``.

    Returns:
        The config, with every default filled in. Relative paths are made absolute: those of the file against the
        file's folder, those of overrides against the current folder.

    Raises:
        ConfigError: With every fault found, in the order of the file, then of the overrides.
    """
    source = _BUILT_IN if path is None else str(path)
    if path is None:
        first = FIRST_STEP.model_dump(mode="json", exclude_unset=True)
        document = Document(first, {(): Place(source)})
        folder = FilePath.cwd()
    else:
        document = read_yaml(read_text(FilePath(path), source), source)
        folder = FilePath(path).parent
    apply_overrides(document, overrides)
    if not isinstance(document.value, dict):
        wrong = "is empty" if document.value is None else f"holds {found(document.value)}"
        message = f"{wrong}; a config is a mapping with at least data: {{kind: …}}"
        if isinstance(document.value, str) and path is not None:
            message += f"; if this is a data file, write a config for it: {command('init', '--from', source)}"
        fault = Fault(source, *(document.places[()].value or (1, 1)), "", message)
        raise ConfigError(_in_order([*document.faults, fault], overrides))
    if path is not None and "name" not in document.value:
        stem = FilePath(path).stem.strip().lstrip(".-")[:NAME_LENGTH].strip()
        document.value["name"] = "run" if not stem or name_fault(stem) else stem
    config, findings = _validate(document.value)
    # Places of overrides were written after the file's, in their order.
    overridden = [item for item in document.places.items() if item[1].source.startswith("--set ")]
    faults = [*document.faults, *(_placed(finding, document, overridden) for finding in findings)]
    if faults or config is None:
        raise ConfigError(_in_order(faults, overrides))
    return _with_absolute_paths(config, document, folder)


def _validate(root: dict[str, Any]) -> tuple[Config | None, list[Finding]]:
    """Validates plain values; gives the config, or all that is wrong.

    pydantic checks a rule across keys only once every key is right on its own. So wrong keys are removed and the rest
    is validated again; broken rules about removed keys are not reported.
    """
    config, errors = _attempt(root)
    if config is not None:
        return config, []
    findings = explain_all(errors, root)
    rest = copy.deepcopy(root)
    repaired: set[Path] = set()
    # A section whose kind is misspelt or missing is checked as the kind that it resembles.
    while repairs := repair_kinds(errors, rest):
        repaired |= {path for repair in repairs for path in repair.keys}
        _, errors = _attempt(rest)
        for finding in explain_all(errors, rest):
            around = [repair for repair in repairs if finding.path[: len(repair.path)] == repair.path]
            if finding not in findings and any(repair.sure or finding.at == "value" for repair in around):
                findings.append(finding)
    _remove([finding for finding in findings if finding.path not in repaired], rest)
    for finding in explain_all(_attempt(rest)[1], rest):
        wrong = [(key, other.path) for key in finding.keys for other in findings]
        if finding.keys and not any(key[: len(path)] == path[: len(key)] for key, path in wrong):
            findings.append(finding)
    return None, findings


def _attempt(root: dict[str, Any]) -> tuple[Config | None, list[ErrorDetails]]:
    try:
        return Config.model_validate(root), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _remove(findings: list[Finding], root: dict[str, Any]) -> None:
    for finding in findings:
        for path in finding.keys or (finding.path,):
            for end in reversed(range(len(path))):
                holder = value_at(path[:end], root)
                if isinstance(holder, dict) and path[end] in holder:  # not in a list: the others' numbers would change
                    del holder[path[end]]
                    break


def _placed(finding: Finding, document: Document, overridden: Overridden) -> Fault:
    """A finding as a fault with its place in the file, or with the override that caused it."""
    override = _override_behind(finding, document, overridden)
    path, message = finding.path, finding.message
    if finding.keys and not path:
        path = next((key for key in finding.keys if key in document.places), finding.keys[0])
    if override and finding.at == "key":
        message += f"; to replace the whole section write --set {dotted(path[:-1])}='{{…}}'"
    elif override:
        return Fault(override.source, None, None, dotted(path), message)
    place = _place(path, document)
    at_key = finding.at != "value" or path not in document.places
    line, column = (place.key if at_key else place.value) or (None, None)
    return Fault(place.source, line, column, dotted(path), message)


def _place(path: Path, document: Document) -> Place:
    """The place of a path, or of the section around it."""
    while path not in document.places:
        path = path[:-1]
    return document.places[path]


def _override_behind(finding: Finding, document: Document, overridden: Overridden) -> Place | None:
    """The last override of a rule's keys, or of the kind of a section in which a key is missing or unknown."""
    parent = finding.path[:-1]
    keys = finding.keys or ((*parent, "kind"), (*parent, "cell"))
    if finding.at == "value" or (finding.at == "key" and _place(finding.path, document).key is None):
        return None
    behind = [place for path, place in overridden if any(path[: len(key)] == key for key in keys)]
    return behind[-1] if behind else None


def _in_order(faults: Sequence[Fault], overrides: Sequence[str]) -> list[Fault]:
    """Faults in the order of the file, then of the overrides, without repetitions."""
    positions = {override_source(override): index for index, override in enumerate(overrides)}

    def order(fault: Fault) -> tuple[bool, int, int, int]:
        return fault.line is None, positions.get(fault.source, 0), fault.line or 0, fault.column or 0

    return sorted(dict.fromkeys(faults), key=order)


def _with_absolute_paths(config: Config, document: Document, folder: FilePath) -> Config:
    """A copy whose data's paths are absolute: relative to the config's folder, or to the current one for overrides."""
    update: dict[str, Any] = {}
    for name, value in config.data:
        if isinstance(value, FilePath):
            base = FilePath.cwd() if _place(("data", name), document).key is None else folder.resolve()
            path = os.path.expanduser(value) if value.parts[:1] == ("~",) else value  # noqa: PTH111 - never fails
            update[name] = FilePath(os.path.normpath(base / path))
    return config.model_copy(update={"data": config.data.model_copy(update=update)})
