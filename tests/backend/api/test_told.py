"""What every browser is told of the servers behind the API: addresses for everybody, and no key."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from biodesci.api import told
from biodesci.api.app import create
from biodesci.core.errors import ConfigurationError

KEY = "9aa3d95b3bc440fa88ea12eaa4456161"
KEYED = (
    f"https://mainnet.infura.io/v3/{KEY}",
    f"https://eth-mainnet.g.alchemy.com/v2/{KEY[:20]}-{KEY[20:]}",
    f"https://host.quiknode.pro/{KEY}/",
    f"https://lb.drpc.org/ogrpc?network=ethereum&dkey={KEY}",
    f"https://user:{KEY}@node.example.org",
    f"https://{KEY}@node.example.org/rpc",
    f"https://node.example.org/{KEY[:13]}",
    f"https://node.example.org/#{KEY}",
    f"https://{KEY}.node.example.org/rpc",
    f"https://eth-{KEY[:20]}.node.example.org",
)


@pytest.mark.parametrize("url", KEYED)
def test_an_address_with_a_key_is_told_to_nobody(world, url):
    settings = world.settings.model_copy(update={"rpc_url": url})
    with TestClient(create(settings)) as client:
        answers = [client.get(path) for path in ("/v1/config", "/", "/docs", "/openapi.json", "/v1/none")]
    assert answers[0].json()["rpcUrl"] is None
    for answer in answers:
        everything = answer.text + str(answer.headers)
        assert KEY[:13] not in everything
        assert "quiknode" not in everything
    assert answers[0].headers["content-security-policy"].count("connect-src 'self' http://127.0.0.1") == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8545",
        "https://rpc.example.org/",
        "https://api.avax.network/ext/bc/C/rpc",
        "https://ec2-203-0-113-25.compute-1.amazonaws.com",
        "https://mainnet.internationaluniversity.org",
    ],
)
def test_an_address_without_one_is_told(world, url):
    assert told.rpc_url(world.settings.model_copy(update={"rpc_url": url})) == url


def test_the_public_address_is_told_instead(world):
    public = "https://public.example.org/v3/for-everybody-0123456789"
    settings = world.settings.model_copy(update={"rpc_url": KEYED[0], "public_rpc_url": public})
    with TestClient(create(settings)) as client:
        answer = client.get("/v1/config")
    assert answer.json()["rpcUrl"] == public
    assert "https://public.example.org" in answer.headers["content-security-policy"]
    assert KEY not in answer.text


def test_of_several_nodes_one_without_a_key_is_told(world):
    several = f"{KEYED[0]} https://rpc.example.org"
    assert told.rpc_url(world.settings.model_copy(update={"rpc_url": several})) == "https://rpc.example.org"


def test_where_the_ipfs_node_is_stands_in_no_answer(world):
    paths = ("/v1/config", "/ready", "/v1/datasets", "/openapi.json", "/v1/none")
    assert not [path for path in paths if world.settings.ipfs_api in world.client.get(path).text]


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "ws://example.org", "rpc.example.org", f"https://a:{KEY}@example.org"]
)
def test_a_public_address_that_browsers_cannot_use_is_refused(world, url):
    with pytest.raises(ConfigurationError, match="BIODESCI_PUBLIC_RPC_URL") as refused:
        create(world.settings.model_copy(update={"public_rpc_url": url}))
    assert KEY not in str(refused.value)


def test_a_node_that_fails_is_named_to_nobody(world, caplog):
    away = "http://127.0.0.1:9"
    with TestClient(create(world.settings.model_copy(update={"rpc_url": away}))) as client:
        asked = client.post("/v1/session/message", json={"account": world.owner.address}).json()
        answer = client.post("/v1/session", json={**asked, "signature": "0x" + "11" * 65})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "127.0.0.1" not in answer.text
    assert away in caplog.text
