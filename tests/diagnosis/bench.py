"""Diagnoses configs whose faults are known, and counts causes against truths.

``python tests/diagnosis/bench.py --seed 5000 --jobs 2 --out FILE.jsonl`` runs every case and prints what came out,
beside what the published rules of others say of the same trainings. Cases whose lines stand in the file already are not
run again. ``--repair`` follows each recommendation as well. ``--markdown`` prints the tables of the documentation from
the file alone. Rules and thresholds are chosen with seeds below 5000; those from 5000 on are for the result.

A fault counts only where it does harm: a config that keeps nine tenths of what the healthy one gains over the baseline
is left out. Both are trained whole, with the same seed, and scored on test rows, which the diagnosis never sees.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from diagnosis.cases import NOTHING_WRONG, cases

KEEPS = 0.9
"""Share of the healthy config's skill from which on a fault does no harm, and a repair is one."""
WORSE = 0.05
"""Skill that a recommendation may cost: two seeds differ by as much."""
CHUNK = 15
"""Cases that a process runs: compiled programs are never given back."""
OURS = "rnnctl diagnose"

GROUPS = {
    "rates": (
        "learning rate too low",
        "learning rate too high",
        "warm-up too long",
        "schedule ends early",
        "clipping too tight",
        "clipping missing",
        "batch too large",
        "batch too small",
    ),
    "data": (
        "data not finite",
        "leaking feature",
        "classes as numbers",
        "inputs unscaled",
        "targets unscaled",
        "constant features",
        "duplicated features",
    ),
    "network": ("output out of range", "initial weights", "dead units", "saturated", "exploding activation"),
    "time": (
        "targets shifted",
        "padding not masked",
        "exploding",
        "vanishing",
        "window too short",
        "time order shuffled",
    ),
    "fit": (
        "weight decay too strong",
        "dropout too strong",
        "too few units",
        "early stopping on noise",
        "too few steps",
        "overfitting",
    ),
    "labels": ("class imbalance", "labels are noise", "noise floor"),
    "healthy": ("healthy",),
}
GROUP_OF = {word: group for group, words in GROUPS.items() for word in words}


def run_case(case, *, base=None, minutes=None):
    """One line of the result.

    Args:
        base: The healthy config's skill where it is known; else it is trained.
        minutes: How long changes are tried; None where no recommendation is followed.
    """
    began = time.perf_counter()
    line = {"number": case.number, "seed": case.seed, "faults": list(case.faults), "task": case.task}
    line |= {"cell": case.cell, "variant": case.variant, "right": [list(words) for words in case.right]}
    try:
        with tempfile.TemporaryDirectory() as folder:
            line |= _judged(case, folder, base, minutes)
    except Exception as fault:  # a case that fails is a line of the result, and others go on
        line["error"] = f"{type(fault).__name__}: {fault}"[:500]
    return line | {"seconds": round(time.perf_counter() - began, 1)}


def _judged(case, folder, base, minutes):
    from diagnosis.published import RULES
    from diagnosis.trained import score_of, seen_of

    from rnnctl.config.schema import Config
    from rnnctl.workflows.diagnose import diagnose

    def config(made, name):
        place = Path(folder, name)
        place.mkdir()
        return Config.model_validate(made.write(place))

    subject = config(case.made(), "subject")
    skill, seen = seen_of(subject)
    if base is None:
        base = score_of(config(case.healthy(), "healthy")) if case.faults else skill
    line = {"base": base, "skill": skill, "harms": does_harm(case, base, skill)}
    if case.faults and not line["harms"]:
        return line
    found = diagnose(subject, minutes=minutes)
    line["sure"] = [round(cause.sure, 2) for cause in found.causes]
    line["said"] = {OURS: [[cause.word] for cause in found.causes]}
    for name, rules in RULES.items():
        line["said"][name] = [list(words) for words in dict.fromkeys(rules(seen))] or [["healthy"]]
    return line if minutes is None else line | _followed(case, subject, found, base, skill)


def does_harm(case, base, skill):
    """Whether the fault costs what it must to count; a healthy config that learns nothing cannot be harmed."""
    return bool(case.faults) and bool(base > WORSE) and (not case.shows or bool(skill < KEEPS * base))


def _followed(case, subject, found, base, skill):
    """What the recommended config reaches on test rows."""
    from diagnosis.trained import score_of

    from rnnctl.config.overrides import with_changes

    after = score_of(with_changes(subject, found.changes)) if found.changes else skill
    # A leak's own score says nothing: without it, what counts is whether the network is as good as the healthy one.
    worse = case.shows and after < skill - WORSE
    repaired = after >= KEEPS * base and case.cured(found.changes)
    return {"changes": dict(found.changes), "after": after, "repaired": repaired, "worse": worse, "mends": case.mends}


def counted(lines):
    """Lines that count: harmed ones, and healthy ones; without errors."""
    return [line for line in lines if "said" in line]


def of_kind(lines, faults):
    """Lines with so many faults that count."""
    return [line for line in counted(lines) if len(line["faults"]) == faults]


def says(line, judge, right, within):
    """Whether one of the right words stands within a judge's first few signs."""
    return any(set(words) & set(right) for words in line["said"][judge][:within])


def alarms(line, judge):
    """Whether a judge says that something is wrong."""
    return not set(line["said"][judge][0]) & set(NOTHING_WRONG)


def _share(values):
    found = list(values)
    return sum(found) / len(found) if found else float("nan")


def figures(lines, judge):
    """Shares: right first cause, right within two, either of two first, both within three, false alarms."""
    single, double, healthy = (of_kind(lines, count) for count in (1, 2, 0))
    return (
        _share(says(line, judge, line["right"][0], 1) for line in single),
        _share(says(line, judge, line["right"][0], 2) for line in single),
        _share(any(says(line, judge, right, 1) for right in line["right"]) for line in double),
        _share(all(says(line, judge, right, 3) for right in line["right"]) for line in double),
        _share(alarms(line, judge) for line in healthy),
    )


