"""The reverse proxy that we ship, by Debian's nginx, before a real API, aggregator, issuer, server of
containers and guardian: what a visitor meets."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from eth_account.messages import encode_typed_data

from biodesci.api.app import create
from biodesci.api.server import policy
from biodesci.chain.records import DatasetVersion
from biodesci.config import AggregatorSettings
from biodesci.core import cid, typed_data
from biodesci.core.documents.content_request import ContentRequest, SignedContentRequest
from biodesci.core.visa import VisaType
from biodesci.index.database import Block
from biodesci.localnet.processes import free_port
from biodesci.market.container_server import ContainerServer, create_app
from biodesci.party.containers import Containers
from biodesci.passports import client, server
from biodesci.passports.issuer import Issuer
from biodesci.passports.keys import BrokerKeys
from biodesci.passports.register import Register
from biodesci.rounds.aggregator import RoundAggregator
from biodesci.serving.bounds import hosts, networks
from biodesci.serving.guard import Policy
from biodesci.workers import aggregator, guardian
from tests.backend.conftest import ROOT
from tests.backend.passports.conftest import URL, Broker, trust_in
from tests.backend.serving.raw import running, until_closed
from tests.waiting import LATE_S, in_time

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SHIPPED = ROOT / "deploy" / "nginx" / "biodesci.conf"
NAME, SUMS, VISAS = "data.example.org", "aggregator.example.org", "visas.example.org"
FILES, SHARES = "files.example.org", "guardian.example.org"
SIZE = (80 << 20) + 5  # of a container: more than one answer has
WORD = "0x" + "02" * 32


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in (NAME, SUMS, VISAS, FILES, SHARES)]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "biodesci.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "biodesci.key").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))


def adapted(folder: Path, ports: dict[str, int]) -> Path:
    """The shipped file with other ports, certificates and shorter times, in what nginx starts with here."""
    text = SHIPPED.read_text()
    for old, new in (
        ("/etc/ssl/certs/", f"{folder}/"),
        ("/etc/ssl/private/", f"{folder}/"),
        ("listen 443", f"listen 127.0.0.1:{ports['tls']}"),
        ("listen 80", f"listen 127.0.0.1:{ports['plain']}"),
        ("127.0.0.1:8600", f"127.0.0.1:{ports['api']}"),
        ("127.0.0.1:8700", f"127.0.0.1:{ports['aggregator']}"),
        ("127.0.0.1:8750", f"127.0.0.1:{ports['issuer']}"),
        ("127.0.0.1:8760", f"127.0.0.1:{ports['containers']}"),
        ("127.0.0.1:8710", f"127.0.0.1:{ports['guardian']}"),
        ("timeout 10s;", "timeout 2s;"),
        ("timeout   10s;", "timeout   2s;"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    # Its workers would be somebody to whom a test's folder of root's is closed.
    user = "user root;\n" if os.getuid() == 0 else ""
    main.write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nworker_processes 1;\n"
        "events { worker_connections 512; }\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}\n{text}}}\n"
    )
    return main


class Site:
    def __init__(self, folder: Path, ports: dict[str, int], store) -> None:
        self.folder, self.ports, self.store = folder, ports, store
        self.http, self.sums, self.visas = (self.client(name) for name in (NAME, SUMS, VISAS))
        self.files, self.shares = self.client(FILES), self.client(SHARES)

    def noted(self, last: str) -> str:
        """What nginx noted of requests, up to the one that has `last`: it notes each after its answer."""
        give_up = time.monotonic() + LATE_S
        while last not in (text := (self.folder / "access.log").read_text()):
            assert time.monotonic() < give_up, text
            time.sleep(0.05)
        return text

    def temporary(self) -> list[str]:
        """The files that nginx has open for parts of answers; it takes their names away at once."""
        opened = []
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            with contextlib.suppress(OSError):
                opened.append(str(link.readlink()))
        return [path for path in opened if path.startswith(f"{self.folder}/proxy/")]

    def client(self, host: str) -> httpx.Client:
        url = f"https://127.0.0.1:{self.ports['tls']}"
        return httpx.Client(base_url=url, verify=self.tls(), headers={"Host": host}, timeout=LATE_S)

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / "biodesci.pem"))
        context.check_hostname = False  # it is reached by its address; the name is compared below
        return context

    def connect(self, name: str = NAME) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.folder / "biodesci.pem"))
        plain = socket.create_connection(("127.0.0.1", self.ports["tls"]), 2 * LATE_S)
        return context.wrap_socket(plain, server_hostname=name)


@pytest.fixture(scope="module")
def broker() -> Broker:
    return Broker("https://broker.example")


@contextlib.contextmanager
def behind(world, folder: Path, broker: Broker) -> Iterator[dict[str, int]]:
    """The servers as their commands start them, told of the proxy; each one's port."""
    told = {"hosts": NAME, "trusted_proxies": "127.0.0.1", "requests_a_minute": 400}
    settings = world.settings.model_copy(update=told)
    for_sums = AggregatorSettings(
        home=folder, aggregator_url=f"https://{SUMS}", trusted_proxies="127.0.0.1", requests_a_minute=400
    )
    adds = RoundAggregator(world.owner, world.ipfs, folder, frozenset())
    (folder / "0.json").write_text(json.dumps(broker.jwks()))
    register = Register.open(folder, "correct horse battery", world.owner)
    signs = Issuer(
        world.owner, trust_in(broker), BrokerKeys(folder), lambda: int(time.time()), register
    )  # fmt: skip
    for_visas = Policy(hosts=hosts([VISAS]), body=None, proxies=networks("127.0.0.1"))
    content = bytes(range(32))
    held = Containers(folder)
    held.path(content).parent.mkdir()
    with held.path(content).open("wb") as file:
        file.write(b"first")
        file.truncate(SIZE)
    held.assign(content, world.owner, world.owner.read(DatasetVersion, world.datasets[0], 1))
    gives = ContainerServer(world.owner, held, f"https://{FILES}")
    for_files = Policy(hosts=hosts([FILES]), body=0, proxies=networks("127.0.0.1"), a_minute=60)
    for_shares = Policy(hosts=None, body=0, proxies=networks("127.0.0.1"))
    with (
        running(create_app(gives), for_files) as files,
        running(guardian.create_app(released(world)), for_shares) as shares,
        running(create(settings), policy(settings)) as api,
        running(aggregator.create_app(adds), aggregator.policy(for_sums)) as sums,
        running(server.create_app(signs), for_visas) as issuer,
    ):
        yield {"api": api, "aggregator": sums, "issuer": issuer, "containers": files, "guardian": shares}


