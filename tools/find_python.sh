#!/bin/sh
# Prints a Python >= 3.11; PYTHON=... overrides the search. The tried versions come first.
ok='import sys; sys.exit(sys.version_info < (3, 11))'
if [ -n "${PYTHON:-}" ]; then
    if "$PYTHON" -c "$ok" 2>/dev/null; then
        echo "$PYTHON"
        exit 0
    fi
    echo "PYTHON=$PYTHON is no Python >= 3.11 ($("$PYTHON" --version 2>&1 | head -n 1))." >&2
    exit 1
fi
for python in python3.13 python3.12 python3.11 python3 python python3.14; do
    if "$python" -c "$ok" 2>/dev/null; then
        echo "$python"
        exit 0
    fi
done
echo "Smartsvar needs Python 3.11 or newer; python3 here is: $(python3 --version 2>&1 | head -n 1)." >&2
echo "Install python3.11 (or newer), or name one: make demo PYTHON=/path/to/python3.12" >&2
exit 1
