"""What moto's interpreter of state machines lacks: a Distributed Map with failed items that fails.

In Step Functions it does so when more items failed than it tolerates, as a whole, with
States.ExceedToleratedFailureThreshold.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component as distributed,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

TOO_MANY = "States.ExceedToleratedFailureThreshold"
_map_run = distributed.DistributedIterationComponent._map_run


def _map_run_that_fails(component: Any, env: Any, eval_input: Any) -> None:
    """Run a Map, and fail it when more items failed than the state tolerates."""
    _map_run(component, env, eval_input)
    failed = eval_input.map_run_record.item_counter.failed.get()
    if failed > eval_input.tolerated_failure_count:
        cause = "The specified tolerated failure threshold was exceeded"
        details = EventDetails(
            taskFailedEventDetails=TaskFailedEventDetails(error=TOO_MANY, cause=cause)
        )
        raise FailureEventException(
            FailureEvent(env, CustomErrorName(TOO_MANY), HistoryEventType.MapRunFailed, details)
        )


@contextlib.contextmanager
def failing_maps() -> Iterator[None]:
    """Let Maps fail like that inside the block."""
    with mock.patch.object(
        distributed.DistributedIterationComponent, "_map_run", _map_run_that_fails
    ):
        yield
