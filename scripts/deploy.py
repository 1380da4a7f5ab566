"""Deploys the eight contracts, and writes where they are.

    ape run deploy --network ethereum:local:http://127.0.0.1:8545    an anvil that runs already
    ape run deploy --network ethereum:sepolia --account ALIAS        a public network
    ape run deploy --network ... --dry-run                           what it would do and cost; sends nothing
    ape run deploy --network ... --verify                            is the code there the code here?

ALIAS is an account of Ape's. It asks for its passphrase, or takes it from APE_ACCOUNTS_<ALIAS>_PASSPHRASE.
The contracts have no owner, so the deploying account has no power over them afterwards. The file is
deployments/<network>.json, or the path in BIODESCI_DEPLOYMENT.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from ape import accounts, networks, project
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException, NetworkError, ProviderError
from eth_utils import keccak, to_hex

from biodesci.chain.deployment import load_deployment
from biodesci.core.documents.deployment import Deployed, Deployment
from biodesci.core.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = (
    "KeyRegistry",
    "VisaRegistry",
    "DatasetNFT",
    "AccessLicense",
    "ModelRegistry",
    "InferenceCommitment",
    "LicenseLens",
    "GuardedCustody",
)
LOCAL_CHAIN = 31337
GAS = 18_000_000  # more than all eight take together
MAX_CODE = 24_576  # bytes (EIP-170)


def fail(what: str, hint: str) -> click.ClickException:
    return click.ClickException(f"{what} {hint}")


def target(network: str) -> Path:
    """The deployment file of `network`."""
    return Path(os.environ.get("BIODESCI_DEPLOYMENT") or ROOT / "deployments" / f"{network}.json")


def network_name(provider: Any) -> str:
    if provider.chain_id == LOCAL_CHAIN:
        return "local"
    name = str(provider.network.name)
    return name if name not in {"custom", "adhoc", "local"} else f"chain-{provider.chain_id}"


def code_hash(provider: Any, address: str) -> bytes:
    return keccak(bytes(provider.get_code(address)))


def is_deployed(path: Path, provider: Any) -> bool:
    """Whether the contracts that `path` names are on this chain, with the code that it names."""
    if not path.exists():
        return False
    there = deployment(path, "Move it away and run this again.")
    return there.chain_id == provider.chain_id and all(
        code_hash(provider, contract.address) == contract.code_hash for contract in there.contracts.values()
    )


def deployment(path: Path, hint: str) -> Deployment:
    """What the file says; a click error with `hint` where it is no deployment file."""
    try:
        return load_deployment(path)
    except ConfigurationError as exc:
        raise fail(exc.message, hint) from exc


def deployer(provider: Any, alias: str | None) -> Any:
    """The account that pays: one of anvil's own on a local chain, an account of Ape's elsewhere."""
    if alias is None:
        if provider.chain_id != LOCAL_CHAIN:
            raise fail(
                f"Chain {provider.chain_id} is not a local one, so it needs an account that pays.",
                "Name one of Ape's with --account (`ape accounts list`).",
            )
        # The last one, so that no transaction of anybody else's changes its nonce meanwhile.
        return accounts.test_accounts[len(accounts.test_accounts) - 1]
    if alias not in accounts.aliases:
        raise fail(
            f"Ape has no account {alias!r}.",
            "Import it with `ape accounts import`, or see `ape accounts list`.",
        )
    account = accounts.load(alias)
    if f"APE_ACCOUNTS_{alias}_PASSPHRASE" in os.environ:
        account.set_autosign(True)
    return account


def check_funds(provider: Any, account: Any) -> None:
    needed = GAS * max(int(provider.gas_price), 1)
    balance = int(provider.get_balance(account.address))
    if balance < needed:
        raise fail(
            f"{account.address} has {balance / 10**18:.6f} ETH; deploying needs up to {needed / 10**18:.6f}.",
            "Send it some, or deploy from another account.",
        )


def arguments(at: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Of each constructor, in the order of deployment; `at` says where each contract is, or will be."""
    return {
        "KeyRegistry": (),
        "VisaRegistry": (),
        "DatasetNFT": (at["AccessLicense"],),
        "AccessLicense": (at["DatasetNFT"], at["KeyRegistry"], at["VisaRegistry"], at["ModelRegistry"]),
        "ModelRegistry": (at["DatasetNFT"], at["AccessLicense"]),
        "InferenceCommitment": (at["ModelRegistry"], at["KeyRegistry"]),
        "LicenseLens": (at["AccessLicense"], at["DatasetNFT"]),
        "GuardedCustody": (at["AccessLicense"], at["DatasetNFT"]),
    }


