// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessLicense} from "../../../contracts/AccessLicense.sol";
import {DatasetNFT} from "../../../contracts/DatasetNFT.sol";
import {KeyRegistry} from "../../../contracts/KeyRegistry.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";

contract SettlementTest {
    World private world;
    DatasetNFT private datasets;
    AccessLicense private licenses;
    address private constant PUBLISHER = address(0xA11CE);
    address private constant BUYER = address(0xB0B);
    address private constant HEIR = address(0xCA1);

    function setUp() external {
        world = new World();
        datasets = world.datasets();
        licenses = world.licenses();
        KeyRegistry keys = world.keys();
        vm.prank(BUYER); // holds for the next call, so nothing else may be called in between
        keys.register(new bytes(1216));
    }

    /// @notice Whatever the price, owner and first publisher together are credited exactly it, royalty rounded down.
    function testFuzz_the_split_is_exact(uint128 price, bool resold) external {
        uint256 id = _delivered(price);
        if (resold) {
            vm.prank(PUBLISHER);
            datasets.transferFrom(PUBLISHER, HEIR, 1);
        }
        vm.prank(BUYER);
        licenses.confirm(id);
        uint256 royalty = resold ? uint256(price) * 500 / 10_000 : price;
        require(licenses.owed(PUBLISHER) == royalty, "publisher");
        require(licenses.owed(HEIR) == price - royalty, "heir");
    }

    /// @notice Whenever the buyer looks, access has ended at the second that the delivery promised.
    function testFuzz_access_ends_on_time(uint32 later) external {
        uint256 id = _delivered(1);
        uint256 end = licenses.expiresAt(id);
        vm.warp(block.timestamp + later);
        require(licenses.isActive(id) == (block.timestamp < end), "access");
    }

    /// @notice An envelope reaches a licence by owner or custodian, and by nobody else.
    function testFuzz_nobody_else_delivers(address sender) external {
        vm.assume(sender != PUBLISHER && sender != address(vm));
        uint256 id = _purchased(1);
        vm.prank(sender);
        (bool ok,) = address(licenses).call(abi.encodeCall(IAccessLicense.deliver, (id, bytes32("e"))));
        require(!ok && !licenses.isActive(id), "delivered");
    }

    function _purchased(uint128 price) private returns (uint256) {
        IDatasetNFT.Publication memory p = world.publication(DuoPolicy.GRU);
        IAccessLicense.Offer memory offer = world.offerOf(0, price, address(0), IAccessLicense.Right.Download, 0);
        vm.prank(PUBLISHER);
        datasets.publishWithOffer(p, new uint256[](0), offer);
        vm.deal(BUYER, price);
        vm.prank(BUYER);
        return licenses.purchase{value: price}(1, DuoPolicy.GRU);
    }

    function _delivered(uint128 price) private returns (uint256 id) {
        id = _purchased(price);
        vm.prank(PUBLISHER);
        licenses.deliver(id, bytes32("envelope"));
    }
}
