"""Restores from the same state: what is refused, what a replay does, what is there at last."""

from collections.abc import Callable

from drill.moments import Moment, restore
from drill.places import Place
from drill.report import Report
from drill.story import Story
from drill.survey import Expected, differences, errors, expected

START = "import smartsvar.wsgi; from smartsvar.startup import require_ready; require_ready()"


def put_up(story: Story, name: str, main: Moment, keys: Moment, storage: Moment) -> Place:
    """Restore an installation from these moments, beside the ledger as it is now."""
    ledger = story.place.ledger
    return restore(story.ground, name, main=main, keys=keys, storage=storage, ledger=ledger)


def refuses(report: Report, place: Place) -> None:
    """The service must not start, and must say why."""
    outcome = place.run("-c", START)
    said = [line for line in outcome.stdout.splitlines() if line.strip()]
    if "Smartsvar does not start." not in said:
        report.check("the service refuses to start", [f"exit {outcome.returncode}", *said[-3:]])
        return
    report.check(
        f"the service refuses to start (exit {outcome.returncode})",
        [] if outcome.returncode else ["but its process ends as if all were well"],
    )
    begin = said.index("Smartsvar does not start.") + 1
    end = next((n for n in range(begin, len(said)) if said[n].startswith("Traceback")), len(said))
    for sentence in said[begin:end]:
        report.note(f"“{sentence}”")


PROCESSES = {
    "the web server": ("gunicorn", "smartsvar.wsgi", "--bind=127.0.0.1:0"),
    "a worker": ("celery", "-A", "smartsvar", "worker", "--pool=solo"),
    "the schedule": ("celery", "-A", "smartsvar", "beat", "--scheduler=celery.beat:Scheduler"),
    "the purge": ("manage", "purge"),
}


def processes_refuse(report: Report, place: Place) -> None:
    """Every process of the service must end at once with an error."""
    for name, command in PROCESSES.items():
        outcome = place.run("-m", *command)
        report.check(
            f"{name} ends (exit {outcome.returncode})",
            []
            if outcome.returncode and "older than the erasure ledger" in outcome.stdout
            else outcome.stdout.splitlines()[-5:] or ["without a word"],
        )


def starts(report: Report, place: Place) -> None:
    """The service must start."""
    outcome = place.run("-c", START)
    trouble = [f"exit {outcome.returncode}", *outcome.stdout.splitlines()[-5:]]
    report.check("the service starts", trouble if outcome.returncode else [])


def replay_refuses(report: Report, place: Place) -> None:
    """The replay must not work on a ledger that is not whole, and say so; nor accept it."""
    for arguments in ((), ("--accept-older",)):
        outcome = place.run("manage.py", "replay_erasures", *arguments)
        said = outcome.stdout.splitlines()
        knows = "CommandError: " in outcome.stdout and "ledger" in outcome.stdout
        words = " ".join(("replay_erasures", *arguments))
        wrong = [] if outcome.returncode and knows else [f"exit {outcome.returncode}", *said[-3:]]
        report.check(f"{words} refuses (exit {outcome.returncode})", wrong)


def replays(report: Report, place: Place, *arguments: str) -> None:
    """The replay must go through."""
    outcome = place.run("manage.py", "replay_erasures", *arguments)
    words = " ".join(("replay_erasures", *arguments))
    said = outcome.stdout.splitlines()
    report.check(f"{words} (exit {outcome.returncode})", said[-6:] if outcome.returncode else [])
    for sentence in said:
        if "destroyed again." in sentence or "have no key" in sentence or "Accepted" in sentence:
            report.note(sentence)


def compares(report: Report, place: Place, want: Expected) -> None:
    """Everything must be as expected, record by record."""
    seen = place.survey()
    what = (
        f"{len(want.readable)} rows open and say the same, {len(want.audio)} recordings play with "
        f"the same SHA-256, {len(want.waiting)} rows wait for their key; "
        f"{len(want.gone)} rows and {len(want.gone_keys)} keys stay destroyed"
    )
    report.check(what, differences(want, seen))


def before_replay(report: Report, place: Place, want: Expected) -> dict[str, int]:
    """Note how what was destroyed answers between restore and replay; return it as counts."""
    counts = errors(place.survey(), want.gone)
    said = ", ".join(f"{count} {answer}" for answer, count in sorted(counts.items()))
    report.note(f"before the replay, of {len(want.gone)} destroyed rows: {said or 'none is back'}")
    return counts


def repair(
    report: Report,
    story: Story,
    place: Place,
    want: Expected,
    *,
    judge: Callable[[dict[str, int]], list[str]],
) -> None:
    """Refused, replayed, accepted as older, started, compared: the whole way after a restore.

    `judge` says what speaks against how the destroyed rows answered before the replay.
    """
    refuses(report, place)
    report.check("destroyed rows before the replay", judge(before_replay(report, place, want)))
    older = place.run("manage.py", "replay_erasures")
    waits = "The service will not start yet" in older.stdout
    report.check(
        f"without --accept-older the replay leaves it shut (exit {older.returncode})",
        [] if waits and older.returncode else older.stdout.splitlines()[-6:],
    )
    compares(report, place, want)
    replays(report, place, "--accept-older")
    starts(report, place)
    compares(report, place, want)


def anything(counts: dict[str, int]) -> list[str]:
    """Nothing is promised: whoever has backups of both databases can read until the replay."""
    return []


def nothing_opens(counts: dict[str, int]) -> list[str]:
    """The rows may be back; their keys are not."""
    return [f"{counts['opens']} open"] if counts.get("opens") else []


def wanted(story: Story, main: Moment, keys: Moment) -> Expected:
    return expected(main.survey, keys.survey, story.now.survey)
