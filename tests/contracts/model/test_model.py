"""ModelRegistry.register, publishVersion, grantCodec

register
├── given an empty field: reverts ModelRegistry_EmptyField
└── otherwise: mints the next id, version 1, card URI
publishVersion
├── given another sender than the owner: reverts ModelRegistry_NotOwner
├── given an open round: reverts ModelRegistry_RoundOpen
├── given an empty field: reverts ModelRegistry_EmptyField
└── otherwise: adds a version that no round made
grantCodec
├── given another sender than the owner: reverts ModelRegistry_NotOwner
├── given an empty field: reverts ModelRegistry_EmptyField
└── otherwise: records the envelope by account and kind
"""

import pytest
from reverting import reverts
from vocabulary import ZERO, word

FIELDS = ("architecture", "card", "weightsRoot", "weights")


@pytest.mark.parametrize("missing", FIELDS)
def test_register_needs_every_field(models, model_owner, missing):
    with reverts(models.ModelRegistry_EmptyField, field=missing):
        models.register(*(bytes(32) if f == missing else word(f) for f in FIELDS), sender=model_owner)


def test_register(models, model_owner):
    values = {f: word(f) for f in FIELDS}
    tx = models.register(*values.values(), sender=model_owner)
    assert tx.events == [
        models.Transfer(**{"from": ZERO, "to": model_owner, "tokenId": 1}),
        models.ModelRegistered(modelId=1, owner=model_owner, **values),
    ]
    assert models.ownerOf(1) == model_owner
    assert models.latestVersion(1) == models.modelCount() == 1
    assert models.architectureOf(1) == word("architecture")
    assert models.cardOf(1) == word("card")
    assert models.tokenURI(1) == "ipfs://f01701220" + word("card").hex()
    v = models.versionOf(1, 1)
    assert (v.weightsRoot, v.weights) == (word("weightsRoot"), word("weights"))
    assert (v.roundId, v.publishedAt) == (0, tx.timestamp)


def test_publish_version_needs_the_owner(models, model, stranger):
    with reverts(models.ModelRegistry_NotOwner, modelId=model, got=stranger):
        models.publishVersion(model, word("r"), word("w"), sender=stranger)
    with reverts(models.ERC721NonexistentToken, tokenId=9):
        models.publishVersion(9, word("r"), word("w"), sender=stranger)


def test_publish_version_not_during_a_round(models, model, round_id, model_owner):
    with reverts(models.ModelRegistry_RoundOpen, modelId=model, roundId=round_id):
        models.publishVersion(model, word("r"), word("w"), sender=model_owner)


def test_publish_version_needs_weights(models, model, model_owner):
    with reverts(models.ModelRegistry_EmptyField, field="weightsRoot"):
        models.publishVersion(model, bytes(32), word("w"), sender=model_owner)
    with reverts(models.ModelRegistry_EmptyField, field="weights"):
        models.publishVersion(model, word("r"), bytes(32), sender=model_owner)


def test_publish_version(models, model, model_owner):
    tx = models.publishVersion(model, word("r"), word("w"), sender=model_owner)
    assert tx.events == [
        models.ModelVersionPublished(
            modelId=model, version=2, weightsRoot=word("r"), weights=word("w"), roundId=0
        )
    ]
    assert models.latestVersion(model) == 2
    assert models.versionOf(model, 1).weights == word("weights 1")


def test_grant_codec(models, model, model_owner, hospital, stranger):
    with reverts(models.ModelRegistry_NotOwner, modelId=model, got=stranger):
        models.grantCodec(model, stranger, 0, word("e"), sender=stranger)
    with reverts(models.ModelRegistry_EmptyField, field="account"):
        models.grantCodec(model, ZERO, 0, word("e"), sender=model_owner)
    with reverts(models.ModelRegistry_EmptyField, field="envelope"):
        models.grantCodec(model, hospital, 0, bytes(32), sender=model_owner)
    tx = models.grantCodec(model, hospital, 1, word("e"), sender=model_owner)
    assert tx.events == [models.CodecGranted(modelId=model, account=hospital, kind=1, envelope=word("e"))]
    assert models.codecOf(model, hospital, 1) == word("e")
    assert models.codecOf(model, hospital, 0) == bytes(32)


@pytest.mark.parametrize("view", ["latestVersion", "architectureOf", "cardOf", "tokenURI"])
def test_views_refuse_a_model_that_does_not_exist(models, stranger, view):
    with reverts(models.ERC721NonexistentToken, tokenId=9):
        getattr(models, view).transact(9, sender=stranger)


def test_versions_that_do_not_exist_are_refused(models, model, stranger):
    with reverts(models.ModelRegistry_UnknownVersion, modelId=model, version=2):
        models.versionOf.transact(model, 2, sender=stranger)
