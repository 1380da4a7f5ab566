// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {LyingToken} from "../tokens/LyingToken.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Traders} from "./Traders.sol";

/// @notice Three datasets, offers in every currency, and how they are sold: directly or by signed order, after trying to
/// get them for less.
abstract contract Sales is Traders {
    World internal immutable WORLD;
    uint256 internal _offersMade;

    constructor(World world) Traders(world) {
        WORLD = world;
        _makeTruthful();
        for (uint256 d = 1; d <= 3; ++d) {
            address owner = people[d - 1];
            IDatasetNFT.Publication memory p = world.publication(_termsOf(d));
            vm.prank(owner);
            DATASETS.publish(p, new uint256[](0));
            (_owners[d], _publishers[d], latest[d]) = (owner, owner, 1);
        }
        for (uint256 i = 0; i < 2 * CURRENCIES; ++i) {
            _offer(i, uint256(keccak256(abi.encode(i))));
        }
    }

    function _sell(uint256 seed) internal {
        if (seed % 2 == 0) _buyByOrder(seed, _anOffer(seed >> 128));
        else _buy(seed, people[seed % (PEOPLE - 1)], _anOffer(seed >> 128));
    }

    function _offer(uint256 kind, uint256 seed) internal {
        IAccessLicense.Offer memory o = WORLD.offerOf(
            1 + seed % 3,
            uint128(seed >> 8) % 100 ether,
            seed % 5 < 3 ? ARBITER : address(0),
            IAccessLicense.Right(1 + (seed >> 16) % 3),
            uint32((seed >> 24) % 4)
        );
        o.currency = currencies[kind % CURRENCIES];
        if ((seed >> 40) % 4 == 0) o.duration = 0;
        if ((seed >> 48) % 3 == 0) o.visas = 4;
        o.proRata = (seed >> 56) % 2 == 0 && (o.duration != 0 || o.uses != 0);
        if (seed % 16 == 0) o.price = 0;
        _call(_owners[o.datasetId], 0, abi.encodeCall(IAccessLicense.createOffer, (o)));
        _offers[++_offersMade] = o;
    }

    function _buy(uint256 seed, address buyer, uint256 offerId) internal {
        IAccessLicense.Offer memory o = _offers[offerId];
        uint256 value = o.currency == address(0) ? o.price : 0;
        (IAccessLicense.Evidence memory evidence, bytes32 visaHash, uint256 expires) = _evidence(offerId, buyer, seed);
        bytes memory data = abi.encodeCall(IAccessLicense.purchase, (offerId, PURPOSE));
        if (o.visas != 0) {
            _refuse(8, "sold without the visa", buyer, value, data);
            IAccessLicense.Payment memory direct;
            data = abi.encodeCall(IAccessLicense.purchaseFor, (_orderOf(offerId, buyer), "", evidence, direct));
        }
        if (!_canBeSold(offerId)) {
            _fund(buyer, o.currency, o.price);
            return _refuse(7, "sold what is not for sale", buyer, value, data);
        }
        _payWrongly(o, buyer, data);
        _fund(buyer, o.currency, o.price);
        _armIfReentrant(o.currency, seed);
        _call(buyer, value, data);
        _sold(offerId, buyer, _needsReview(o.datasetId), visaHash, expires);
        _recordAttempts(REENTRANT);
    }

    function _buyByOrder(uint256 seed, uint256 offerId) internal {
        uint256 who = seed % 5;
        (address buyer, uint256 key) = (people[who], KEY + who);
        IAccessLicense.Offer memory o = _offers[offerId];
        IAccessLicense.Order memory order = _orderOf(offerId, buyer);
        bytes memory signature = _sign(key, LICENSES.orderHash(order));
        (IAccessLicense.Evidence memory evidence, bytes32 visaHash, uint256 expires) = _evidence(offerId, buyer, seed);
        if (!_canBeSold(offerId)) return _mayNotBuy(order, signature, evidence, "sold what is not for sale");
        IAccessLicense.Method method;
        if (o.currency == address(DOLLAR) && who < 4) method = IAccessLicense.Method((seed >> 32) % 3);
        _fund(buyer, o.currency, o.price);
        IAccessLicense.Payment memory payment = _paymentBy(method, key, o.price);
        if (method != IAccessLicense.Method.Direct) _forgetAllowance(buyer);
        _armIfReentrant(o.currency, seed);
        // A buyer who shows the signature uses the order up, too.
        _call(
            seed % 4 == 0 ? buyer : RELAYER,
            o.currency == address(0) ? o.price : 0,
            abi.encodeCall(IAccessLicense.purchaseFor, (order, signature, evidence, payment))
        );
        _sold(offerId, buyer, _needsReview(o.datasetId), visaHash, expires);
        _recordAttempts(REENTRANT);
        _mayNotBuy(order, signature, evidence, "an order was carried out twice");
    }

    /// @dev With money enough, and an allowance: nothing but the order stands against it.
    function _mayNotBuy(
        IAccessLicense.Order memory order,
        bytes memory signature,
        IAccessLicense.Evidence memory evidence,
        string memory what
    ) internal {
        _fund(order.buyer, order.currency, order.price);
        IAccessLicense.Payment memory direct;
        bytes memory data = abi.encodeCall(IAccessLicense.purchaseFor, (order, signature, evidence, direct));
        _refuse(10, what, RELAYER, order.currency == address(0) ? order.price : 0, data);
    }

    /// @dev Too little, or a token that does not bring what it says, buys nothing.
    function _payWrongly(IAccessLicense.Offer memory o, address buyer, bytes memory data) internal {
        if (o.price < 10_000) return;
        if (o.currency == address(0)) {
            _refuse(1, "sold for less", buyer, o.price - 1, data);
            return;
        }
        _fund(buyer, o.currency, o.price);
        if (o.currency == address(FEE)) {
            FEE.setFee(100);
        } else if (o.currency == address(LYING)) {
            LYING.setLie(o.price % 2 == 0 ? LyingToken.Lie.MoveNothing : LyingToken.Lie.Shrink);
        } else {
            _fund(buyer, o.currency, 0);
        }
        _refuse(1, "sold for less", buyer, 0, data);
        _makeTruthful();
    }

    /// @dev As far as they can be: no fee is taken, and what the lying token does not move it pretends to.
    function _makeTruthful() internal {
        FEE.setFee(0);
        LYING.setLie(LyingToken.Lie.PretendToMove);
    }

    function _forgetAllowance(address buyer) internal {
        vm.prank(buyer);
        DOLLAR.approve(address(LICENSES), 0);
    }

    function _armIfReentrant(address currency, uint256 seed) internal {
        if (currency == address(REENTRANT)) _arm(REENTRANT, seed);
    }

    function _evidence(uint256 offerId, address buyer, uint256 seed)
        internal
        returns (IAccessLicense.Evidence memory evidence, bytes32 visaHash, uint256 expires)
    {
        (evidence.visas, visaHash, expires) = _visasFor(offerId, buyer, seed);
    }

    function _canBeSold(uint256 offerId) internal view returns (bool) {
        uint256 d = _offers[offerId].datasetId;
        return !_closed[offerId] && !withdrawn[d][latest[d]];
    }

    /// @dev One of eight is taken as it comes; else the next that is for sale.
    function _anOffer(uint256 seed) internal view returns (uint256 offerId) {
        for (uint256 i = 0; i < _offersMade; ++i) {
            offerId = 1 + (seed % _offersMade + i) % _offersMade;
            if ((seed >> 64) % 8 == 0 || _canBeSold(offerId)) return offerId;
        }
    }

    function _ownerBy(uint256 offerId) internal view returns (address) {
        return _owners[_offers[offerId].datasetId];
    }

    function _termsOf(uint256 datasetId) internal pure returns (uint64) {
        if (datasetId == 1) return DuoPolicy.GRU;
        return datasetId == 2 ? DuoPolicy.GRU | DuoPolicy.US : DuoPolicy.HMB | DuoPolicy.NCU;
    }

    function _needsReview(uint256 datasetId) internal pure override returns (bool) {
        return datasetId == 2;
    }

    function _offerCount() internal view override returns (uint256) {
        return _offersMade;
    }
}
