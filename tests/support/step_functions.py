"""Step Functions on this machine: moto's interpreter runs a definition against our own handler.

The function behaves as in Lambda: an exception becomes a response with its class's name, and a
worker can die without a response. What the interpreter lacks is added by ``failing_maps``.
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


@contextlib.contextmanager
def states(handler: Handler) -> Iterator[States]:
    """Yield a Step Functions service whose every Lambda function is ``handler``."""
    # The interpreter and its grammar are heavy: only the process that runs such tests needs them.
    from tests.support.failing_maps import failing_maps

    service = States(handler)
    with (
        mock_aws(config={"stepfunctions": {"execute_state_machine": True}}),
        mock.patch(
            "moto.awslambda.models.LambdaBackend.invoke",
            lambda _backend, *arguments: service.invoke(*arguments),
        ),
        failing_maps(),
    ):
        yield service
