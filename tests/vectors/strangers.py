"""Cards and proof files of strangers, and what is read of them: by Python (core/documents/published_card.py,
declared.py) and by the page (lib/card.ts, lib/proof.ts). What is expected was written by hand.

A case's card is `card`, or `hex` where it is no UTF-8. `content` is the digest of the container, `diseases`
what is said of the term DS; null: refused.
"""

from __future__ import annotations

import base64
import json
from typing import Any

MULTIHASH = b"\x01\x70\x12\x20"
DIGEST = bytes([3]) * 32
CID = "b" + base64.b32encode(MULTIHASH + DIGEST).decode().lower().rstrip("=")
URL = f"ipfs://{CID}"
BASE16 = "f01701220" + DIGEST.hex()
DISEASES = {"named": [{"id": "MONDO:0005068", "name": "x"}], "ontology": "2026-05-05"}
CARD = {"distribution": [{"contentUrl": URL}], "biodesci:diseases": DISEASES}
READ = {"numbers": [5068], "ontology": "2026-05-05"}
DEEPEST = 60


def case(
    name: str, card: str | bytes, content: bytes | None, diseases: dict[str, Any] | None
) -> dict[str, Any]:
    """One case; `card` is its text, or its bytes where they are no UTF-8."""
    text = {"card": card} if isinstance(card, str) else {"hex": card.hex()}
    return {"name": name, **text, "content": content.hex() if content else None, "diseases": diseases}


def with_(**changes: Any) -> str:
    """The card with these fields, in which ':' is written as '__'."""
    return json.dumps(CARD | {name.replace("__", ":"): value for name, value in changes.items()})


def before(text: str) -> str:
    """The card with this text before its first field."""
    return "{" + text + ", " + json.dumps(CARD)[1:]


def nested(levels: int) -> str:
    """The card with so many arrays in one another in a field that nobody reads."""
    return before('"x": ' + "[" * levels + "]" * levels)


def cards() -> dict[str, Any]:
    """All cases."""
    whole = [
        case(f"{name} elsewhere", before(text), DIGEST, READ)
        for name, text in (
            ("NaN", '"x": NaN'),
            ("infinities", '"x": [Infinity, -Infinity, 1e999]'),
            ("NaN in a text", '"x": "NaN", "y": NaN'),
            ("half a surrogate pair", '"x": "\\ud800"'),
            ("a name that is a number", '"name": 7'),
            ("a field twice", '"name": "a", "name": "b"'),
            ("no terms", '"usageInfo": null'),
            ("a prototype", '"__proto__": {"distribution": []}'),
            ("a number of 5,000 digits", '"x": ' + "9" * 5_000),
        )
    ]
    none = [
        case(name, text, None, None)
        for name, text in (
            ("empty", ""),
            ("no JSON", b"\xff"),
            ("another encoding", json.dumps(CARD).encode("utf-16")),
            ("cut off", json.dumps(CARD)[:-1]),
            ("something behind", json.dumps(CARD) + "x"),
            ("no number", before('"x": -NaN')),
            ("no object", "[]"),
            ("null", "null"),
            ("an empty object", "{}"),
            ("nested too deeply", nested(DEEPEST + 5)),
            ("nested far too deeply", nested(3_000)),
        )
    ]
    files = [
        case(f"distribution: {json.dumps(value)[:40]}", with_(distribution=value), None, READ)
        for value in (
            None, {}, [], "x", {"0": {"contentUrl": URL}}, [None], ["x"], [{}], [[{"contentUrl": URL}]],
            [{"contentUrl": 7}], [{"contentUrl": None}], [{"contentUrl": [URL]}], [None, {"contentUrl": URL}],
        )
    ]  # fmt: skip
    urls = [
        case(f"contentUrl: {url[:40]}", with_(distribution=[{"contentUrl": url}]), None, READ)
        for url in (
            "", "ipfs://", "ipfs://x", URL + "x", URL[:-1], f"https://{CID}", f"IPFS://{CID}", f"ipfs://{URL}",
            f"ipfs://{CID.upper()}", f"ipfs://{BASE16.upper()}", f"ipfs://F{BASE16[1:]}", f"{URL}/file",
            "ipfs://f0x" + BASE16[1:], " " + URL, "ipfs://Qm" + "1" * 44, "ipfs://f" + DIGEST.hex(),
        )
    ]  # fmt: skip
    forms = [
        case(f"contentUrl: {url[:40]}", with_(distribution=[{"contentUrl": url}]), DIGEST, READ)
        for url in (CID, f"ipfs://{BASE16}", BASE16)
    ]
    more = [{"contentUrl": URL, "biodesci:new": {}, "contentSize": []}, None]
    others = [
        case("what we need", json.dumps(CARD), DIGEST, READ),
        case("a byte order mark", b"\xef\xbb\xbf" + json.dumps(CARD).encode(), DIGEST, READ),
        case("a byte that is no UTF-8", b'{"x": "\xff", ' + json.dumps(CARD).encode()[1:], DIGEST, READ),
        case("as deep as may be", nested(DEEPEST), DIGEST, READ),
        case("more in the file, and another file", with_(distribution=more), DIGEST, READ),
        case("a container alone", json.dumps({"distribution": [{"contentUrl": URL}]}), DIGEST, None),
        case("diseases alone", json.dumps({"biodesci:diseases": DISEASES}), None, READ),
    ]
    none_named = [
        case(f"diseases: {json.dumps(value)[:60]}", with_(biodesci__diseases=value), DIGEST, None)
        for value in (
            None, [], "x", 7, {}, DISEASES | {"ontology": 7}, DISEASES | {"ontology": None},
            DISEASES | {"ontology": "\ud800"}, DISEASES | {"named": {}}, DISEASES | {"named": [None]},
            DISEASES | {"named": "MONDO:0005068"}, DISEASES | {"named": [{"id": 5068}]},
            DISEASES | {"named": [{"id": "heart"}]}, DISEASES | {"named": [{"id": "MONDO:0000000"}]},
            DISEASES | {"named": [{"id": "MONDO:5068"}]}, {"named": DISEASES["named"]}, {"ontology": "x"},
            DISEASES | {"named": [{"id": "MONDO:0005068"}, {}]},
            DISEASES | {"named": [{"id": "\x1cMONDO:0005068"}]},
            DISEASES | {"named": [{"id": "\ufeffMONDO:0005068"}]},
            DISEASES | {"named": [{"id": "\xa0MONDO:0005068"}]},
        )
    ]  # fmt: skip
    named = [
        case(
            name,
            with_(biodesci__diseases=DISEASES | {"named": diseases}),
            DIGEST,
            READ | {"numbers": numbers},
        )
        for name, diseases, numbers in (
            ("no disease named", [], []),
            ("an id in lower case", [{"id": " mondo:0005068 "}], [5068]),
            (
                "two",
                [{"id": "MONDO:0005068"}, {"id": "MONDO:0005010", "name": None, "more": 1}],
                [5068, 5010],
            ),
        )
    ]
    return {"cases": [*others, *whole, *none, *files, *urls, *forms, *none_named, *named]}


