"""A piece of the web on this machine: sites with certificates of a test authority, found by their names.

The sites are real servers with TLS on a loopback port. What stands for the internet is the resolver, which
gives every site a public address, and the network, which leads these addresses to the port.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from biodesci.asking.public import PublicWeb

FIRST = ipaddress.ip_address("93.184.215.14")
Serve = Callable[["Question"], None]


class Question(BaseHTTPRequestHandler):
    """One request to a site."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        web: Web = self.server.web  # type: ignore[attr-defined]
        host = self.headers["Host"]
        web.asked.append((host, self.path))
        self.close_connection = True
        # Who asked may have had enough.
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            web.sites[host](self)

    def answer(
        self, body: bytes, status: int = 200, media_type: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": media_type, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Nothing is printed."""


def file(body: bytes, media_type: str = "application/json") -> Serve:
    """A site that answers everything with this."""
    return lambda question: question.answer(body, media_type=media_type)


def drip(question: Question) -> None:
    """A byte now and then, for a hundred seconds."""
    question.send_response(200)
    question.send_header("Content-Type", "application/json")
    question.send_header("Content-Length", "1000")
    question.end_headers()
    for _ in range(1_000):
        question.wfile.write(b" ")
        time.sleep(0.1)


def flood(question: Question) -> None:
    question.send_response(200)
    question.send_header("Content-Type", "application/json")
    question.end_headers()
    for _ in range(10_000):
        question.wfile.write(bytes(1 << 16))


class Authority:
    """Signs certificates that count for who trusts it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        made = _certificate(self.name, self.name, self.key.public_key())
        self.certificate = made.add_extension(constraints, critical=True).sign(self.key, hashes.SHA256())

    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, folder: Path, *names: str) -> tuple[Path, Path]:
        """Files of a certificate for these names, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        made = _certificate(subject, self.name, key.public_key()).add_extension(alternative, critical=False)
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        files = folder / f"{names[0]}.pem", folder / f"{names[0]}.key"
        files[0].write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(pem))
        files[1].write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        return files


def _certificate(subject: x509.Name, issuer: x509.Name, public: Any) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


class _Loopback(httpcore.SyncBackend):
    """Leads the sites' addresses to the port; what is none of them is noted, and leads nowhere."""

    def __init__(self, web: Web, port: int) -> None:
        self._web, self._port = web, port

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        self._web.dialled.append((host, port))
        if host not in self._web.addresses.values():
            raise httpcore.ConnectError("there is nobody")
        return super().connect_tcp("127.0.0.1", self._port, *args, **kwargs)


class Web:
    """`sites` answer by name. `asked` are their requests, `dialled` the addresses that were connected to,
    and `moved` what the resolver says of a name instead of the truth, one answer a question."""

    def __init__(self, server: ThreadingHTTPServer, authority: Authority, names: tuple[str, ...]) -> None:
        self.sites: dict[str, Serve] = {}
        self.addresses = {name: str(FIRST + at) for at, name in enumerate(names)}
        self.moved: dict[str, list[list[str]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.dialled: list[tuple[str, int]] = []
        self._port = int(server.server_address[1])
        self.authority = authority

    def resolve(self, name: str) -> list[str]:
        if self.moved.get(name):
            return self.moved[name].pop(0)
        if name not in self.addresses:
            raise OSError("there is no such name")
        return [self.addresses[name]]

    def client(self, seconds: float = 30.0, *, trusted: ssl.SSLContext | None = None) -> PublicWeb:
        """Who trusts the authority, unless it is said whom else."""
        context = trusted or ssl.create_default_context(cadata=self.authority.pem())
        return PublicWeb(seconds, trusted=context, resolve=self.resolve, network=_Loopback(self, self._port))


@contextmanager
def running_web(folder: Path, *names: str) -> Iterator[Web]:
    """Sites with these names, which have a certificate; `other.example` has one that is not for it."""
    authority = Authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(folder, *names))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Question)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    web = Web(server, authority, (*names, "other.example"))
    server.web = web  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
