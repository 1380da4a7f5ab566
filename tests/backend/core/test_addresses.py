"""What of an address may be shown, and to whom."""

from __future__ import annotations

import pytest

from biodesci.core.addresses import secrets_in, without_key, without_secrets

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("http://127.0.0.1:8545", []),
        ("https://api.avax.network/ext/bc/C/rpc", []),
        (f"https://user:s3cret@node.example/v3/{KEY}?k=feedbeef01#z", ["s3cret", "feedbeef01", "z", KEY]),
        (f"https://{KEY}@node.example/rpc", [KEY]),
        (f"https://eth-{KEY}.node.example/rpc", [KEY]),
        ("https://node.example/?justakey", ["justakey"]),
        ("https://node.example/a%2Fb1%3D", ["a%2Fb1%3D", "a/b1="]),
        ("postgresql://biodesci:pass%20word@db.example/biodesci_2", ["pass%20word", "pass word"]),
        ("postgresql://biodesci@db.example/biodesci", []),
        ("/ip4/127.0.0.1/tcp/5001", []),
        ("http://[half", ["http://[half"]),
    ],
)  # fmt: skip
def test_what_of_an_address_is_a_secret(url: str, secrets: list[str]) -> None:
    assert secrets_in(url) == secrets


def test_a_text_keeps_all_but_the_secrets() -> None:
    url = f"https://{KEY}.node.example/v3/{KEY}0?a=v3"
    text = f"v3 of https://{KEY}.node.example/v3/{KEY}0 is over"
    assert without_secrets(url, text) == "v3 of https://....node.example/v3/... is over"


def test_of_a_hosts_name_the_key_is_left_out() -> None:
    assert without_key(f"eth-{KEY}.node.example") == "eth-....node.example"
    assert (
        without_key("ec2-203-0-113-25.compute-1.amazonaws.com") == "ec2-203-0-113-25.compute-1.amazonaws.com"
    )
