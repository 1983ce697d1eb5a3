"""Lateness of deadlines: 100,000 running clocks, 1,000,000 kept ones, and a thousand falling due.

Lateness is the time from the moment that a promise was due to the commit of the entry that says
that it was missed, by PostgreSQL's own commit times.
"""

from __future__ import annotations

import time

from tests.crash.desk import Desk, a_desk, free_port

from bench.figures import Figure, below, percentile, plain
from bench.filled import fill

RUNNING = 100_000
KEPT = 1_000_000
DUE = 1_000
FIRST = 60
"""Seconds until the first is due: by then the rows are written and the loop is at rest."""
OVER = 50

OTHERS = """
insert into deadline (stream, key, kind, lane, started_at, due_at, warn_at, next_at, clause,
                      strength, claims, explanation, outcome, ended_at)
select 'RP-' || (10000000 + n), 'first_response||' || n, 'first_response', '', now(),
       now() + interval '1 day' + n * interval '1 second', null,
       case when n <= %(running)s then now() + interval '1 day' + n * interval '1 second' end,
       'FAQ-3', 'promise', sample.claims, '{}',
       case when n <= %(running)s then 'running' else 'kept' end,
       case when n <= %(running)s then null else now() - n * interval '1 second' end
from generate_series(1, %(running)s + %(kept)s) n,
     (select claims from deadline where kind = 'first_response' limit 1) sample
"""

LATE = """
select extract(epoch from pg_xact_commit_timestamp(xmin) - at)::float8 from entry
where kind = 'missed' and data->>'kind' = 'first_response'
"""


def measure() -> list[Figure]:
    """One clock loop; nothing else of the desk runs."""
    with a_desk(
        smtp_port=free_port(),
        track_commit_timestamp="on",
        shared_buffers="512MB",
        max_wal_size="4GB",
    ) as desk:
        fill(desk, "due", 1, 3600, 1)  # A claim to copy.
        with desk.cluster.connect() as connection:
            connection.execute(OTHERS, {"running": RUNNING, "kept": KEPT})
            connection.execute("vacuum analyze deadline")
        began = time.monotonic()
        fill(desk, "due", DUE, FIRST, OVER)
        wrote = time.monotonic() - began
        assert wrote < FIRST - 20, (
            f"filling took {wrote:.0f} s: the first are due before all are in"
        )
        desk.add("clock", "clock")
        return _wait(desk, FIRST - wrote + OVER + 60)


def _wait(desk: Desk, within: float) -> list[Figure]:
    def all_are_handled() -> bool:
        time.sleep(1)
        return len(desk.sql(LATE)) >= DUE

    desk.wait(all_are_handled, f"{DUE} misses are written down", within + 60)
    late = [seconds * 1000 for (seconds,) in desk.sql(LATE)]
    running = desk.sql("select count(*) from deadline where outcome = 'running'")[0][0]
    return [
        plain("lateness: running clocks", running, "clocks"),
        plain("lateness: falling due", DUE / OVER, "1/s"),
        plain("lateness: p50", percentile(late, 0.5), "ms"),
        plain("lateness: p99", percentile(late, 0.99), "ms"),
        below("lateness: p99.9", percentile(late, 0.999), "ms", 1000),
    ]
