"""biodesci account: create, show, pay out."""

from __future__ import annotations

import os

import typer

from biodesci.cli import output, session

app = typer.Typer(no_args_is_help=True)


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
            private = bytes.fromhex(os.environ.get("BIODESCI_PRIVATE_KEY", "").removeprefix("0x"))
        except ValueError:
            private = b""
        if len(private) != 32:
            raise InputError(
                "BIODESCI_PRIVATE_KEY is not a private key.", "Set it to 64 hexadecimal digits, then repeat."
            )
    path = session.settings().account_path
    address = accounts.create(path, session.passphrase(), private_key=private)
    output.record(
        {"address": address, "file": str(path)},
        "Account made. Keep a copy of the file, and the passphrase apart from it: nobody can restore them.",
    )


@app.command()
def show() -> None:
    """Address, balance and what the contracts owe to it."""
    from web3 import Web3

    from biodesci.chain import accounts
    from biodesci.chain.currency import ETHER

    address = accounts.address(session.settings().account_path)
    chain = session.chain(account=False)
    output.record(
        {
            "address": address,
            "balance_eth": str(Web3.from_wei(chain.balance(address), "ether")),
            "owed_for_licences_eth": str(
                Web3.from_wei(chain.call(chain.licenses.functions.owed(address, ETHER)), "ether")
            ),
            "owed_for_inference_eth": str(
                Web3.from_wei(chain.call(chain.inferences.functions.owed(address)), "ether")
            ),
            "encryption_key": bool(chain.call(chain.keys.functions.hasKey(address))),
            "chain_id": chain.chain_id,
        }
    )


@app.command()
def collect() -> None:
    """Pay out what the contracts owe to this account."""
    from web3 import Web3

    from biodesci.chain.currency import ETHER

    chain = session.chain()
    paid = 0
    for contract, who in ((chain.licenses, (chain.address, ETHER)), (chain.inferences, (chain.address,))):
        if chain.call(contract.functions.owed(*who)):
            receipt = chain.send(contract.functions.collect(*who))
            paid += int(chain.event(receipt, contract, "Collected")["amount"])
    output.record({"collected_eth": str(Web3.from_wei(paid, "ether"))})
