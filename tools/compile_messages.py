"""Make the .mo files that Django reads from the .po files people write; part of `make setup`."""

import sys
from pathlib import Path

from tools import po

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    for source in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        try:
            content = po.compiled(po.read(source))
        except po.PoError as error:
            print(error, file=sys.stderr)
            return 1
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
