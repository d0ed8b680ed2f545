"""``python -I -S loaded_command.py NAME ARGUMENTS``: a loaded process for a shell to start.

Hands its own streams, environment and folder over to ``loaded_python``, and ends as that process
does. It imports next to nothing, so a shell may start many.
"""

import json
import os
import signal
import socket
import sys


def main(name: str, *arguments: str) -> None:
    request = {"arguments": arguments, "env": dict(os.environ), "cwd": os.getcwd()}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
        asked.connect(f"\0{name}")
        socket.send_fds(asked, [json.dumps(request).encode()], [0, 1, 2])
        asked.recv(16)
        code = os.waitstatus_to_exitcode(int(asked.recv(16)))
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)  # without a word about a stdout that is gone


if __name__ == "__main__":
    main(*sys.argv[1:])
