"""A fake of Microsoft Entra's managed identity endpoint, as in App Service.

(Microsoft: How to use managed identities for App Service, REST endpoint reference.)
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

RESOURCE = "https://database.windows.net"
"""The resource of tokens for SQL Server."""

SECRET = "endpoint-secret"


class IdentityEndpoint:
    """Issues ``token``; ``asked`` lists the resources that clients requested tokens for."""

    def __init__(self, token: str) -> None:
        self.asked: list[str] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                allowed = self.headers["X-IDENTITY-HEADER"] == SECRET
                endpoint.asked += query["resource"]
                body = {"access_token": token, "expires_on": "4102444800",
                        "resource": RESOURCE, "token_type": "Bearer"}  # fmt: skip
                self.send_response(200 if allowed else 403)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                """Log nothing: it would mix with the test's output."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point to it."""
        host, port = self._server.server_address[:2]
        return {
            "IDENTITY_ENDPOINT": f"http://{host}:{port}/msi/token",
            "IDENTITY_HEADER": SECRET,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
