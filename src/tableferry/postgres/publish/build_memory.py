"""More memory for building indexes, where nobody has decided how much a server may use.

With PostgreSQL's own default of 64 MB a build gets one of the two workers that another default
allows: each process of a build needs 32 MB ("Parallel index builds", CREATE INDEX).
"""

from typing import Final, LiteralString

MOST: Final[LiteralString] = "256 MB"
"""What a build uses at most. More is no faster (measured: three indexes of a million rows took 8.8
to 9.4 s with 64 MB, 5.0 to 6.6 s with 128 MB, 5.3 to 5.5 s with 256 MB, 6.5 to 7.4 s with 1 GB)."""

MORE_MEMORY: Final[LiteralString] = f"""\
SELECT set_config('maintenance_work_mem', wanted.bytes / 1024 || 'kB', true)
FROM (SELECT least(pg_size_bytes('{MOST}'),
  pg_size_bytes(current_setting('shared_buffers')) / 2) AS bytes) wanted
WHERE wanted.bytes > pg_size_bytes(current_setting('maintenance_work_mem')) AND EXISTS (
  SELECT FROM pg_settings s WHERE s.name = 'maintenance_work_mem' AND s.source = 'default')"""
"""Until the end of the transaction: half of ``shared_buffers``, which is an eighth of the machine's
memory where that is a quarter of it, as the documentation recommends. A value that the server's
configuration, the database, the role or the session has is left as it is."""