def released(world) -> Callable[[int, str], bytes | None]:
    """A guardian that has released a share for licence 41, to one fellow."""
    return lambda license_id, account: (
        b"sealed" if (license_id, account) == (41, world.owner.address) else None
    )


@pytest.fixture(scope="module")
def site(world, tmp_path_factory, broker) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    certificate(folder)
    with behind(world, folder, broker) as ports:
        ports |= {"tls": free_port(), "plain": free_port()}
        main = adapted(folder, ports)
        command = [NGINX, "-p", str(folder), "-c", str(main), "-e", str(folder / "error.log")]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        process = subprocess.Popen(command)
        try:
            give_up = time.monotonic() + LATE_S
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", ports["tls"]), 1).close()
                    break
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < give_up
                time.sleep(0.05)
            yield Site(folder, ports, world.store)
        finally:
            process.terminate()
            process.wait(LATE_S)


def test_page_and_api_are_reached_by_tls(site):
    assert "<title>page" in site.http.get("/").text
    answer = site.http.get("/v1/config")
    assert (answer.status_code, answer.json()["chainId"]) == (200, 31337)
    assert "max-age" in answer.headers["strict-transport-security"]
    assert "default-src" in answer.headers["content-security-policy"]
    assert "nginx/" not in answer.headers["server"]
    with site.connect() as client:
        assert client.version() in {"TLSv1.2", "TLSv1.3"}
    tag = answer.headers["etag"]
    assert site.http.get("/v1/config", headers={"If-None-Match": tag}).status_code == 304


def test_http_2_is_spoken(site):
    context = ssl.create_default_context(cafile=str(site.folder / "biodesci.pem"))
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", site.ports["tls"]), 30)
    with context.wrap_socket(plain, server_hostname=NAME) as client:
        assert client.selected_alpn_protocol() == "h2"


