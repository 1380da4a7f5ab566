// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasets, ILicenses} from "../Deployed.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";

/// @notice One dataset, a publisher, and a buyer with a key: what the fuzz tests of the licences start from.
abstract contract Shop {
    World internal world;
    IDatasets internal datasets;
    ILicenses internal licenses;
    ILicenseLens internal lens;
    mapping(uint256 offerId => bytes32) internal hashes;
    address internal constant ETH = address(0);
    address internal constant PUBLISHER = address(0xA11CE);
    address internal constant HEIR = address(0xCA1);
    address internal constant RELAYER = address(0x5E1A);
    uint256 internal constant BUYER_KEY = 0xB0B;
    uint64 internal constant PURPOSE = DuoPolicy.GRU;
    address internal buyer = vm.addr(BUYER_KEY);

    function setUp() public virtual {
        world = new World();
        datasets = world.datasets();
        licenses = world.licenses();
        lens = world.lens();
        _register(buyer);
        IDatasetNFT.Publication memory p = world.publication(DuoPolicy.GRU);
        vm.prank(PUBLISHER);
        datasets.publish(p, new IDatasetNFT.Source[](0));
    }

    function _register(address account) internal {
        IKeyRegistry keys = world.keys();
        vm.prank(account); // holds for the next call, so nothing else may be called in between
        keys.register(new bytes(1216));
    }

    function _offer(address currency, uint128 price) internal view returns (IAccessLicense.Offer memory offer) {
        offer = world.offerOf(1, price, address(0), IAccessLicense.Right.Download, 0);
        offer.currency = currency;
    }

    function _create(IAccessLicense.Offer memory offer) internal returns (uint256 offerId) {
        vm.prank(PUBLISHER);
        offerId = licenses.createOffer(offer);
        hashes[offerId] = Typed.offer(offer);
    }

    function _purchase(uint256 offerId, uint256 value) internal returns (uint256) {
        vm.deal(buyer, value);
        vm.prank(buyer);
        return licenses.purchase{value: value}(offerId, hashes[offerId], 1, PURPOSE, true);
    }

    function _deliver(uint256 id) internal {
        ILicenseLens.License memory sold = lens.licenseOf(id);
        bytes32 envelope = sold.right == IAccessLicense.Right.Download ? bytes32("envelope") : bytes32(0);
        bytes32 data = world.commitments();
        vm.prank(PUBLISHER);
        licenses.deliver(uint48(id), envelope, data, sold.licensee);
    }

    function _confirm(uint256 id) internal {
        vm.prank(buyer);
        licenses.confirm(id);
    }

    function _order(uint256 offerId, address by) internal view returns (IAccessLicense.Order memory order) {
        (IAccessLicense.Offer memory offer,) = lens.offerOf(offerId);
        order.buyer = by;
        (order.offerId, order.offerHash) = (offerId, Typed.offer(offer));
        order.version = 1;
        order.purpose.duo = PURPOSE;
        (order.currency, order.price) = (offer.currency, offer.price);
        (order.nonce, order.deadline) = (licenses.nonces(by), block.timestamp);
    }

    function _signed(IAccessLicense.Order memory order, uint256 key) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, licenses.orderHash(order));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Carries the order out for whoever signed it.
    function _relay(
        IAccessLicense.Order memory order,
        bytes memory signature,
        IAccessLicense.Payment memory payment,
        uint256 value
    ) internal returns (bool ok, bytes memory answer) {
        IAccessLicense.Evidence memory evidence;
        return _try(RELAYER, value, abi.encodeCall(IAccessLicense.purchaseFor, (order, signature, evidence, payment)));
    }

    function _try(address from, uint256 value, bytes memory data) internal returns (bool ok, bytes memory answer) {
        vm.deal(from, value);
        vm.prank(from);
        return address(licenses).call{value: value}(data);
    }

    /// @param expected what a call must have answered
    function _requireError(bool ok, bytes memory answer, bytes memory expected) internal pure {
        require(!ok, "it succeeded");
        require(keccak256(answer) == keccak256(expected), "another error");
    }
}
