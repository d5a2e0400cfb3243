"""Plant strings, let everything work on them, and look for them where they must not be."""

import time
from collections import Counter
from collections.abc import Iterable

from drill import dumps, web
from drill.places import Grounds, Place
from drill.plants import Plants, writings
from drill.report import Report
from drill.search import Needles

WORKER = ("-m", "celery", "-A", "smartsvar", "worker", "--pool=solo")


class Searcher:
    """Looks for texts in every writing, and counts where and how much was looked through."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._text_of = {form: text for text in texts for form in writings(text)}
        self.needles = Needles(self._text_of)
        self.bytes: Counter[str] = Counter()
        self.found: dict[str, set[str]] = {}

    def look(self, where: str, data: bytes) -> set[str]:
        """Return the texts that are in there, and remember them."""
        found = {self._text_of[form] for form in self.needles.found_in(data)}
        self.bytes[where] += len(data)
        if found:
            self.found.setdefault(where, set()).update(found)
        return found


def run(report: Report, ground: Grounds, count: int, *, seed: int) -> None:
    """Plant `count` strings in an installation of their own, deliver, and search."""
    place = ground.empty("planted")
    said = place.step("plant", count, seed)
    mailed = said["mailed"]
    planted = said["planted"] + _through_the_web(report, place, count // 50, seed + 1)
    searcher = Searcher(planted)
    for where, data in dumps.broker(place):  # while the tasks still wait there
        searcher.look(where, data)
    report.check("a worker took the tasks and handed the mail over", _deliver(place))
    control = Searcher(mailed).look("mail", dumps.mails())
    report.check(
        f"control: {len(control)} of {len(mailed)} strings that were mailed are found in the mail",
        [f"{text!r} is not" for text in sorted(set(mailed) - control)[:3]],
    )
    place.step("work")
    for where, data in dumps.everything(ground, place):
        searcher.look(where, data)
    place.take_down()
    _tell(report, searcher, len(planted))


def _through_the_web(report: Report, place: Place, count: int, seed: int) -> list[str]:
    """Hand messages over by the API, through the real web server; return what they said."""
    plants, secret = Plants(seed), place.step("api_key")
    with web.web_server(place) as address:
        listed, shown = web.use(address, secret, plants, count)
    found = Searcher(shown).look("answer", listed.encode())
    report.check(
        f"control: {len(found)} of {len(shown)} strings sent to the API are found in its answer",
        [f"{text!r} is not" for text in sorted(set(shown) - found)[:3]],
    )
    return plants.given


def _deliver(place: Place) -> list[str]:
    """Run a real worker on the real broker until nothing waits any more."""
    worker = place.start(*WORKER, "--queues=celery,mail", log=place.logs / "worker.log")
    deadline = time.monotonic() + 240
    try:
        while (left := place.step("undelivered")) and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        worker.terminate()
        worker.wait(60)
    return [f"{left} deliveries wait"] if left else []


def _tell(report: Report, searcher: Searcher, count: int) -> None:
    for where, size in sorted(searcher.bytes.items()):
        report.note(f"{where}: {size:,} bytes")
    total, forms = searcher.bytes.total(), searcher.needles.count
    found = [f"{len(texts)} in {where}" for where, texts in sorted(searcher.found.items())]
    report.check(f"none of {count} strings ({forms} writings) is in {total:,} bytes", found)
