"""POST of a download button with its durable write, beside the same page without the write; 64 clients."""

from __future__ import annotations

from load import post, serving

CONNECTIONS = 64


def measure() -> dict[str, object]:
    """Measure each on a server of its own, in turn."""
    with serving("ours") as ours, serving("unwritten") as unwritten:
        mine, reference = post(ours, connections=CONNECTIONS), post(unwritten, connections=CONNECTIONS)
    return {
        "bench": "presses",
        "unit": "requests/s",
        "ours": round(mine.rate),
        "reference": round(reference.rate),
        "ratio": round(mine.rate / reference.rate, 3),
        "to_reach": 0.85,
        "p99_ms": round(mine.p99_ms, 2),
    }
