"""Rules and fusion over a million parcels, beside the markers of as many, in the same rounds."""

import argparse
import csv
import os
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

import config
from benchmarks import markers
from benchmarks.load import spread
from config.thresholds import Thresholds
from geo.markers import markers_of
from inspections.conversion import judge
from inspections.conversion_lands import KINDS, USES, Approvals, Lands
from inspections.conversion_limits import ConversionLimits
from inspections.conversion_rules import Rule, parsed
from inspections.fusion_machine import MachineVerdicts, fuse_machine
from inspections.fusion_words import CLASSES, FusionLimits, VerdictClass
from inspections.land_uses import Use

SIZES = (10_000, 100_000, 1_000_000)
LIMIT = 10
IMAGERY_ALONE = {
    VerdictClass.NONE,
    VerdictClass.UNKNOWN,
    VerdictClass.EXCLUDED,
    VerdictClass.HINT,
    VerdictClass.SUSPECTED,
}
AS_OF = date(2023, 8, 1)
MIX = {Use.GRAIN: 70, Use.ANNUAL_NON_GRAIN_FOOD: 12, Use.WEED_FALLOW: 6, Use.UNKNOWN: 5}


def shipped() -> tuple[tuple[Rule, ...], ConversionLimits, FusionLimits]:
    """Return the rules and the limits as they are shipped."""
    table = Path(config.__file__).parent / "codes" / "conversion_rules.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rules = parsed(csv.DictReader(file))
    told = Thresholds.read()
    return rules, told.conversion, told.fusion


def a_county(n: int, seed: int = 20230801) -> Lands:
    """Return land as a county has it: mostly grain, a tenth in doubt, 1 % with approvals."""
    rng = np.random.default_rng(seed)
    odds = np.array([MIX.get(use, 0.0) for use in USES])
    odds[odds == 0] = (100 - odds.sum()) / (odds == 0).sum()
    held = np.sort(rng.choice(n, n // 100, replace=False))
    use = rng.choice(len(USES), n, p=odds / odds.sum()).astype(np.uint8)
    use[held] = USES.index(Use.HARDENED)  # who builds asks for an approval
    changed = rng.uniform(300, 4000, n).astype(np.float32)
    covered = changed[held].astype(np.float64)
    return Lands.of(
        n,
        AS_OF,
        class_names=("0101", "0103", "0201K", "0301", "0201"),
        attribute_names=("", "JKHF", "LS"),
        base_class=rng.choice(5, n, p=[0.6, 0.2, 0.05, 0.1, 0.05]).astype(np.uint8),
        attribute=rng.choice(3, n, p=[0.4, 0.05, 0.55]).astype(np.uint8),
        changed_m2=changed,
        farmland_m2=(changed * rng.choice([0, 0.05, 1], n, p=[0.3, 0.1, 0.6])).astype(np.float32),
        use=use,
        confidence=rng.uniform(0.3, 1, n).astype(np.float32),
        first_seen=np.datetime64("2023-01-01") + rng.integers(0, 200, n),
        last_seen=np.datetime64("2023-06-01") + rng.integers(0, 60, n),
        n_grain_cycles=rng.integers(-1, 3, n).astype(np.int8),
        n_idle_seasons=rng.integers(-1, 5, n).astype(np.int8),
        approvals=Approvals(
            land=held,
            kind=rng.integers(0, len(KINDS), len(held)).astype(np.uint8),
            covered_m2=covered * rng.choice([0.5, 1], len(held)),
            covered_farmland_m2=np.zeros(len(held)),
            approved_m2=covered,
            valid_from=np.full(len(held), "2022-06-01", "M8[D]"),
            valid_to=np.datetime64("2023-01-01") + rng.integers(0, 700, len(held)),
            is_state_council=rng.integers(-1, 2, len(held)).astype(np.int8),
        ),
    )


def run(*, is_quick: bool) -> None:
    """Measure in a process of its own, so that its memory is that of the rules."""
    words = [sys.executable, "-m", "benchmarks.rules", *(["--quick"] if is_quick else [])]
    subprocess.run(words, check=True)


def measure(is_quick: bool) -> None:
    """Measure the rules beside the markers of as many parcels, and print the ratios."""
    rules, conversion, fusion = shipped()
    marked = Thresholds.read().markers
    rounds, medians, n = 3 if is_quick else 7, [], 0
    for n in SIZES[:2] if is_quick else SIZES:
        lands, (dates, cube, missing) = a_county(n), markers.season(n)
        ours, marks, judging = [], [], []
        for _ in range(rounds + 1):  # the first is thrown away: pages are touched, tables made
            started = time.perf_counter()
            markers_of(dates, cube, missing, marked, n_threads=os.cpu_count() or 1)
            marked_at = time.perf_counter()
            judged = judge(lands, rules, conversion)
            ruled = time.perf_counter()
            found = fuse_machine(lands, judged, fusion)
            ended = time.perf_counter()
            marks.append(marked_at - started)
            judging.append(ruled - marked_at)
            ours.append(ended - marked_at)
        _check(found)
        ratios = [mine / mark for mine, mark in zip(ours[1:], marks[1:], strict=True)]
        medians.append((n, float(np.median(ours[1:]))))
        print(f"rules and fusion, {n:,}: {spread(ratios)} × the markers (limit {LIMIT})")
        print(
            f"rules and fusion, {n:,}: {spread(ours[1:])} s, of them the rules "
            f"{np.median(judging[1:]):.3f} s; markers {np.median(marks[1:]):.3f} s"
        )
    (small, first), (large, last) = medians[0], medians[-1]
    exponent = np.log(last / first) / np.log(large / small)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"rules and fusion: growth exponent {exponent:.2f} (limit 1.05)")
    print(f"rules and fusion: {peak:,.0f} MiB at the peak (limit 4,096), markers and cube too")


def _check(found: MachineVerdicts) -> None:
    """What is fast and wrong does not count: every class that imagery alone can give is there."""
    told = {CLASSES[each] for each in np.unique(found.verdict_class)}
    assert told == IMAGERY_ALONE, told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.rules")
    parser.add_argument("--quick", action="store_true")
    measure(parser.parse_args().quick)
