"""A node's API behind a login and TLS, as operators put Kubo or IPFS Cluster: a guard before a real node."""

from __future__ import annotations

import datetime
import http.client
import ipaddress
import os
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from biodesci.config import Settings
from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.ipfs.client import Ipfs
from tests.backend.conftest import IpfsNode

LOGIN = "Bearer 6cf1d0f0b0a1"


class Guarded(BaseHTTPRequestHandler):
    """Hands on what comes with the login, and refuses the rest."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    node = ""

    def do_POST(self) -> None:
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        if self.headers.get("Authorization") != LOGIN:
            status, answer, kind = 401, b"who are you?", "text/plain"
        else:
            connection = http.client.HTTPConnection(self.node, timeout=10)
            connection.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"] or ""})
            response = connection.getresponse()
            status, answer = response.status, response.read()
            kind = response.headers["Content-Type"]
            connection.close()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, its own authority, and the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, private


@pytest.fixture
def guarded(ipfs_node: IpfsNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an API that asks for a login, by https."""
    handler = type("Before", (Guarded,), {"node": ipfs_node.api.removeprefix("http://")})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    pem, private = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_api_behind_a_login(guarded: str, tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text(LOGIN + "\n")
    settings = Settings(ipfs_api=guarded, ipfs_auth_file=file)
    ipfs = Ipfs(settings.ipfs_api, timeout=5, authorization=settings.ipfs_authorization())
    data = os.urandom(300_000)
    digest = ipfs.add(data)
    ipfs.pin(digest)
    assert ipfs.cat(digest) == data


@pytest.mark.parametrize("login", [None, "Bearer another-secret"])
def test_a_wrong_login_is_refused_in_words(guarded: str, login: str | None) -> None:
    with pytest.raises(UnavailableError, match=r"refuses us.*BIODESCI_IPFS_AUTH_FILE") as caught:
        Ipfs(guarded, timeout=5, authorization=login).ready()
    assert "another-secret" not in str(caught.value)


def test_another_certificate_is_not_believed(guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(UnavailableError):
        Ipfs(guarded, timeout=5, authorization=LOGIN).ready()


def test_a_login_leaves_by_https_alone() -> None:
    with pytest.raises(ConfigurationError, match="https") as caught:
        Ipfs("http://ipfs.example.org:5001", authorization=LOGIN)
    assert LOGIN not in str(caught.value)
    Ipfs("http://127.0.0.1:5001", authorization=LOGIN)


@pytest.mark.parametrize("content", [b"", b"\n", b"Bearer a\nX-Other: b", b"\xff\xfe", b"x" * 9_000])
def test_a_file_that_holds_no_header(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "login").write_bytes(content)
    with pytest.raises(ConfigurationError, match="login"):
        Settings(ipfs_auth_file=tmp_path / "login").ipfs_authorization()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="BIODESCI_IPFS_AUTH_FILE"):
        Settings(ipfs_auth_file=tmp_path / "none").ipfs_authorization()
