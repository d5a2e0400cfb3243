"""Compile requirements/*.in to hashed .txt files: `make lock`.

Versions that stand in the .txt stay unless UPGRADE=1 or the .in asks for others. No registry's
host may get into a file: where a package came from is the installing machine's affair.
"""

import os
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
NAMES = ("uv", "base", "dev")
OPTIONS = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]


def main() -> int:
    for name in NAMES:
        source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *OPTIONS]
        if os.environ.get("UPGRADE"):
            command.append("--upgrade")
        command += [source, "--output-file", target]
        if code := subprocess.run(command, cwd=REQUIREMENTS.parent).returncode:
            return code
        if "://" in (REQUIREMENTS / f"{name}.txt").read_text():
            print(f"{target} names an address; it must not be committed.", file=sys.stderr)
            return 1
        print(f"{target}: compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
