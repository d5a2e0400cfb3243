"""What a drill prints, and whether anything differed."""

import time


class Report:
    """Prints each finding as it comes; `failures` counts those that were not as they must be."""

    def __init__(self) -> None:
        self.failures = 0
        self.checks = 0
        self._began = time.monotonic()

    def title(self, text: str) -> None:
        print(f"\n{text}  [{time.monotonic() - self._began:.0f} s]", flush=True)

    def note(self, text: str) -> None:
        """Print what was seen, where nothing is promised."""
        print(f"      {text}", flush=True)

    def check(self, what: str, found: list[str]) -> None:
        """Print a promise and what speaks against it: nothing, when it was kept."""
        self.checks += 1
        self.failures += bool(found)
        print(f"  {'DIFFERS' if found else 'ok':7} {what}", flush=True)
        for sentence in found:
            self.note(f"→ {sentence}")

    def conclude(self, name: str) -> int:
        """Print the end and return the exit code."""
        verdict = f"{self.failures} DIFFER" if self.failures else "all as they must be"
        seconds = time.monotonic() - self._began
        print(f"\n{name}: {self.checks} checks, {verdict}  ({seconds:.0f} s)", flush=True)
        return 1 if self.failures else 0
