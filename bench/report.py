"""How a figure is measured and printed."""

import statistics
import time
from collections.abc import Callable


def median_seconds(work: Callable[[], object], *, rounds: int = 7, warm: int = 1) -> float:
    """Return the median time of `rounds` calls, in seconds, after `warm` unmeasured ones."""
    for _ in range(warm):
        work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def line(what: str, figure: str, beside: str = "", aim: str = "") -> None:
    """Print one figure, what it stands beside, and the aim."""
    print(f"  {what:<58} {figure:>16}  {beside:<34} {('aim: ' + aim) if aim else ''}", flush=True)


def title(text: str) -> None:
    print(f"\n{text}", flush=True)
