"""GET of a link page with all middleware, beside a bare Starlette page that renders the same template."""

from __future__ import annotations

from load import get, serving

CONNECTIONS = 16


def measure() -> dict[str, object]:
    """Measure each on a server of its own, in turn."""
    with serving("ours") as ours, serving("bare") as bare:
        mine, reference = get(ours, connections=CONNECTIONS), get(bare, connections=CONNECTIONS)
    return {
        "bench": "clicks",
        "unit": "requests/s",
        "ours": round(mine.rate),
        "reference": round(reference.rate),
        "ratio": round(mine.rate / reference.rate, 3),
        "to_reach": 0.70,
        "p99_ms": round(mine.p99_ms, 2),
    }