def test_without_tls_one_is_sent_to_it(site):
    answer = httpx.get(f"http://127.0.0.1:{site.ports['plain']}/v1/config?x=1", headers={"Host": NAME})
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/v1/config?x=1")


def test_another_name_is_not_answered(site):
    assert site.http.get("/v1/config", headers={"Host": "evil.example"}).status_code == 421


def test_behind_another_port_the_page_signs_in_under_its_own_address(site, world):
    """A browser says the port with the name, and a wallet compares what it signs with that."""
    address = f"{NAME}:{site.ports['tls']}"
    asked = {"account": world.owner.address}
    origin = {"Host": address, "Origin": f"https://{address}"}
    answer = site.http.post("/v1/session/message", json=asked, headers=origin)
    assert answer.status_code == 200, answer.text
    text = answer.json()["message"]
    assert text.startswith(f"{address} wants you to sign in")
    assert f"\nURI: https://{address}\n" in text
    evil = origin | {"Origin": "https://evil.example"}
    assert site.http.post("/v1/session/message", json=asked, headers=evil).status_code == 403


def test_metrics_are_the_operators_alone(site):
    assert site.http.get("/metrics").status_code == 404


def test_events_come_as_they_happen(site):
    with site.http.stream("GET", "/v1/events") as answer:
        lines = answer.iter_lines()
        assert any("asOf" in line for line in lines)
        number = site.store.cursor().number + 1
        site.store.apply([], Block(number, WORD, 0))
        try:
            assert any(f'"asOf":{number}' in line for line in lines)
        finally:
            site.store.roll_back(number - 1)


def test_a_large_body_is_refused(site):
    answer = site.http.post("/v1/config", content=bytes(1 << 20))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "half", [b"GET /v1/con", b"POST /v1/x HTTP/1.1\r\nHost: data.example.org\r\nContent-Length: 100\r\n\r\n0"]
)
def test_half_a_request_is_not_held(site, half):
    with site.connect() as client, in_time(45):  # nginx's own is a minute
        client.sendall(half)
        with contextlib.suppress(OSError):
            until_closed(client)


def test_clients_are_counted_apart_and_cannot_say_who_they_are(site):
    """The API believes the proxy, and the proxy tells the address that it sees."""
    assert codes_until_refused(lambda headers: site.http.get("/v1/models", headers=headers)) == {200, 429}


def codes_until_refused(ask: Callable[[dict[str, str]], httpx.Response]) -> set[int]:
    """Of questions by clients that each claim another address, until one is refused: the first few hundred
    at most, but more of them on a machine so busy that a minute passes meanwhile."""
    codes: set[int] = set()
    for n in range(4_000):
        codes.add(ask({"X-Forwarded-For": f"198.51.100.{n % 250}"}).status_code)
        if 429 in codes:
            break
    return codes


def test_the_aggregator_is_reached_and_judges_a_message_before_it_is_sent(site):
    assert site.sums.get("/health").json() == {"status": "ok"}
    assert site.sums.get("/health", headers={"Host": f"{SUMS}:{site.ports['tls']}"}).status_code == 200
    assert site.sums.get("/v1/config").status_code == 404
    with site.connect(SUMS) as client:
        head = f"POST /rounds/1/masked HTTP/1.1\r\nHost: {SUMS}\r\nContent-Length: {100 << 20}\r\n\r\n"
        client.sendall(head.encode() + bytes(10))
        answer = client.recv(65536)
        assert re.match(rb"HTTP/1.1 4\d\d ", answer)
        assert b"application/problem+json" in answer  # nginx's own, for a body that does not come, is none


def test_a_message_above_all_sizes_does_not_reach_the_aggregator(site):
    with site.connect(SUMS) as client:
        head = f"POST /rounds/1/masked HTTP/1.1\r\nHost: {SUMS}\r\nContent-Length: {1 << 30}\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_the_issuer_signs_visas_and_nothing_of_who_asked_is_noted(site, world, broker):
    def forward(request: httpx.Request) -> httpx.Response:
        reply = site.visas.request(request.method, request.url.path, content=request.content)
        return httpx.Response(reply.status_code, content=iter([reply.content]))

    answer = client.request(world.buyer, URL, broker.passport(broker.visa()), httpx.MockTransport(forward))
    assert [one.visa.type for one in answer.visas] == [VisaType.RESEARCHER_STATUS]
    assert site.visas.post("/visas", content=b"{}").headers["content-type"] == "application/problem+json"
    site.http.get("/v1/config?marker=1")
    noted = site.noted("marker=1")
    assert "/visas" not in noted
    assert "/nonce" not in noted


