"""`python -m engine.daemon run|restore`: what the command line starts."""

import argparse
import contextlib
import faulthandler
import logging
import os
import signal
import sys
from pathlib import Path

import msgspec

from engine.api.home import START_ERROR_FILE, make_home, open_own
from engine.api.message_json import to_json
from engine.api.operation import Failed
from engine.api.restore import Restore, Restored
from engine.daemon.small_host import prepare_memory
from engine.domain.errors import PbxmeterError, StorageError
from engine.domain.message import Message, of_system

RUNNING_ALREADY = "engine_running"


def main() -> int:
    """Runs the engine, or puts a backup in its place. Exit 0 done, 1 refused."""
    options = _options()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(threadName)s %(message)s", stream=sys.stderr
    )
    os.umask(0o077)
    try:
        if options.command == "restore":
            # Restoring starts no engine, and an engine restores nothing: each loads what it needs.
            from engine.daemon.restore import restore

            request = Restore(file=str(options.file), force=options.force, dry_run=options.dry_run)
            _answer(restore(options.home, request))
        else:
            _run(options)
    except PbxmeterError as error:
        # Two clients may start an engine at once; the second one finds the first and is content.
        if options.command == "run" and options.background and error.code == RUNNING_ALREADY:
            return 0
        return _refused(options, error)
    except OSError as error:
        path = error.filename or options.home
        return _refused(options, StorageError("{path}: {reason}.", path=path, reason=of_system(error)))
    return 0


def _refused(options: argparse.Namespace, error: PbxmeterError) -> int:
    """Says why in the log; whoever asked to restore is answered, too."""
    print(f"error: {error.code}: {error}", file=sys.stderr)
    if options.command == "restore":
        _answer(Failed(kind=type(error).code, code=error.code, message=error.message))
    return 1


def _answer(answer: Restored | Failed) -> None:
    print(msgspec.json.encode(answer).decode())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pbxmeter engine")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--home", type=Path, required=True)
    run.add_argument("--background", action="store_true")
    run.add_argument("--stay", action="store_true", help="do not end after the last client")
    run.add_argument("--new-database", action="store_true", help="make one in the place of one that is gone")
    run.add_argument("--accept-loss", action="store_true", help="with a database behind its high-water mark")
    back = commands.add_parser("restore")
    back.add_argument("--home", type=Path, required=True)
    back.add_argument("--force", action="store_true", help="also a backup whose books do not agree")
    back.add_argument("--dry-run", action="store_true", help="only look at it")
    back.add_argument("file", type=Path)
    return parser.parse_args()


def _run(options: argparse.Namespace) -> None:
    try:
        prepare_memory()
        # Loaded where there is room for it only.
        from engine.daemon.engine import Engine

        engine = Engine(
            options.home,
            background=options.background and not options.stay,
            new_database=options.new_database,
            accept_loss=options.accept_loss,
        )
    except PbxmeterError as error:
        # Whoever started it in the background reads there why it could not.
        if options.background and error.code != RUNNING_ALREADY:
            _leave_word(options.home, error.message)
        raise
    signal.signal(signal.SIGTERM, lambda *_: engine.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN if engine.background else lambda *_: engine.stop())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Unheard, these two would end the engine without a word.
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    engine.run()


def _leave_word(home: Path, message: Message) -> None:
    with contextlib.suppress(OSError, PbxmeterError):
        # Nothing is written into a home that is in the hands of somebody else.
        make_home(home)
        descriptor = open_own(home / START_ERROR_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(to_json(message))


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    # All is closed. The Flight library's threads may still wait for a client that does not read.
    os._exit(code)
