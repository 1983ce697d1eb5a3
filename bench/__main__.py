"""`make bench`: measure everything, or what is named: `python -m bench intake paging`."""

from __future__ import annotations

import os
import sys
import time
import traceback

from bench import (
    alerts,
    figures,
    filled,
    intake,
    lateness,
    mails,
    oncall,
    pages,
    paging,
    silence,
    start,
    storm,
    triage,
)
from bench.figures import Figure

ALL = {
    "start": start.measure,
    "intake": intake.measure,
    "alerts": alerts.measure,
    "mails": mails.measure,
    "paging": paging.measure,
    "pages": pages.measure,
    "silence": silence.measure,
    "storm": storm.measure,
    "filled": filled.measure,
    "lateness": lateness.measure,
    "triage": triage.measure,
    "resolver": oncall.measure,
}


def main() -> int:
    named = sys.argv[1:] or list(ALL)
    found: list[Figure] = []
    load = os.getloadavg()[0]
    failed = False
    for name in named:
        began = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            found += ALL[name]()
        except Exception:  # One that can't be taken must not cost the others; it fails the run.
            traceback.print_exc()
            failed = True
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    found.append(figures.plain("load before (1 min average)", load, "processes"))
    found.append(figures.plain("load after (1 min average)", os.getloadavg()[0], "processes"))
    found.append(figures.plain("processors", os.cpu_count() or 1, "cores"))
    figures.write(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
