"""Writes the vectors that Python, TypeScript and Solidity share; `--check` compares with what is committed.

    python tests/vectors/make.py [--check]

What is deterministic is computed here a second time, straight from docs/protocol.md and without the package's
container and Merkle code, so that the files are not just the package's own echo. Sealing is randomised:
envelopes are made once and stay; every run opens them again.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import struct
import sys
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import strangers
import typed
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from biodesci.core import checkpoint, cid, commitment, container, disease, duo, duo_width, envelope, merkle

HERE = Path(__file__).parent
SEGMENT = 1 << 16
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SUBJECT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


def fixed(label: str, size: int = 32) -> bytes:
    """Bytes that look random and are the same everywhere: SHAKE-256 of a label."""
    return hashlib.shake_256(label.encode()).digest(size)


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def sealed(plaintext: bytes, dataset_key: bytes, file_id: bytes) -> tuple[bytes, list[bytes]]:
    """A container with a given file id (the package draws its own), and its leaves."""
    header = b"BDSC\x01\x10" + bytes(10) + file_id
    key = HKDF(algorithm=SHA256(), length=32, salt=file_id, info=b"biodesci/container/v1").derive(dataset_key)
    pieces = [plaintext[i : i + SEGMENT] for i in range(0, len(plaintext), SEGMENT)] or [b""]
    segments = [
        AESGCM(key).encrypt(bytes(7) + struct.pack(">IB", i, i == len(pieces) - 1), piece, header)
        for i, piece in enumerate(pieces)
    ]
    return header + b"".join(segments), [header, *segments]


def containers() -> dict[str, Any]:
    accepted, refused = [], []
    for size in (0, 5, SEGMENT, SEGMENT + 5):
        plaintext = fixed(f"plaintext {size}", size)
        key, file_id = fixed(f"dataset key {size}"), fixed(f"file id {size}")
        raw, leaves = sealed(plaintext, key, file_id)
        target = io.BytesIO()
        container.decrypt(io.BytesIO(raw), target, key, expected_root=tree_hash(leaves))
        assert target.getvalue() == plaintext
        accepted.append(
            {
                "datasetKey": key.hex(),
                "fileId": file_id.hex(),
                "segmentSize": SEGMENT,
                "plaintextSize": size,
                "plaintextSha256": hashlib.sha256(plaintext).hexdigest(),
                "contentRoot": tree_hash(leaves).hex(),
                "sha256": hashlib.sha256(raw).hexdigest(),
                "containerBase64": base64.b64encode(raw).decode(),
            }
        )
    # Each changes the last container above: keep its first `keep` bytes, XOR `flip` at `flipAt`, append.
    whole = len(raw)
    boundary = 48 + SEGMENT + 16
    for name, keep, at, append in (
        ("empty", 0, None, b""),
        ("cut in the header", 40, None, b""),
        ("header alone", 48, None, b""),
        ("cut inside a segment", 1000, None, b""),
        ("last segment missing", boundary, None, b""),
        ("last byte missing", whole - 1, None, b""),
        ("trailing byte", whole, None, b"\x00"),
        ("trailing tag", whole, None, bytes(16)),
        ("last segment twice", whole, None, raw[boundary:]),
        ("magic", whole, 0, b""),
        ("version", whole, 4, b""),
        ("segment size", whole, 5, b""),
        ("reserved byte", whole, 10, b""),
        ("file id", whole, 20, b""),
        ("first segment", whole, 100, b""),
        ("first tag", whole, boundary - 1, b""),
        ("last segment", whole, boundary, b""),
        ("last tag", whole, whole - 1, b""),
    ):
        refused.append({"name": name, "keep": keep, "flipAt": at, "flip": 1, "appendHex": append.hex()})
    return {"accepted": accepted, "refused": refused, "refusedOf": len(accepted) - 1}


def envelopes(before: dict[str, Any] | None) -> dict[str, Any]:
    known = {case["info"]: case["envelope"] for case in (before or {}).get("accepted", [])}
    accepted = []
    for id_, purpose, size in (
        (0, "license", 64),
        (1, "codec", 1000),
        (int(OTHER, 16), "inference-input", 33),  # the requester
        (3, "inference-output", 32),
    ):
        seed, plaintext = fixed(f"seed {purpose}"), fixed(f"secret {purpose}", size)
        words = (keccak(b"biodesci/envelope/v1"), keccak(text=purpose), 31337, CONTRACT, id_, SUBJECT)
        info = keccak(encode(["bytes32", "bytes32", "uint256", "address", "uint256", "address"], words))
        assert info == envelope.info(purpose, 31337, CONTRACT, id_, SUBJECT)
        # Of a key's envelope the randomness is known, so that it can be made again as an arbiter makes it.
        shown = {"randomness": fixed("randomness", 64).hex()} if purpose == "license" else {}
        public = envelope.public_key(seed)
        if shown:
            text = envelope.seal_again(public, plaintext, info, fixed("randomness", 64)).hex()
        else:
            text = known.get(info.hex()) or envelope.seal(public, plaintext, info).hex()
        assert envelope.open_(seed, bytes.fromhex(text), info) == plaintext
        accepted.append(
            {
                "purpose": purpose,
                "chainId": 31337,
                "contract": CONTRACT,
                "id": str(id_),
                "subject": SUBJECT,
                "info": info.hex(),
                "seed": seed.hex(),
                "publicKey": public.hex(),
                "plaintext": plaintext.hex(),
                **shown,
                "envelope": text,
            }
        )
    # Each changes the first envelope above by one bit.
    refused = [
        {"name": name, "flipAt": at, "flip": 1}
        for name, at in (
            ("magic", 0),
            ("version", 4),
            ("reserved byte", 6),
            ("ML-KEM ciphertext", 8),
            ("X25519 public key", 8 + 1119),
            ("ciphertext", 8 + 1120),
            ("tag", 8 + 1120 + 64 + 15),
        )
    ]
    return {"accepted": accepted, "refused": refused, "refusedOf": 0}


def commitments() -> dict[str, Any]:
    salt, key, root = fixed("salt"), fixed("key"), fixed("tensor root")
    weights, digest = fixed("weights root"), fixed("masked vector")
    b32, u256, adr = "bytes32", "uint256", "address"
    expected = {
        "key": keccak(
            encode(
                [b32, u256, adr, adr, b32, b32],
                [keccak(b"biodesci/key-commitment/v2"), 31337, CONTRACT, OTHER, salt, key],
            )
        ),
        "input": keccak(
            encode(
                [b32, u256, adr, adr, adr, b32, b32],
                [keccak(b"biodesci/input/v2"), 31337, CONTRACT, OTHER, SUBJECT, salt, root],
            )
        ),
        "output": keccak(
            encode(
                [b32, u256, adr, u256, adr, b32, b32, b32],
                [keccak(b"biodesci/output/v1"), 31337, CONTRACT, 7, SUBJECT, weights, salt, root],
            )
        ),
        "maskedUpdate": keccak(
            encode(
                [b32, u256, adr, u256, adr, b32],
                [keccak(b"biodesci/masked-update/v1"), 31337, CONTRACT, 3, OTHER, digest],
            )
        ),
    }
    text = "Does ST depression predict the angiogram’s finding?"
    expected["statement"] = keccak(keccak(b"biodesci/statement/v1") + salt + text.encode())
    assert expected["statement"] == commitment.statement(salt, text)
    publisher = commitment.Publisher(31337, CONTRACT, OTHER)
    assert expected["key"] == commitment.key_commitment(publisher, key, salt)
    assert expected["input"] == commitment.input_commitment(
        commitment.Inquiry(31337, CONTRACT, OTHER, SUBJECT), salt, root
    )
    assert expected["output"] == commitment.output_commitment(
        commitment.Answer(31337, CONTRACT, 7, SUBJECT, weights), salt, root
    )
    assert expected["maskedUpdate"] == commitment.masked_update(31337, CONTRACT, 3, OTHER, digest)
    expected["version"] = keccak(encode([b32, b32], [root, expected["key"]]))
    assert expected["version"] == commitment.of_version(root, expected["key"])
    place = {"chainId": 31337, "contract": CONTRACT}
    return {
        "version": {
            "contentRoot": f"0x{root.hex()}",
            "keyCommitment": f"0x{expected['key'].hex()}",
            "commitments": f"0x{expected['version'].hex()}",
        },
        "key": {
            **place,
            "publisher": OTHER,
            "datasetKey": key.hex(),
            "salt": salt.hex(),
            "commitment": expected["key"].hex(),
        },
        "statement": {"salt": salt.hex(), "text": text, "commitment": expected["statement"].hex()},
        "input": {
            **place,
            "requester": OTHER,
            "worker": SUBJECT,
            "salt": salt.hex(),
            "tensorRoot": root.hex(),
            "commitment": expected["input"].hex(),
        },
        "output": {
            **place,
            "requestId": 7,
            "worker": SUBJECT,
            "weightsRoot": weights.hex(),
            "salt": salt.hex(),
            "tensorRoot": root.hex(),
            "commitment": expected["output"].hex(),
        },
        "maskedUpdate": {
            **place,
            "roundId": 3,
            "node": OTHER,
            "vectorSha256": digest.hex(),
            "commitment": expected["maskedUpdate"].hex(),
        },
    }


def merkles() -> dict[str, Any]:
    # The inputs of Certificate Transparency's own reference tests.
    leaves = [
        bytes.fromhex(h)
        for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", bytes(range(96, 112)).hex())
    ]
    cases = []
    for size in range(len(leaves) + 1):
        root = tree_hash(leaves[:size])
        assert root == merkle.root(leaves[:size])
        proofs = [[step.hex() for step in merkle.prove(leaves[:size], index)] for index in range(size)]
        cases.append({"size": size, "root": root.hex(), "proofs": proofs})
    return {"leaves": [leaf.hex() for leaf in leaves], "cases": cases}


def tensors() -> dict[str, Any]:
    cases: list[dict[str, np.ndarray[Any, Any]]] = [
        {"x": np.array([[1.5, -2.0, 0.1]], dtype=np.float64)},
        {
            "b.weight": np.array([[1, 2], [3, 4]], dtype=np.float32),
            "a": np.array(-7, dtype=np.int32),
            "ключ": np.array([1, 0, 255], dtype=np.uint8),
            "z": np.zeros((0, 3), dtype=np.int64),
        },
    ]
    found = []
    for case in cases:
        shown, leaves = {}, []
        for name in sorted(case, key=lambda n: n.encode()):
            array = case[name]
            dtype = {"float64": "F64", "float32": "F32", "int32": "I32", "uint8": "U8", "int64": "I64"}[
                str(array.dtype)
            ]
            raw = array.tobytes()
            shape = struct.pack(f">B{array.ndim}I", array.ndim, *array.shape)
            leaves.append(
                struct.pack(">H", len(name.encode()))
                + name.encode()
                + bytes([len(dtype)])
                + dtype.encode()
                + shape
                + raw
            )
            shown[name] = {"dtype": dtype, "shape": list(array.shape), "data": raw.hex()}
        assert tree_hash(leaves) == checkpoint.root(case)
        dumped = checkpoint.dump(case)
        found.append({"tensors": shown, "root": tree_hash(leaves).hex(), "safetensorsHex": dumped.hex()})
    return {"cases": found}


def cids() -> dict[str, Any]:
    digests = [fixed("cid"), bytes(32), b"\xff" * 32]
    return {
        "cases": [
            {
                "digest": d.hex(),
                "v0": cid.to_v0(d),
                "v1": cid.from_digest(d),
                "base16": "f01701220" + d.hex(),
            }
            for d in digests
        ],
        # An empty UnixFS file is the one CID everybody knows by heart.
        "emptyFile": "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH",
    }


PERMISSIONS = [duo.bits([name]) for name in ("NRES", "GRU", "HMB", "DS", "POA", "CC")]
KINDS = [duo.bits([name]) for name in ("GRU", "HMB", "DS", "POA", "CC")]
EXCLUSIONS = [duo.bits([name]) for name in ("NMDS", "NPOA", "NPUNCU", "NPU", "NCU", "GSO")]
AGREEMENTS = [duo.bits([name]) for name in ("PUB", "COL", "MOR", "TS", "RTN", "IRB")]
JUDGED = [duo.bits([name]) for name in ("RS", "GS", "US", "PS", "IS")]
PROPERTIES = [duo.bits([name]) for name in ("METHODS", "GENETIC", "COMMERCIAL", "FOR_PROFIT", "SENSITIVE")]


def subsets(bits: list[int]) -> list[int]:
    return [sum(chosen) for size in range(len(bits) + 1) for chosen in combinations(bits, size)]


def duo_cases() -> Iterator[tuple[int, int, bool]]:
    every, genetic, methods = sum(AGREEMENTS), duo.bits(["GENETIC"]), duo.bits(["METHODS"])
    hmb, ds, gru = duo.bits(["HMB"]), duo.bits(["DS"]), duo.bits(["GRU"])
    # What is permitted, by what is wanted.
    for terms, purpose in product(subsets(PERMISSIONS), [*subsets(KINDS), methods]):
        yield terms, purpose, False
    for terms, purpose, more in product(subsets(PERMISSIONS[2:]), subsets(KINDS), (0, methods)):
        yield terms, purpose | more, True
    # Each exclusion and each pair of them, by all properties of the study.
    for terms, kind, more in product(
        [*EXCLUSIONS, *map(sum, combinations(EXCLUSIONS, 2))], KINDS[:4], subsets(PROPERTIES)
    ):
        yield gru | terms, kind | more, False
    # Each permission and each pair of them, by all properties of the study.
    for terms, kind, more in product(
        [*PERMISSIONS, *map(sum, combinations(PERMISSIONS, 2))], KINDS, subsets(PROPERTIES)
    ):
        yield terms, kind | more, True
    # Conditions: all kept, none, one missing, one superfluous.
    for asked in subsets(AGREEMENTS):
        for kept in (asked, every, 0, *(asked & ~bit for bit in AGREEMENTS)):
            yield hmb | asked, hmb | kept, False
    for judged, shown in product(subsets(JUDGED), (False, True)):
        yield hmb | judged, hmb, shown
        yield ds | judged, ds, shown
    # Every bit of the word, on either side of a pair that would do without it.
    for bit, (terms, purpose) in product(range(64), ((hmb, hmb), (ds, ds), (gru, methods))):
        yield terms | 1 << bit, purpose, True
        yield terms, purpose | 1 << bit, True
    # Anything that is said in terms of the table, more often permissive than not.
    for index in range(1600):
        draw = [int.from_bytes(fixed(f"duo {index} {side}", 16), "big") for side in ("terms", "purpose")]
        rare = draw[0] >> 64 & draw[0] >> 16
        terms = draw[0] & sum(PERMISSIONS) | rare & sum([*EXCLUSIONS, *AGREEMENTS, *JUDGED])
        purpose = draw[1] & draw[1] >> 64 & sum([*KINDS, *PROPERTIES]) | draw[1] & every
        yield terms, purpose | (terms & every if index % 2 else genetic), bool(index % 3)


def duos() -> dict[str, Any]:
    """What DuoPolicy.sol, core/duo.py and purpose.ts must agree on."""
    cases = list(dict.fromkeys(duo_cases()))
    return {
        "decisions": ["deny", "approve", "review"],
        "columns": ["terms", "purpose", "disease shown", "decision"],
        "cases": [[hex(t), hex(p), int(shown), int(duo.match(t, p, shown))] for t, p, shown in cases],
    }


def widths() -> dict[str, Any]:
    """What DuoWidth.sol and core/duo_width.py must agree on; the parent has the disease root 1.

    Worked out anew: what the table of DuoPolicy.sol says of each permission, as sets.
    """
    nres, gru, hmb, ds, poa, _ = PERMISSIONS
    wide = {nres: set(PERMISSIONS), gru: {gru, hmb, ds, poa}, hmb: {hmb, ds}}
    modifiers = [*EXCLUSIONS, *AGREEMENTS, *JUDGED]

    def kinds(terms: int) -> set[int]:
        return set().union(*(wide.get(bit, {bit}) for bit in PERMISSIONS if terms & bit))

    def no_wider(parent: int, child: int, diseases: int) -> bool:
        if not kinds(child) <= kinds(parent) or any(parent & bit and not child & bit for bit in modifiers):
            return False
        return diseases != 2 or hmb in kinds(parent) or not child & ds

    pairs = [(parent, child) for parent, child in product(subsets(PERMISSIONS), repeat=2) if parent and child]
    pairs = pairs[::3]
    for kept, given in product([0, *modifiers, sum(modifiers)], repeat=2):
        pairs += [(hmb | kept, hmb | given), (ds | kept, ds | given)]
    cases = []
    for index, (parent, child) in enumerate(dict.fromkeys(pairs)):
        for diseases in (0, 1, 2) if child & ds else (index % 3,):
            answer = no_wider(parent, child, diseases)
            root = diseases.to_bytes(32)
            assert answer == duo_width.is_no_wider(parent, (1).to_bytes(32), child, root)
            word = parent.to_bytes(8) + child.to_bytes(8) + bytes(14) + bytes([diseases, answer])
            cases.append("0x" + word.hex())
    layout = "parent (8 bytes), child (8), 14 zeros, diseases (1): none, the parent's, others; answer (1)"
    return {"layout": layout, "cases": cases}


def diseases() -> dict[str, Any]:
    """What Diseases.sol and core/disease.py must agree on, over real diseases."""
    obo = (HERE / "mondo_heart.obo").read_text()
    cases = []
    for named in ([5010], [5068], [5252], [5010, 5068], [41656]):
        permitted = disease.descendants(obo, named)
        leaves = sorted(keccak(keccak(encode(["uint32"], [number]))) for number in permitted)

        def node(index: int, leaves: list[bytes] = leaves) -> bytes:
            """StandardMerkleTree: node i is over 2i + 1 and 2i + 2, leaves last, backwards."""
            if index >= len(leaves) - 1:
                return leaves[2 * len(leaves) - 2 - index]
            return keccak(b"".join(sorted((node(2 * index + 1), node(2 * index + 2)))))

        assert node(0) == disease.root(permitted)
        proofs = [["0x" + step.hex() for step in disease.prove(permitted, number)] for number in permitted]
        cases.append(
            {
                "named": [disease.format_id(number) for number in named],
                "root": "0x" + node(0).hex(),
                "members": [
                    {"disease": n, "proof": proof} for n, proof in zip(permitted, proofs, strict=True)
                ],
            }
        )
    return {"ontology": "mondo_heart.obo", "cases": cases}


def sign_ins() -> dict[str, Any]:
    """What passports/siwe.py and passport.ts must write alike, by EIP-4361 word for word."""
    passport, cases = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", []
    digest = hashlib.sha256(passport.encode()).hexdigest()
    for domain, uri, expires, ends in (
        ("visas.example.org", "https://visas.example.org", 1_900_000_600, "2030-03-17T17:56:40Z"),
        ("127.0.0.1:8750", "http://127.0.0.1:8750", 1_900_000_001, "2030-03-17T17:46:41Z"),
    ):
        text = "\n".join(
            (
                f"{domain} wants you to sign in with your Ethereum account:",
                SUBJECT,
                "",
                f"Give me visas for the passport with the SHA-256 {digest}.",
                "",
                f"URI: {uri}",
                "Version: 1",
                "Chain ID: 31337",
                "Nonce: 00112233445566778899aabbccddeeff",
                "Issued At: 2030-03-17T17:46:40Z",
                f"Expiration Time: {ends}",
            )
        )
        cases.append({"domain": domain, "address": SUBJECT, "uri": uri, "expires": expires, "text": text})
    return {
        "passport": passport,
        "chainId": 31337,
        "nonce": "00112233445566778899aabbccddeeff",
        "issuedAt": 1_900_000_000,
        "cases": cases,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is out of date")
    check = parser.parse_args().check
    path = HERE / "envelope.json"
    before = json.loads(path.read_text()) if path.exists() else None
    made = {
        "cid": cids(),
        "merkle": merkles(),
        "tensor_root": tensors(),
        "commitment": commitments(),
        "container": containers(),
        "envelope": envelopes(before),
        "duo": duos(),
        "duo_width": widths(),
        "disease": diseases(),
        "typed_data": typed.vectors(),
        "offers": typed.offers(),
        "sign_in": sign_ins(),
        "cards": strangers.cards(),
        "proofs": strangers.proofs(),
    }
    stale = []
    for name, content in made.items():
        path = HERE / f"{name}.json"
        # One case of the long table a line, everything else indented.
        text = json.dumps(content, ensure_ascii=False, indent=None if name == "duo" else 1) + "\n"
        text = text.replace("], [", "],\n[") if name == "duo" else text
        if check:
            if not path.exists() or path.read_text() != text:
                stale.append(path.name)
        else:
            path.write_text(text)
    if stale:
        print(f"Out of date: {', '.join(stale)}. Run python tests/vectors/make.py.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