def expected_addresses(account: Any, provider: Any) -> dict[str, str]:
    """Where the contracts will be: an address follows from the account and its nonce."""
    nonce = provider.get_nonce(account.address)
    return {
        name: str(networks.ecosystem.get_deployment_address(account.address, nonce + i))
        for i, name in enumerate(CONTRACTS)
    }


def creation(name: str, values: tuple[str, ...], sender: str) -> Any:
    return getattr(project, name).constructor.serialize_transaction(*values, sender=sender)


def runtime_code(provider: Any, transaction: Any, address: str) -> bytes:
    """What the constructor returns at `address`: the code with its immutables, which say the address, too."""
    # The code of a creation, put there for the time of one call, runs as it does in the creation.
    there = {address: {"code": to_hex(transaction.data)}}
    return bytes(provider.web3.eth.call({"to": address}, "latest", there))


def rehearse(provider: Any, account: Any) -> None:
    """Says what a deployment would do: addresses, sizes, gas and cost at the present price. Sends nothing."""
    at = expected_addresses(account, provider)
    price = int(provider.web3.eth.gas_price)
    total = 0
    click.echo(f"{'contract':20} {'address':42} {'bytes':>7} {'gas':>10}")
    for name, values in arguments(at).items():
        transaction = creation(name, values, account.address)
        size = len(runtime_code(provider, transaction, at[name]))
        if size > MAX_CODE:
            raise fail(
                f"{name} has {size:,} bytes of code; the chain takes {MAX_CODE:,}.", "Make it smaller."
            )
        call = {"from": account.address, "data": transaction.data}
        gas = int(provider.web3.eth.estimate_gas(call))
        total += gas
        click.echo(f"{name:20} {at[name]:42} {size:>7,} {gas:>10,}")
    click.echo(f"{'together':20} {'':42} {'':>7} {total:>10,}")
    balance = int(provider.get_balance(account.address))
    click.echo(f"At {price / 10**9:.3f} gwei that is {total * price / 10**18:.6f} ETH.")
    click.echo(f"{account.address} has {balance / 10**18:.6f} ETH.")
    click.echo("Nothing was sent.")


def verify(path: Path, provider: Any) -> None:
    """Checks that the contracts in the file have the code that is compiled here. Raises if one has not."""
    there = deployment(path, "Deploy first, or set BIODESCI_DEPLOYMENT.")
    at = {name: contract.address for name, contract in there.contracts.items()}
    if there.chain_id != provider.chain_id:
        raise fail(
            f"{path} is about chain {there.chain_id}, not about chain {provider.chain_id}.",
            "Name its network with --network.",
        )
    for name, values in arguments(at).items():
        # No constructor looks at its sender.
        expected = runtime_code(provider, creation(name, values, at[name]), at[name])
        if bytes(provider.get_code(at[name])) != expected:
            raise fail(
                f"The code of {name} at {at[name]} is not what is compiled here.",
                "Check out the version that was deployed; if that is this one, don't use the deployment.",
            )
        click.echo(f"{name:20} {at[name]} has the code that is compiled here ({len(expected):,} bytes).")


