"""`python -m engine.daemon run|restore`: what the command line starts."""

import argparse
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

from engine.api.home import START_ERROR_FILE
from engine.daemon.restore import restore
from engine.domain.errors import PbxmeterError

RUNNING_ALREADY = "engine_running"


def main() -> int:
    """Runs the engine, or puts a backup in its place. Exit 0 done, 1 refused."""
    parser = argparse.ArgumentParser(prog="pbxmeter engine")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--home", type=Path, required=True)
    run.add_argument("--background", action="store_true")
    run.add_argument("--stay", action="store_true", help="do not end after the last client")
    run.add_argument("--accept-loss", action="store_true", help="with a database behind its high-water mark")
    back = commands.add_parser("restore")
    back.add_argument("--home", type=Path, required=True)
    back.add_argument("file", type=Path)
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(threadName)s %(message)s", stream=sys.stderr
    )
    os.umask(0o077)
    try:
        if options.command == "restore":
            print(restore(options.home, options.file))
        else:
            stay = options.stay or not options.background
            _run(options.home, background=options.background, stay=stay, accept_loss=options.accept_loss)
    except PbxmeterError as error:
        # Two clients may start an engine at once; the second one finds the first and is content.
        if options.command == "run" and options.background and error.code == RUNNING_ALREADY:
            return 0
        if options.command == "run" and options.background:
            with contextlib.suppress(OSError):
                (options.home / START_ERROR_FILE).write_text(str(error), encoding="utf-8")
        print(f"error: {error.code}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: storage: {error.filename or options.home}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _run(home: Path, *, background: bool, stay: bool, accept_loss: bool) -> None:
    # Restoring needs none of this, and starting it takes a while.
    from engine.daemon.engine import Engine

    engine = Engine(home, background=not stay, accept_loss=accept_loss)
    signal.signal(signal.SIGTERM, lambda *_: engine.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN if background else lambda *_: engine.stop())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    engine.run()


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    # All is closed. The Flight library's threads may still wait for a client that does not read.
    os._exit(code)