def test_a_passport_of_a_book_s_length_is_refused(site):
    assert site.visas.post("/visas", content=bytes(2 << 20)).status_code == 413


def test_the_issuer_counts_clients_by_what_the_proxy_says(site):
    codes = codes_until_refused(lambda headers: site.visas.post("/nonce", headers=headers))
    assert 429 in codes
    assert codes <= {200, 429}


def asked(world, **changed) -> dict[str, str]:
    """What the owner shows for its container; what is `changed` is signed so."""
    request = ContentRequest(
        **{
            "dataset_id": world.datasets[0],
            "license_id": 0,
            "content": bytes(range(32)),
            "account": world.owner.address,
            "audience": f"https://{FILES}",
            "expires": int(time.time()) + 300,
            **changed,
        }
    )
    chain_id, contract = world.owner.chain_id, str(world.owner.licenses.address)
    message = encode_typed_data(full_message=typed_data.content_request(chain_id, contract, request))
    signature = bytes(world.owner.signer().sign_message(message).signature)
    signed = SignedContentRequest(chain_id=chain_id, contract=contract, request=request, signature=signature)
    return {"Authorization": signed.header()}


PATH = f"/containers/{cid.from_digest(bytes(range(32)))}"


def test_a_private_container_is_given_by_ranges_to_who_shows_a_signature(site, world):
    answer = site.files.get(PATH, headers={**asked(world), "Range": "bytes=0-4"})
    assert (answer.status_code, answer.content) == (206, b"first")
    assert answer.headers["content-range"] == f"bytes 0-4/{SIZE}"
    assert answer.headers["cache-control"] == "no-store"
    last = site.files.get(PATH, headers={**asked(world), "Range": f"bytes={64 << 20}-"})
    assert (last.status_code, len(last.content)) == (206, SIZE - (64 << 20))
    for shown in ({}, asked(world, audience=f"https://{NAME}")):
        refused = site.files.get(PATH, headers={**shown, "Range": "bytes=0-4"})
        assert refused.status_code == (403 if shown else 401)
        assert refused.headers["content-type"] == "application/problem+json"
        assert "content-range" not in refused.headers
    assert site.files.get("/health").json() == {"status": "ok", "origin": f"https://{FILES}"}
    assert site.files.request("GET", PATH, headers=asked(world), content=bytes(2 << 10)).status_code == 413


def test_nothing_of_a_container_lies_at_the_proxy(site, world):
    """Not while a client reads slowly either."""
    head = {**asked(world), "Range": "bytes=0-", "Host": FILES, "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with site.connect(FILES) as client:
        client.sendall(f"GET {PATH} HTTP/1.1\r\n{lines}\r\n".encode())
        assert client.recv(1 << 10).startswith(b"HTTP/1.1 206 ")
        time.sleep(1)
        assert not site.temporary()
        rest = sum(len(piece) for piece in iter(lambda: client.recv(1 << 20), b""))
    assert rest > (64 << 20) - (1 << 10)


def test_the_guardian_gives_a_share_to_its_fellow(site, world):
    assert site.shares.get(f"/shares/41/{world.owner.address}").content == b"sealed"
    assert site.shares.get(f"/shares/42/{world.owner.address}").status_code == 404
    assert site.shares.get("/health").json() == {"status": "ok"}
    assert site.shares.post("/shares", content=bytes(2 << 10)).status_code == 413


def test_the_server_of_containers_counts_clients_by_what_the_proxy_says(site):
    """The last of its tests: the client may ask no more in this minute."""
    assert codes_until_refused(lambda headers: site.files.get("/health", headers=headers)) == {200, 429}


def test_every_server_that_is_shipped_has_limits():
    text = SHIPPED.read_text()
    servers = re.split(r"\nserver \{", text)[3:]
    assert len(servers) == 5
    assert all("client_max_body_size" in one and "limit_conn " in one for one in servers)
