"""Lambda's Runtime API on this machine, for a function's runtime client.

Implements the service side of AWS's "Using the Lambda runtime API", version 2018-06-01, for one
environment: one invocation at a time.
"""

import json
import queue
import re
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

VERSION = "/2018-06-01/runtime"
FUNCTION_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:tableferry"


@dataclass(frozen=True, slots=True)
class PendingInvocation:
    """An event that the function has not fetched yet."""

    request_id: str
    event: object
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class RuntimeResponse:
    """What the function returned: ``kind`` is ``response``, or ``error`` for an exception."""

    kind: str
    request_id: str
    body: Any


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Ignore the error of a function that was terminated while it waited for an event."""


class RuntimeApi:
    """The service, as a context manager; ``address`` is the value of AWS_LAMBDA_RUNTIME_API."""

    def __init__(self) -> None:
        self._events: queue.Queue[PendingInvocation | None] = queue.Queue()
        self._responses: queue.Queue[RuntimeResponse] = queue.Queue()
        self.ready = threading.Event()
        """Set when the function requests its first event, which ends its initialisation."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                api.ready.set()
                invocation = api._events.get() if self.path.endswith("/invocation/next") else None
                if invocation is None:
                    self.close_connection = True
                    return
                body = json.dumps(invocation.event).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.request_id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN)
                self.send_header(
                    "Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
                )
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                path = self.path.removeprefix(VERSION)
                if found := re.fullmatch(r"/invocation/([^/]+)/(response|error)", path):
                    api._responses.put(RuntimeResponse(found[2], found[1], json.loads(body)))
                elif path == "/init/error":
                    api._responses.put(RuntimeResponse("init error", "", json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing: it would mix with the test's output."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def address(self) -> str:
        """``host:port``."""
        return "{}:{}".format(*self._server.server_address[:2])

    def invoke(self, event: object, *, seconds: float = 240) -> RuntimeResponse:
        """Send an event to the function and wait for its response.

        ``seconds`` is the time until its deadline. Raises queue.Empty if there is no response 30 s
        after it.
        """
        deadline = time.time() + seconds
        self._events.put(PendingInvocation(str(uuid.uuid4()), event, int(deadline * 1000)))
        return self._responses.get(timeout=seconds + 30)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._events.put(None)  # releases a function that waits for an event
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
