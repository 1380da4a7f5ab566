"""biodesci account: create, show, pay out, decide disputes."""

from __future__ import annotations

from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import address, token

app = typer.Typer(no_args_is_help=True)

# Of secp256k1 (SEC 2, 2.4.1): a private key is a number from 1 to less than this.
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@app.command()
def create(
    import_key: bool = typer.Option(
        False, "--import", help="Take the private key in BIODESCI_PRIVATE_KEY instead of a new one."
    ),
) -> None:
    """Make an account in a keystore file that the passphrase opens."""
    from biodesci.chain import accounts
    from biodesci.core.errors import InputError

    private = None
    if import_key:
        try:
            given = session.settings().private_key
            private = bytes.fromhex(given.get_secret_value().removeprefix("0x") if given else "")
        except ValueError:
            private = b""
        if len(private) != 32 or not 0 < int.from_bytes(private, "big") < _CURVE_ORDER:
            raise InputError(
                "BIODESCI_PRIVATE_KEY is not a private key.", "Set it to 64 hexadecimal digits, then repeat."
            )
    path = session.settings().account_path
    account = accounts.create(path, session.new_passphrase(), private_key=private)
    output.record(
        {"address": account, "file": str(path)},
        "Account made. Keep a copy of the file, and the passphrase apart from it: nobody can restore them.",
    )


@app.command()
def show(
    currency: Annotated[str, typer.Option(help="An ERC-20's address, or ETH.")] = "ETH",
) -> None:
    """Address, balance and what the contracts owe to it."""
    from biodesci.chain import accounts
    from biodesci.chain.currency import Money
    from biodesci.market.money import holdings

    own = accounts.address(session.settings().account_path)
    chain = session.chain(account=False)
    paid_in = token(chain, currency)
    balances = {name: Money(amount, paid_in) for name, amount in holdings(chain, own, paid_in).items()}
    has_key = bool(chain.call(chain.keys.functions.hasKey(own)))
    output.record({"address": own, **balances, "encryption_key": has_key, "chain_id": chain.chain_id})


@app.command()
def collect(
    currency: Annotated[str, typer.Option(help="An ERC-20's address, or ETH.")] = "ETH",
    to: Annotated[str, typer.Option(help="Another address, where this one cannot take the currency.")] = "",
) -> None:
    """Pay out what the contracts owe to this account."""
    from biodesci.chain.currency import Money
    from biodesci.market.money import collect as run

    chain = session.chain()
    paid_in = token(chain, currency)
    paid = run(chain, paid_in, to=address(to) if to else None)
    output.record(
        {"collected": Money(paid, paid_in)},
        "" if paid else f"Nothing is owed to {chain.address} in {paid_in.name}.",
    )


@app.command()
def pending() -> None:
    """What this account has sent, or signed, that is not done: nonce, fee, age, and why it waits."""
    from dataclasses import asdict

    from biodesci.chain import accounts

    own = accounts.address(session.settings().account_path)
    rows = [asdict(one) for one in session.chain(account=False).pending(own)]
    columns = ["nonce", "kind", "about", "gwei", "attempts", "seconds", "why"]
    output.table(rows, columns, "Nothing is pending.")


@app.command("accept-arbitration")
def accept_arbitration(
    stop: Annotated[
        bool, typer.Option("--stop", help="No longer: offers that name you sell no more.")
    ] = False,
) -> None:
    """Agree to decide disputes for offers that name this account: without that none can.

    What was sold before you stop can still be decided by you (biodesci license resolve).
    """
    from biodesci.market.arbitration import accept

    chain = session.chain()
    sent = accept(chain, accepted=not stop)
    sentence = (
        "Offers may not name you any more, and those that do sell nothing."
        if stop
        else "Offers may name you as their arbiter. You cannot buy by them, nor sell or act for the seller."
    )
    output.record({"account": chain.address, "is_arbiter": not stop, "sent": sent}, sentence)
