"""Each fault at what follows a publication: private containers on their way, guardians, erasing.

The rest of these is in tests/backend/market; tests/README.md has the table.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain import transactions
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.sending import Sending
from biodesci.core.errors import BioDeSciError
from biodesci.core.files import is_full
from biodesci.core.onchain import LicenseState
from biodesci.ipfs.client import Ipfs
from biodesci.market import erasure, license, licensed_copy
from biodesci.market.container_server import ContainerServer
from biodesci.market.custody import Custodian
from biodesci.market.guardians import deliver, release_share
from biodesci.party import dataset_keys
from biodesci.party.containers import Containers
from tests.backend.acting import acting
from tests.backend.conftest import IpfsNode, Localnet
from tests.backend.disks import small_disk
from tests.backend.market.guarded import House
from tests.backend.market.private import PrivateSale, get, serving
from tests.children import die, killed
from tests.faults import ipfs_server


@pytest.fixture
def served(chain_for: Callable[..., Any], tmp_path: Path) -> Iterator[ContainerServer]:
    with serving(chain_for(), tmp_path / "owner") as made:
        yield made


@pytest.fixture
def sale(
    chain_for: Callable[..., Any], ipfs_node: IpfsNode, tmp_path: Path, served: ContainerServer
) -> PrivateSale:
    return PrivateSale(chain_for, Ipfs(ipfs_node.api, timeout=2.0), tmp_path, served.origin)


def downloaded(sale: PrivateSale, license_id: int, target: Path) -> bytes:
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    return target.read_bytes()


def test_ten_blocks_that_take_a_delivery_back_take_the_right_to_the_container_with_it(
    sale: PrivateSale, served: ContainerServer, localnet: Localnet, tmp_path: Path
) -> None:
    license_id = sale.buy()
    localnet.rpc("anvil_mine", hex(20))
    before = localnet.rpc("evm_snapshot")
    assert sale.release() == [license_id]
    localnet.rpc("anvil_mine", hex(9))
    shown = sale.request(served, sale.buyer.signer(), license_id)
    assert get(served, sale.content, shown).status_code == 200
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_mine", hex(11))
    assert get(served, sale.content, shown).status_code == 403, "no key was delivered to whom the chain knows"
    assert sale.release() == [license_id]
    assert downloaded(sale, license_id, tmp_path / "copy") == sale.plaintext


@pytest.mark.parametrize("step", ["a piece has come", "it is complete"])
def test_a_download_of_a_private_container_that_was_killed_goes_on(
    sale: PrivateSale, chain_for: Any, tmp_path: Path, step: str
) -> None:
    license_id, target, account = sale.bought(), tmp_path / "copy", sale.buyer.account

    def run() -> None:
        if step == "it is complete":
            Path.replace = die  # type: ignore[method-assign, assignment]
            progress = None
        else:
            progress = die
        licensed_copy.download(
            chain_for(account), Ipfs(sale.ipfs.api), sale.seed, license_id, target, progress
        )

    killed(run)
    assert not target.exists()
    assert downloaded(sale, license_id, target) == sale.plaintext


def test_a_disk_that_fills_while_it_is_downloaded_leaves_no_half_file(sale: PrivateSale) -> None:
    license_id = sale.bought()
    with small_disk(8) as disk:
        target = disk.folder / "copy"
        disk.fill()
        with pytest.raises((OSError, BioDeSciError)) as refused:
            downloaded(sale, license_id, target)
        assert isinstance(refused.value, BioDeSciError) or is_full(refused.value)
        assert not target.exists()
        disk.free()
        assert downloaded(sale, license_id, target) == sale.plaintext


ERASING: dict[str, tuple[Any, str]] = {
    "before the request is noted": (erasure.files, "write_private"),
    "after the request is noted": (erasure, "_noted"),
    "after it is withdrawn": (erasure, "_forget"),
    "after the key is destroyed": (erasure, "destroy"),
    "before files are unpinned": (Ipfs, "unpin"),
    "before garbage is collected": (Ipfs, "collect_garbage"),
    "after the container is gone": (Containers, "forget"),
}
_AFTER = ("after the request is noted", "after the key is destroyed", "after the container is gone")


def erased(sale: PrivateSale, ipfs: Ipfs | None = None, chain: Any = None) -> erasure.Erased:
    owner = acting(chain or sale.owner, ipfs or sale.ipfs, sale.home)
    return erasure.erase(owner, sale.dataset, 1, [], [])


def check_erased(sale: PrivateSale) -> None:
    """No key, no container, no sale; the refund of what was bought is there."""
    assert sale.owner.call(sale.owner.datasets.functions.isWithdrawn(sale.dataset, 1))
    assert (sale.dataset, 1) not in dataset_keys.held(sale.home, sale.owner)
    held = Containers(sale.home)
    assert held.find(sale.content) is None
    assert not held.path(sale.content).exists()
    assert Custodian(acting(sale.owner, sale.ipfs, sale.home)).poll() == []


@pytest.mark.parametrize("step", ERASING)
def test_an_erasure_that_was_killed_is_gone_on_with(sale: PrivateSale, chain_for: Any, step: str) -> None:
    sale.buy()
    owner, name = ERASING[step]
    real, account = getattr(owner, name), sale.owner.account

    def dying(*arguments: Any, **named: Any) -> None:
        if step in _AFTER:
            real(*arguments, **named)
        die()

    def run() -> None:
        setattr(owner, name, dying)
        erased(sale, Ipfs(sale.ipfs.api), chain_for(account))

    killed(run)
    assert erased(sale).here.left == ()
    check_erased(sale)


def test_ten_blocks_that_take_a_withdrawal_back_are_made_up_for(
    sale: PrivateSale, localnet: Localnet
) -> None:
    """The keys are gone, so that nothing is delivered meanwhile; run again it withdraws again."""
    waiting = sale.buy()
    before = localnet.rpc("evm_snapshot")
    erased(sale)
    localnet.rpc("anvil_mine", hex(9))
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_mine", hex(11))
    assert not sale.owner.call(sale.owner.datasets.functions.isWithdrawn(sale.dataset, 1))
    assert sale.release() == []
    erased(sale)
    check_erased(sale)
    assert license.refund(sale.buyer, waiting) is not None


@pytest.mark.parametrize("mode", [ipfs_server.silence, ipfs_server.short_body, None])
def test_with_a_dead_or_lying_ipfs_node_it_is_said_and_repeated(
    sale: PrivateSale, mode: ipfs_server.Mode | None
) -> None:
    """Nobody knows which files to ask for before the card was read: until then nothing is destroyed."""
    if mode is None:
        with pytest.raises(BioDeSciError) as refused:
            erased(sale, Ipfs("http://127.0.0.1:9", timeout=0.5))
    else:
        with ipfs_server.lying(mode) as node, pytest.raises(BioDeSciError) as refused:
            erased(sale, Ipfs(node.url, timeout=0.5))
    assert refused.value.hint
    assert (sale.dataset, 1) in dataset_keys.held(sale.home, sale.owner)
    assert erased(sale).here.left == ()
    check_erased(sale)


def test_a_full_disk_destroys_nothing_before_the_request_is_noted(sale: PrivateSale) -> None:
    with small_disk(8) as disk:
        home = disk.folder / "owner"
        sale.home.rename(sale.home.with_name("moved"))
        shutil.copytree(sale.home.with_name("moved"), home)
        sale.home = home
        disk.fill()
        with pytest.raises((OSError, BioDeSciError)) as refused:
            erased(sale)
        assert isinstance(refused.value, BioDeSciError) or is_full(refused.value)
        assert (sale.dataset, 1) in dataset_keys.held(home, sale.owner)
        disk.free()
        erased(sale)
        check_erased(sale)


@pytest.fixture
def house(localnet: Localnet, ipfs_node: IpfsNode, senders_home: Path, tmp_path: Path) -> House:
    """A sale with three guardians, two of whom deliver."""
    deployment = load_deployment(localnet.deployment_file)

    def chain_for() -> Chain:
        sending = Sending(block_timeout=15)
        return Chain(localnet.rpc_url, deployment, localnet.account(), senders_home, sending=sending)

    return House(chain_for, Ipfs(ipfs_node.api, timeout=2.0), tmp_path)


def delivered_by_guardians(house: House, bought: int) -> None:
    one, two, _ = house.members
    deliver(two, bought, [release_share(member, bought) for member in (one, two)])


def test_ten_blocks_that_take_the_guardians_delivery_back_are_made_up_for(
    house: House, localnet: Localnet
) -> None:
    bought = house.buy()
    localnet.rpc("anvil_mine", hex(20))
    before = localnet.rpc("evm_snapshot")
    delivered_by_guardians(house, bought)
    localnet.rpc("anvil_mine", hex(9))
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_mine", hex(11))
    assert license.get(house.sale.buyer, bought).state is LicenseState.PURCHASED
    delivered_by_guardians(house, bought)
    assert house.download(bought) == house.sale.file.read_bytes()


@pytest.mark.parametrize("step", ["before it is sent", "after it is sent", "before it is on IPFS"])
def test_a_guardian_that_was_killed_delivers_once(house: House, step: str) -> None:
    bought, (one, two, _) = house.buy(), house.members
    given = [release_share(member, bought) for member in (one, two)]
    sent = two.chain.web3.eth.get_transaction_count(two.chain.address)

    def run() -> None:
        owner: Any = Ipfs if step == "before it is on IPFS" else transactions
        name = "add" if owner is Ipfs else "send"
        real = getattr(owner, name)

        def dying(*arguments: Any, **named: Any) -> None:
            if step == "after it is sent":
                real(*arguments, **named)
            die()

        setattr(owner, name, dying)
        deliver(two, bought, given)

    killed(run)
    deliver(two, bought, given)
    assert two.chain.web3.eth.get_transaction_count(two.chain.address) == sent + 1
    assert house.download(bought) == house.sale.file.read_bytes()


def test_a_full_disk_keeps_a_guardian_from_delivering_and_loses_nothing(house: House) -> None:
    bought, (_, two, _) = house.buy(), house.members
    with small_disk(8) as disk:
        shutil.copytree(two.home, disk.folder / "home")
        full = replace(two, home=disk.folder / "home")
        disk.fill()
        given = [release_share(member, bought) for member in house.members[:2]]
        with pytest.raises((OSError, BioDeSciError)) as refused:
            deliver(full, bought, given)
        assert isinstance(refused.value, BioDeSciError) or is_full(refused.value)
        assert license.get(house.sale.buyer, bought).state is LicenseState.PURCHASED
        disk.free()
        deliver(full, bought, given)
    assert house.download(bought) == house.sale.file.read_bytes()
