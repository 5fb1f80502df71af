"""Time two commands in turn, A B A B …, and give the median of the pairs' ratios: it holds when the speed drifts."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Command = Callable[[], Sequence[str]]


@dataclass(frozen=True)
class Pair:
    """What was measured. `bound` is the ratio that is promised, None where a peer is only shown beside us."""

    what: str
    ours: float  # median, in `unit`
    theirs: float
    ratio: float  # median of the pairs' ratios
    bound: float | None
    unit: str = "s"

    def __str__(self) -> str:
        verdict = "" if self.bound is None else f"  (promised: {self.bound:g} at most)"
        ours, theirs = (f"{value:7.3f} {self.unit}" for value in (self.ours, self.theirs))
        return f"{self.what:<72} {ours} ÷ {theirs} = {self.ratio:6.3g}{verdict}"


def measure(what: str, ours: Command, theirs: Command, *, bound: float | None, runs: int = 9) -> Pair:
    """Run both `runs` times after a warm-up. A command is made anew for each run, so that it can name a new folder."""
    seconds = [(_seconds(ours()), _seconds(theirs())) for _ in range(runs + 1)]
    a, b = zip(*seconds[1:], strict=True)
    return Pair(
        what,
        statistics.median(a),
        statistics.median(b),
        statistics.median(x / y for x, y in zip(a, b, strict=True)),
        bound,
    )


def _seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start
