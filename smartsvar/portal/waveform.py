"""The waveform as the outline of bars in an SVG path, drawn on the server."""

import base64
import binascii

BARS = 100
HEIGHT = 40  # of the drawing; a bar is one unit wide, a third of it gap
LEAST = 1.2  # so that silence still shows a line


def waveform(peaks: str) -> str:
    """Return the path's `d` for stored peaks (base64, a byte per column), or ""."""
    try:
        columns = base64.b64decode(peaks, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return "".join(_bar(place, top) for place, top in enumerate(_bars(columns)))


def _bars(columns: bytes) -> list[int]:
    """At most BARS values, each the highest of its share of the columns."""
    count = min(BARS, len(columns))
    edges = [len(columns) * place // count for place in range(count + 1)] if count else []
    found = [max(columns[start:end]) for start, end in zip(edges, edges[1:], strict=False)]
    return [found[place * len(found) // BARS] for place in range(BARS)] if found else []


def _bar(place: int, top: int) -> str:
    height = max(LEAST, HEIGHT * top / 255)
    return f"M{place}.17 {(HEIGHT - height) / 2:.1f}h.66v{height:.1f}h-.66z"
