"""The work on a batch between the driver and COPY; no server is involved."""

from collections.abc import Callable

from bench.contenders.driver import drained
from bench.workload import Workload


def convert(work: Workload) -> Callable[[], int]:
    """Convert and encode batches that are already in memory; no server is involved."""
    from tableferry.postgres.encoding import Encoder
    from tableferry.values import Converter, target_schema

    plan, batches = drained(work)

    def run() -> int:
        encoder = Encoder(target_schema(plan.columns))
        converter = Converter(plan.columns)
        encoder.header()
        for batch in batches:
            encoder.batch(converter(batch))
        encoder.finish()
        return work.rows

    return run


def policies(work: Workload) -> Callable[[], int]:
    """Only search for texts that PostgreSQL cannot store, as the conversion does."""
    from tableferry.config import OnInvalid
    from tableferry.values import texts
    from tableferry.values.arrow_types import is_string_type

    _, batches = drained(work)

    def run() -> int:
        for batch in batches:
            for array in batch.columns:
                if is_string_type(array.type):
                    texts.may_be_altered(array)
                    texts.without_nul(array, OnInvalid.FAIL)
        return work.rows

    return run
