"""A grantee's side of codecs: fetch the envelope that the model owner recorded on chain, open it, check it.

Holds no EE key: a training node or an inference client runs this, on its own machine.
"""

from __future__ import annotations

from enum import IntEnum

from web3 import Web3

from biodesci.chain.client import Chain
from biodesci.core import envelope
from biodesci.core.errors import AccessDeniedError, IntegrityError
from biodesci.ee.codec import Codec, Kind
from biodesci.ipfs.client import Ipfs
from biodesci.registry.models import load_card

MAX_CODEC = 256 << 20


class CodecKind(IntEnum):
    """As IModelRegistry.CodecKind."""

    TRAINING = 0
    INFERENCE = 1

    @classmethod
    def of(cls, kind: Kind) -> CodecKind:
        """The contract's number for a codec's kind."""
        return cls.TRAINING if kind == "training" else cls.INFERENCE


def granted(chain: Chain, model_id: int, account: str, kind: Kind) -> bytes | None:
    """CID digest of the envelope recorded for `account`, or None."""
    holder = Web3.to_checksum_address(account)
    digest = bytes(chain.call(chain.models.functions.codecOf(model_id, holder, CodecKind.of(kind))))
    return digest if any(digest) else None


def codec_info(chain: Chain, model_id: int, account: str) -> bytes:
    """What a codec's envelope is bound to."""
    return envelope.info("codec", chain.chain_id, chain.models.address, model_id, account)


def load_codec(
    chain: Chain, ipfs: Ipfs, seed: bytes, model_id: int, kind: Kind, account: str | None = None
) -> Codec:
    """The codec granted to `account` (default: the client's own), opened with its private key `seed`.

    Raises:
        AccessDeniedError: the model owner granted `account` no codec of this kind.
        IntegrityError: the codec is of the other kind.
        WrongKeyError: the envelope was sealed to another key, or the codec belongs to another model key.
    """
    holder = account or chain.address
    digest = granted(chain, model_id, holder, kind)
    if digest is None:
        raise AccessDeniedError(
            f"No {kind} codec of model {model_id} was granted to {holder}.",
            f"Ask the model owner for one: biodesci model grant {model_id} {holder} --kind {kind}.",
        )
    sealed = ipfs.cat(digest, max_size=MAX_CODEC)
    codec = Codec.from_bytes(envelope.open_(seed, sealed, codec_info(chain, model_id, holder)))
    if codec.kind != kind:
        raise IntegrityError(
            f"The codec recorded as {kind} codec is one for {codec.kind}.",
            "Ask the model owner to grant it again.",
        )
    codec.check(load_card(chain, ipfs, model_id).key_id)
    return codec