def deploy_all(provider: Any, account: Any) -> dict[str, Deployed]:
    """Deploys the eight in the order in which they refer to each other, and checks the code of each."""
    at = expected_addresses(account, provider)
    entries: dict[str, Deployed] = {}
    for name, values in arguments(at).items():
        transaction = creation(name, values, account.address)
        expected = runtime_code(provider, transaction, at[name])
        receipt = account.call(transaction)
        address = str(receipt.contract_address)
        if address != at[name]:
            raise fail(
                f"{name} came to {address}, not to {at[name]}: the account sent something else meanwhile.",
                "Run this again from an account that nobody else uses meanwhile.",
            )
        if bytes(provider.get_code(address)) != expected:
            raise fail(f"The code of {name} at {address} is not what was sent.", "Don't use this deployment.")
        entries[name] = Deployed(
            address=address,
            block=int(receipt.block_number),
            code_hash=keccak(expected),
            gas=int(receipt.gas_used),
        )
    return entries


def require_target(path: Path, provider: Any) -> None:
    """Raises, before anything is paid, where addresses could not be kept or another chain's would be lost."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as exc:
        raise fail(
            f"{path} cannot be written ({exc.strerror}).", "Set BIODESCI_DEPLOYMENT to another."
        ) from exc
    if not path.exists():
        return
    there = deployment(path, "Move it away and run this again.")
    if there.chain_id != provider.chain_id:
        raise fail(
            f"{path} says where the contracts of chain {there.chain_id} are, and this is chain "
            f"{provider.chain_id}.",
            "Set BIODESCI_DEPLOYMENT to another file, or move that one away.",
        )


def write(path: Path, made: Deployment) -> None:
    """Replaces the file in one step: a reader sees the old one or the new one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(made.to_bytes())
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


class DeployCommand(ConnectedProviderCommand):
    """Says in one message that there is no chain, where Ape would show where in itself it found out."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (NetworkError, ProviderError, OSError) as exc:
            raise fail(
                "No chain answers there, or another than --network says.", f"Start it, or name another. {exc}"
            ) from exc


@click.command(cls=DeployCommand)
@click.option("--account", "alias", default=None, help="An account of Ape's; not needed on a local chain.")
@click.option(
    "--if-needed", is_flag=True, help="Do nothing when the contracts in the file are on this chain."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done and what it would cost; send nothing.")
@click.option(
    "--verify", "check", is_flag=True, help="Compare the code on the chain with what is compiled here."
)
def cli(provider: Any, alias: str | None, if_needed: bool, dry_run: bool, check: bool) -> None:
    """Deploys the contracts and writes deployments/<network>.json."""
    if if_needed + dry_run + check > 1:
        raise click.UsageError("Only one of --if-needed, --dry-run and --verify.")
    if getattr(provider, "process", None) is not None:
        raise fail(
            "No chain was running, and the one that Ape started ends with this command.",
            "Start anvil, then name it: --network ethereum:local:http://127.0.0.1:8545",
        )
    answered = int(provider.web3.eth.chain_id)
    if answered != provider.chain_id:
        raise fail(
            f"Wrong network: the node is of chain {answered}, not of chain {provider.chain_id}.",
            "Give the RPC of the network that --network names.",
        )
    name = network_name(provider)
    path = target(name)
    if if_needed and is_deployed(path, provider):
        click.echo(f"The contracts in {path} are on chain {provider.chain_id} already.")
        return
    if check:
        verify(path, provider)
        return
    account = deployer(provider, alias)
    if dry_run:
        rehearse(provider, account)
        return
    check_funds(provider, account)
    require_target(path, provider)
    try:
        entries = deploy_all(provider, account)
    except ApeException as exc:
        raise fail(f"The deployment was not completed: {exc}.", "Nothing was written; run it again.") from exc
    for contract, entry in entries.items():
        click.echo(f"{contract:20} {entry.address} {entry.gas:>10,} gas")
    first = min(entry.block for entry in entries.values())
    made = Deployment(network=name, chain_id=int(provider.chain_id), block=first, contracts=entries)
    try:
        write(path, made)
    except OSError as exc:
        raise fail(
            f"The contracts are deployed, but {path} was not written: {exc}.", "Keep the above."
        ) from exc
    click.echo(f"Written to {path}.")