def repairs(lines):
    """Of recommendations that were followed: share that repair, of faults that a key mends, and how many do harm."""
    followed = [line for line in counted(lines) if "after" in line]
    return _share(line["repaired"] for line in followed if line["mends"]), sum(line["worse"] for line in followed)


def confusion(lines):
    """Groups of the truths in rows, of our first causes in columns: of healthy configs and of those with one fault."""
    told = (*of_kind(lines, 0), *of_kind(lines, 1))
    truths = (GROUP_OF[line["right"][0][0]] for line in told)
    return Counter((truth, GROUP_OF[line["said"][OURS][0][0]]) for truth, line in zip(truths, told, strict=True))


def judges(lines):
    """Ours first."""
    return list(next((line["said"] for line in counted(lines)), {OURS: []}))


def _table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|---|" + "---:|" * (len(head) - 1)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _percent(share):
    return "–" if math.isnan(share) else f"{share:.0%}"


def markdown(lines):
    """The tables of the documentation."""
    single, double, healthy = (len(of_kind(lines, count)) for count in (1, 2, 0))
    left_out = sum("harms" in line and not line["harms"] and bool(line["faults"]) for line in lines)
    head = ("judge", "right first", "within two", "either of two first", "both within three", "false alarms")
    rows = [(judge, *map(_percent, figures(lines, judge))) for judge in judges(lines)]
    parts = [
        f"{single} configs with one fault, {double} with two, {healthy} healthy ones; {left_out} left out, whose fault"
    ]
    parts[0] += " does no harm."
    repaired, worse = repairs(lines)
    if not math.isnan(repaired):
        parts[0] += (
            f" Following the recommendation repairs {repaired:.0%} of what a key can mend, and makes {worse} worse."
        )
    parts += ["", *_table(head, rows), "", "In rows what is so, in columns what `rnnctl diagnose` says first:", ""]
    counts = confusion(lines)
    rows = [(truth, *(str(counts[truth, said] or "·") for said in GROUPS)) for truth in GROUPS]
    return "\n".join([*parts, *_table(("truth", *GROUPS), rows)])


def missed(lines):
    """One line of text for each case that is judged wrongly."""
    for line in counted(lines):
        first = line["said"][OURS][0][0]
        if all(first not in words for words in line["right"]):
            name = " + ".join(line["faults"]) or f"healthy {line['variant']}"
            told = ", ".join(f"{words[0]} {sure}" for words, sure in zip(line["said"][OURS], line["sure"], strict=True))
            skills = f"healthy {line['base']:.2f}, as it is {line['skill']:.2f}"
            yield f"{line['number']}: {name}, {line['task']}, {line['cell']}: {told} ({skills})"


def read(path):
    """The lines of a file that a case of this seed wrote; none where there is no file."""
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _worker(numbers, first_seed, minutes):
    """Runs some cases, one line of JSON each."""
    from rnnctl.backend import set_environment

    set_environment()
    every = cases(first_seed)
    for number in numbers:
        print(json.dumps(run_case(every[number], minutes=minutes)), flush=True)


def _campaign(arguments, todo):
    """Runs cases in processes of their own, and appends their lines to the file."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "RNNCTL_PROGRAMS": "never"}

    def chunk(numbers):
        command = [sys.executable, __file__, "--seed", str(arguments.seed), "--worker", ",".join(map(str, numbers))]
        command += ["--repair", "--minutes", str(arguments.minutes)] if arguments.repair else []
        written = 0
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            for text in process.stdout:
                with arguments.out.open("a", encoding="utf-8") as file:
                    file.write(text)
                line, written = json.loads(text), written + 1
                said = line.get("error") or line.get("said", {OURS: [["left out: no harm"]]})[OURS][0][0]
                name = " + ".join(line["faults"]) or "healthy"
                print(f"{line['number']}: {name}, {line['task']}: {said} ({line['seconds']} s)", flush=True)
        if written < len(numbers):
            print(f"a process ended with {process.returncode}, {len(numbers) - written} cases short: run it again")

    todo = random.Random(0).sample(todo, len(todo))  # a campaign that is stopped is an even selection
    count = max(arguments.jobs, -(-len(todo) // CHUNK))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(chunk, filter(None, (todo[place::count] for place in range(count)))))


def main():
    """Runs what is asked for, and prints the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1000, help="first seed: from 5000 on for the result alone")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--only", help="cases alone whose fault, task or variant contains this word")
    parser.add_argument("--repair", action="store_true", help="follow each recommendation")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long changes are tried, with --repair")
    parser.add_argument("--markdown", action="store_true", help="print the tables from the file alone")
    parser.add_argument("--out", type=Path, default=Path("faults.jsonl"), help="one line of JSON a case; is continued")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        numbers = [int(number) for number in arguments.worker.split(",")]
        _worker(numbers, arguments.seed, arguments.minutes if arguments.repair else None)
        return
    if not arguments.markdown:
        done = {line["seed"] for line in read(arguments.out)}
        word = arguments.only or ""
        todo = [
            case.number
            for case in cases(arguments.seed)
            if case.seed not in done
            and any(word in name for name in (*(case.faults or ("healthy",)), case.task, case.variant))
        ]
        _campaign(arguments, todo)
    lines = read(arguments.out)
    print(markdown(lines))
    if not arguments.markdown:
        print("\nwrong first cause:", *missed(lines), sep="\n")
        print("errors:", *(f"{one['number']}: {one['error']}" for one in lines if "error" in one), sep="\n")


if __name__ == "__main__":
    main()