STEP = "0x" + "ab" * 32
PROOF = {"disease": "MONDO:0005068", "proof": [STEP]}


def proofs() -> dict[str, Any]:
    """Texts of proof files, and how many `steps` are read for the disease 5068; null: refused."""
    read = (
        ("as it is written", json.dumps(PROOF, indent=2) + "\n", 1),
        ("no step", json.dumps(PROOF | {"proof": []}), 0),
        ("the longest", json.dumps(PROOF | {"proof": [STEP] * 32}), 32),
        ("upper case", json.dumps(PROOF | {"proof": ["0x" + "AB" * 32]}), 1),
        ("an escaped name", json.dumps(PROOF).replace('"disease"', '"dise\\u0061se"'), 1),
    )
    refused = (
        ("empty", ""), ("no JSON", "proof"), ("no object", "[]"), ("null", "null"), ("nothing in it", "{}"),
        ("a byte order mark", "\ufeff" + json.dumps(PROOF)),
        ("no disease", json.dumps({"proof": [STEP]})),
        ("no proof", json.dumps({"disease": "MONDO:0005068"})),
        ("an unknown field", json.dumps(PROOF | {"more": 1})),
        ("a field twice", '{"proof": [], ' + json.dumps(PROOF)[1:]),
        ("a field twice, once escaped", '{"dise\\u0061se": "MONDO:0005068", ' + json.dumps(PROOF)[1:]),
        *(
            (f"disease: {json.dumps(value)}", json.dumps(PROOF | {"disease": value}))
            for value in (5068, None, "", "MONDO:5068", "mondo:0005068", " MONDO:0005068", "MONDO:0000000")
        ),
        *(
            (f"proof: {json.dumps(value)[:60]}", json.dumps(PROOF | {"proof": value}))
            for value in (
                None, STEP, {"0": STEP}, [None], [7], ["0x12"], [STEP[2:]], [STEP + "ab"], [STEP[:-1] + "g"],
                [[STEP]], [" " + STEP],
            )
        ),
        ("one step too many", json.dumps(PROOF | {"proof": [STEP] * 33})),
        ("too large", json.dumps(PROOF) + " " * (16 << 10)),
    )  # fmt: skip
    return {
        "disease": 5068,
        "cases": [
            *({"name": name, "text": text, "steps": steps} for name, text, steps in read),
            *({"name": name, "text": text, "steps": None} for name, text in refused),
        ],
    }
