// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {LyingToken} from "../tokens/LyingToken.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Datasets} from "./Datasets.sol";
import {Flaws} from "./Flaws.sol";

/// @notice Offers in every currency, and how they are sold: directly or by signed order, after trying to get them for less,
/// or with less to show.
abstract contract Sales is Datasets {
    struct Deal {
        IAccessLicense.Order order;
        IAccessLicense.Evidence evidence;
        uint256 flaws;
        bool review;
    }

    uint256 internal _offersMade;

    constructor(World world) Datasets(world) {
        _makeTruthful();
        for (uint256 i = 0; i < 3 * CURRENCIES; ++i) {
            _offer(i, uint256(keccak256(abi.encode(i))));
        }
    }

    function _sell(uint256 seed) internal {
        if (seed % 2 == 0) _buyByOrder(seed, _anOffer(seed >> 128));
        else _buy(seed, people[seed % (PEOPLE - 1)], _anOffer(seed >> 128));
    }

    function _offer(uint256 kind, uint256 seed) internal {
        IAccessLicense.Offer memory o = WORLD.offerOf(
            1 + seed % DATASET_COUNT,
            uint128(seed >> 8) % 100 ether,
            seed % 5 < 3 ? ARBITER : address(0),
            IAccessLicense.Right(1 + (seed >> 16) % 3),
            uint32((seed >> 24) % 4)
        );
        o.currency = currencies[kind % CURRENCIES];
        if ((seed >> 40) % 4 == 0) o.duration = 0;
        // Two types of four and more, or one, in half of them.
        if ((seed >> 48) % 2 == 0) o.visas = uint8((seed >> 49) % 16);
        o.proRata = (seed >> 56) % 2 == 0 && o.duration != 0;
        if (seed % 16 == 0) o.price = 0;
        _call(_owners[o.datasetId], 0, abi.encodeCall(IAccessLicense.createOffer, (o)));
        _offers[++_offersMade] = o;
    }

    /// @dev One in three tries something odd first.
    function _buy(uint256 seed, address buyer, uint256 offerId) internal {
        if ((seed >> 192) % 3 == 0 && _buyOnce(seed, buyer, offerId, true)) return;
        _buyOnce(seed, buyer, offerId, false);
    }

    function _buyByOrder(uint256 seed, uint256 offerId) internal {
        if ((seed >> 192) % 3 == 0 && _carryOut(seed, offerId, true)) return;
        _carryOut(seed, offerId, false);
    }

    function _buyOnce(uint256 seed, address buyer, uint256 offerId, bool odd) private returns (bool made) {
        IAccessLicense.Offer memory o = _offers[offerId];
        Deal memory deal = _declare(offerId, buyer, seed, odd);
        bytes memory data;
        bool isShort = (seed >> 200) % 2 == 0 && (odd || (o.visas == 0 && deal.order.purpose.disease == 0));
        if (isShort) {
            // What can be shown, and whether to wait for review, has no place in it.
            IAccessLicense.Evidence memory none;
            (deal.evidence, deal.order.purpose.disease) = (none, 0);
            deal.order.visasUntil = 0;
            IAccessLicense.Order memory order = deal.order;
            data = abi.encodeCall(
                IAccessLicense.purchase, (offerId, order.offerHash, order.version, order.purpose.duo, order.mayReview)
            );
        } else {
            IAccessLicense.Payment memory direct;
            data = abi.encodeCall(IAccessLicense.purchaseFor, (deal.order, "", deal.evidence, direct));
        }
        _judgeDeal(deal);
        if (isShort && o.visas != 0) deal.flaws |= Flaws.VISAS_REQUIRED;
        if (deal.flaws == 0) _payWrongly(o, buyer, data);
        _fund(buyer, o.currency, o.price);
        if (deal.flaws == 0) _armIfReentrant(o.currency, seed);
        made = _attempt(buyer, o.currency == address(0) ? o.price : 0, data, deal.flaws);
        if (!made) return false;
        _made(deal);
        for (uint256 i = 0; i < 4 && !isShort; ++i) {
            if (people[i] != buyer) continue;
            bytes memory signature = _sign(KEY + i, LICENSES.orderHash(deal.order));
            _mayNotBuy(deal.order, signature, deal.evidence, "bought again by a stranger");
        }
    }

    function _carryOut(uint256 seed, uint256 offerId, bool odd) private returns (bool made) {
        uint256 who = seed % 5;
        (address buyer, uint256 key) = (people[who], KEY + who);
        IAccessLicense.Offer memory o = _offers[offerId];
        Deal memory deal = _declare(offerId, buyer, seed, odd);
        _judgeDeal(deal);
        bytes memory signature = _sign(key, LICENSES.orderHash(deal.order));
        IAccessLicense.Method method;
        if (o.currency == address(DOLLAR) && who < 4) method = IAccessLicense.Method((seed >> 32) % 3);
        _fund(buyer, o.currency, o.price);
        IAccessLicense.Payment memory payment = _paymentBy(method, key, o.price);
        if (method != IAccessLicense.Method.Direct) _forgetAllowance(buyer);
        if (deal.flaws == 0) _armIfReentrant(o.currency, seed);
        // A buyer who shows the signature uses the order up, too.
        made = _attempt(
            seed % 4 == 0 ? buyer : RELAYER,
            o.currency == address(0) ? o.price : 0,
            abi.encodeCall(IAccessLicense.purchaseFor, (deal.order, signature, deal.evidence, payment)),
            deal.flaws
        );
        if (!made) return false;
        _made(deal);
        _mayNotBuy(deal.order, signature, deal.evidence, "an order was carried out twice");
    }

    /// @dev What a buyer declares and shows.
    function _declare(uint256 offerId, address buyer, uint256 seed, bool odd) internal returns (Deal memory deal) {
        IAccessLicense.Offer memory o = _offers[offerId];
        uint256 d = o.datasetId;
        deal.order = _orderOf(offerId, buyer);
        (bool oddPurpose, bool oddVisas) = (odd && (seed >> 208) % 2 == 0, odd && (seed >> 209) % 4 != 0);
        (deal.order.purpose, deal.evidence.diseaseProof) =
            oddPurpose ? _oddPurpose(d, seed >> 32) : _goodPurpose(d, seed >> 32);
        deal.evidence.visas = oddVisas
            ? _oddVisas(_asked(d, buyer, o.visas), seed >> 48)
            : _goodVisas(_asked(d, buyer, o.visas), seed >> 48);
        uint256 end = _firstEnd(_relied(o.visas, deal.evidence.visas));
        if ((seed >> 216) % 2 == 0) deal.order.visasUntil = uint40(end);
        if (odd && (seed >> 217) % 8 == 0) deal.order.visasUntil = uint40(end + 1);
        if (odd) deal.order.mayReview = (seed >> 220) % 2 == 0;
        if (odd && (seed >> 212) % 8 == 0) deal.order.offerHash = _hashOfAnother(o, seed >> 215);
        if (odd && (seed >> 221) % 4 == 0) {
            deal.order.version = (seed >> 224) % 2 == 0 ? deal.order.version + 1 : deal.order.version - 1;
        }
    }

    /// @dev Of an offer that differs in one thing, as after a reorganization of the chain.
    function _hashOfAnother(IAccessLicense.Offer memory o, uint256 seed) private pure returns (bytes32) {
        uint256 field = seed % 6;
        if (field == 0) o.price ^= 1;
        if (field == 1) o.datasetId ^= 1;
        if (field == 2) o.arbiter = address(uint160(o.arbiter) ^ 1);
        if (field == 3) o.duration ^= 1;
        if (field == 4) o.currency = address(uint160(o.currency) ^ 1);
        if (field == 5) o.uses ^= 1;
        return Typed.offer(o);
    }

    /// @dev What the ledger says of it.
    function _judgeDeal(Deal memory deal) internal {
        IAccessLicense.Order memory order = deal.order;
        (deal.flaws, deal.review) = _judge(order.offerId, order.buyer, order.purpose, deal.evidence);
        _assess(deal);
        if (order.version != latest[_offers[order.offerId].datasetId]) deal.flaws |= Flaws.WRONG_VERSION;
        if (order.offerHash != Typed.offer(_offers[order.offerId])) deal.flaws |= Flaws.WRONG_OFFER;
        if (deal.review && !order.mayReview) deal.flaws |= Flaws.NEEDS_REVIEW;
        uint8 types = _offers[order.offerId].visas;
        if (order.visasUntil > _firstEnd(_relied(types, deal.evidence.visas))) deal.flaws |= Flaws.TOO_SHORT;
    }

    /// @dev The contract foretells what it will do.
    function _assess(Deal memory deal) private {
        IAccessLicense.Order memory order = deal.order;
        try LENS.assess(order.offerId, order.purpose, deal.evidence.diseaseProof) returns (
            DuoPolicy.Decision decision
        ) {
            DuoPolicy.Decision right = deal.review ? DuoPolicy.Decision.Review : DuoPolicy.Decision.Approve;
            if (deal.flaws & Flaws.DENIED != 0) right = DuoPolicy.Decision.Deny;
            if (deal.flaws & Flaws.BAD_PROOF != 0 || decision != right) _fault(20, "assessed otherwise");
        } catch {
            if (deal.flaws & Flaws.BAD_PROOF == 0) _fault(20, "a right purpose was not assessed");
        }
    }

    function _made(Deal memory deal) private {
        _sold(deal.order.offerId, deal.order.buyer, deal.review, deal.evidence.visas);
        _recordAttempts(REENTRANT);
        uint256 d = _offers[deal.order.offerId].datasetId;
        if (d > 3 && deal.evidence.diseaseProof.length != 0) {
            _reach(deal.review ? bytes32("proof, and review") : bytes32("proof, no review"));
        }
        if (d > 3 && deal.review && deal.evidence.diseaseProof.length == 0) _reach("no proof, so review");
        uint256 relied = _relied(_offers[deal.order.offerId].visas, deal.evidence.visas).length;
        if (relied > 1) _reach("sold by two visas");
        if (deal.evidence.visas.length > relied) _reach("sold with an idle visa");
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

    function _offerCount() internal view override returns (uint256) {
        return _offersMade;
    }
}
