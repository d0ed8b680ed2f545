"""The process of the command: ``tableferry``, and ``python -m tableferry``."""

import signal


def main() -> None:
    """Load the command and run it; the process ends with its exit code.

    While the command's modules are loaded and while Python shuts down, which take some tenths of a
    second, Ctrl-C ends the process as the system would: nothing is under way, and Python would
    print a traceback.
    """
    handler = signal.getsignal(signal.SIGINT)
    outside = signal.SIG_DFL if handler is signal.default_int_handler else handler  # or ignored
    signal.signal(signal.SIGINT, outside)
    from tableferry.cli import main as run  # noqa: PLC0415 - see above

    signal.signal(signal.SIGINT, handler)
    try:
        run()
    finally:
        signal.signal(signal.SIGINT, outside)


if __name__ == "__main__":
    main()
