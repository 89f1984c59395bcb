"""Run the benchmarks: `python tests/bench [NAME ...]`.

Each prints one line of JSON: our figure, the reference's figure from the same run, their ratio, and the ratio to
reach. They are no tests: a noisy machine fails nothing.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

NAMES = ("build", "drain", "flat", "relay", "clicks", "presses", "intake", "inbound", "sweep", "start")


def main(names: list[str]) -> int:
    """Run each benchmark in a process of its own, so that none warms up or fattens the next."""
    if len(names) == 2 and names[0] == "--here":
        print(json.dumps(importlib.import_module(names[1]).measure()), flush=True)  # noqa: T201 -- its one purpose
        return 0
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"there is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    here = str(Path(__file__).parent)
    return max(subprocess.call([sys.executable, here, "--here", name]) for name in names or NAMES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
