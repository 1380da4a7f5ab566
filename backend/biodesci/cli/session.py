"""What commands open: settings, passphrase, chain, IPFS, key. Heavy imports wait until they are needed."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biodesci.asking.public import PublicWeb
    from biodesci.chain.client import Chain
    from biodesci.config import Settings
    from biodesci.ipfs.client import Ipfs
    from biodesci.market.institutions import Institutions
    from biodesci.party.member import Member
    from biodesci.registry.institutions import Asker


@cache
def settings() -> Settings:
    """The settings of this process, read from the environment once. Raises ConfigurationError."""
    from biodesci import config

    return config.load(config.Settings)


@cache
def passphrase() -> str:
    """From the environment, or asked for on a terminal."""
    chosen = settings()
    if chosen.passphrase is None and chosen.passphrase_file is None and sys.stdin.isatty():
        from getpass import getpass

        return getpass("Passphrase of your private files: ")
    return chosen.secret()


def new_passphrase() -> str:
    """As `passphrase`, asked for twice: nobody can restore what a mistyped one seals."""
    from getpass import getpass

    from biodesci.core.errors import InputError

    chosen = settings()
    asked = chosen.passphrase is None and chosen.passphrase_file is None and sys.stdin.isatty()
    word = passphrase()
    if asked and getpass("The same once more: ") != word:
        raise InputError("The two passphrases differ.", "Repeat the command; nothing was made.")
    return word


def chain(*, account: bool = True) -> Chain:
    """The chain that the settings name; with `account`, as the person whose keystore they name."""
    from biodesci.chain.accounts import load
    from biodesci.chain.client import Chain
    from biodesci.chain.deployment import load_deployment
    from biodesci.chain.reading import Reading
    from biodesci.chain.sending import Sending

    chosen = settings()
    deployment = load_deployment(chosen.deployment)
    signer = load(chosen.account_path, passphrase()) if account else None
    return Chain(
        chosen.rpc_url,
        deployment,
        signer,
        chosen.home,
        reading=Reading(chosen.confirmations),
        sending=Sending.chosen(chosen.stuck_after, chosen.highest_fee_gwei, chosen.work_location),
    )


def ipfs() -> Ipfs:
    """The IPFS node that the settings name."""
    from biodesci.ipfs.client import Ipfs
    from biodesci.ipfs.pins import Pins

    chosen = settings()
    return Ipfs(chosen.ipfs_api, authorization=chosen.ipfs_authorization(), pins=Pins(chosen.home))


def member() -> Member:
    """The person whom the settings name, with account, IPFS node and private folder."""
    from biodesci.party.member import Member

    return Member(chain(), ipfs(), settings().home, passphrase())


def web() -> PublicWeb:
    """Servers of domains that anybody may have named."""
    from biodesci.asking.public import PublicWeb

    return PublicWeb(seconds=5.0)


def institutions(on: Chain) -> Institutions:
    """What this home knows of who is behind the accounts of a chain."""
    from biodesci.market.institutions import Institutions

    return Institutions(asker(on), settings().home)


def asker(on: Chain) -> Asker:
    """Asks domains who is behind the accounts of a chain."""
    from biodesci.registry.institutions import Asker
    from biodesci.registry.ror_release import RorRelease

    file = settings().ror_release
    return Asker(on, web(), RorRelease(file) if file else None)


def seed() -> bytes:
    """The seed of this person's X-Wing key."""
    from biodesci.party.keys import load_seed

    return load_seed(settings().home, passphrase())
