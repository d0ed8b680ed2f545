"""Step Functions on this machine: moto's interpreter runs a definition against our own handler.

The function behaves as in Lambda: an exception becomes a response with its class's name, and a
worker can die without a response. One thing that the interpreter lacks is added: a Distributed Map
with a failed item fails as a whole, with States.ExceedToleratedFailureThreshold.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from uuid import uuid4

import boto3
from moto import mock_aws
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

Handler = Callable[[Any, Any], dict[str, Any]]
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:tableferry"
ROLE = "arn:aws:iam::123456789012:role/states"


class WorkerEndedError(Exception):
    """The worker has died; ``name`` is the error that Lambda reports for it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The context that a handler gets with an invocation."""

    aws_request_id: str = "00000000-0000-4000-8000-000000000000"
    function_name: str = "tableferry"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@dataclass(slots=True)
class Execution:
    """The result of an execution."""

    status: str
    output: dict[str, Any]
    error: str = ""


@dataclass(slots=True)
class States:
    """A Step Functions service, and the events that its function was called with."""

    handler: Handler
    events: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def called(self, mode: str) -> list[dict[str, Any]]:
        """Return the events of one mode, in the order of arrival."""
        return [event for event in self.events if event["mode"] == mode]

    def execute(self, definition: str, event: dict[str, Any] | None = None) -> Execution:
        """Run a state machine to its end."""
        client = boto3.client("stepfunctions")
        machine = client.create_state_machine(
            name=f"fanout-{uuid4()}",
            definition=definition.replace("${FunctionArn}", FUNCTION),
            roleArn=ROLE,
        )["stateMachineArn"]
        execution = client.start_execution(
            stateMachineArn=machine, name=str(uuid4()), input=json.dumps(event or {})
        )
        until = time.monotonic() + 120
        while True:
            found = client.describe_execution(executionArn=execution["executionArn"])
            if found["status"] != "RUNNING" or time.monotonic() > until:
                return Execution(
                    found["status"], json.loads(found.get("output", "{}")), found.get("error", "")
                )
            time.sleep(0.05)

    def invoke(
        self, _name: str, _qualifier: str | None, body: Any, _headers: Any, answered: dict[str, str]
    ) -> bytes:
        """Answer as the service Lambda does."""
        event = json.loads(body)
        with self._lock:
            self.events.append(event)
        try:
            answer = self.handler(event, LambdaContext())
        except Exception as error:  # noqa: BLE001 - as Lambda does
            answered["x-amz-function-error"] = "Unhandled"
            name = error.name if isinstance(error, WorkerEndedError) else type(error).__name__
            answer = {"errorMessage": str(error), "errorType": name}
        payload = json.dumps(answer).encode()
        answered["Content-Length"] = str(len(payload))
        return payload


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
def states(handler: Handler) -> Iterator[States]:
    """Yield a Step Functions service whose every Lambda function is ``handler``."""
    service = States(handler)
    with (
        mock_aws(config={"stepfunctions": {"execute_state_machine": True}}),
        mock.patch(
            "moto.awslambda.models.LambdaBackend.invoke",
            lambda _backend, *arguments: service.invoke(*arguments),
        ),
        mock.patch.object(
            distributed.DistributedIterationComponent, "_map_run", _map_run_that_fails
        ),
    ):
        yield service
