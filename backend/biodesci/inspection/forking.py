"""The process that forks for each inspection (apart.py says why), and how messages go to and fro."""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import tempfile
import traceback
from typing import Any, Final

import pyarrow as pa

from biodesci.core.errors import BioDeSciError, InputError
from biodesci.inspection.identifiers import check_text
from biodesci.inspection.inspect import inspect, nothing

ADVICE: Final = "It may be damaged: write it again or fetch it again, or leave it out."
_MEMORY: Final = 8 << 30
_DIES_WITH_PARENT: Final = 1  # prctl(2), PR_SET_PDEATHSIG


def serve(control: socket.socket) -> None:
    """Forks for each socket that comes, until the process that sends them has ended."""
    check_text("", "Anna Weber")  # loads the lists of names, once for all
    pa.array([""])  # loads pandas, where it is installed
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        mark, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not mark:
            return
        if os.fork() == 0:
            try:
                control.close()
                _answer(socket.socket(fileno=descriptors[0]))
            finally:
                os._exit(0)
        os.close(descriptors[0])


def _answer(asked: socket.socket) -> None:
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    send(asked, ("process", os.getpid()))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what is in memory is of patients
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    path, declared, sketch_key, tempfile.tempdir = received(asked)
    try:
        inspection = inspect(
            path,
            declared,
            lambda amount: send(asked, ("progress", amount)),
            sketch_key,
            lambda place: send(asked, ("place", place)),
        )
        inspection.progress = inspection.reading = nothing
        send(asked, ("done", inspection))
    except BioDeSciError as refused:
        send(asked, ("refused", (type(refused), refused.message, refused.hint)))
    except MemoryError:
        message = f"The file takes more than {_MEMORY >> 30} GiB of memory to be read."
        send(asked, ("refused", (InputError, message, ADVICE)))
    except Exception:  # noqa: BLE001  # whoever asked raises it
        send(asked, ("failed", traceback.format_exc()))


def send(to: socket.socket, message: object) -> None:
    """Sends a message to the process at the other end."""
    data = pickle.dumps(message)
    to.sendall(struct.pack("<Q", len(data)) + data)


def received(of: socket.socket) -> Any:
    """The next message. Raises EOFError where the other process has ended."""
    (size,) = struct.unpack("<Q", _exactly(of, 8))
    return pickle.loads(_exactly(of, size))  # noqa: S301  # of our own process


def _exactly(of: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = of.recv(min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
