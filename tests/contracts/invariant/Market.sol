// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {LyingToken} from "../tokens/LyingToken.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Traders} from "./Traders.sol";

/// @notice Does at random what people do with datasets and licences, well or ill meant, and enters it in the ledger. Where
/// there is no licence in the state that a step needs, it sells one, so that few calls are idle.
contract Market is Traders {
    uint256 private constant MOST_OFFERS = 30;

    World private immutable WORLD;
    uint256 private _offersMade;

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

    // ---------------------------------------------------------------- sales

    function offer(uint256 seed) external step {
        if (_offersMade < MOST_OFFERS) return _offer(seed >> 128, seed);
        uint256 offerId = 1 + seed % _offersMade;
        if (_closed[offerId] || seed % 4 != 0) return _sell(seed);
        _call(_ownerBy(offerId), 0, abi.encodeCall(IAccessLicense.closeOffer, (offerId)));
        _closed[offerId] = true;
    }

    function purchase(uint256 seed) external step {
        _buy(seed, people[seed % (PEOPLE - 1)], _anOffer(seed >> 128));
    }

    function purchaseBySignedOrder(uint256 seed) external step {
        _buyByOrder(seed, _anOffer(seed >> 128));
    }

    function cancelOrders(uint256 seed) external step {
        uint256 offerId = _anOffer(seed >> 128);
        (address buyer, uint256 key) = (people[seed % 4], KEY + seed % 4);
        IAccessLicense.Order memory order = _orderOf(offerId, buyer);
        bytes memory signature = _sign(key, LICENSES.orderHash(order));
        _call(buyer, 0, abi.encodeCall(IAccessLicense.cancelOrders, ()));
        (IAccessLicense.Evidence memory evidence,,) = _evidence(offerId, buyer, seed);
        _mayNotBuy(order, signature, evidence, "a cancelled order was carried out");
    }

    // -------------------------------------------------- review, settlement

    function approve(uint256 seed) external step {
        uint256 id = _pick(seed, IN_REVIEW);
        if (id == 0) return _sell(seed);
        if (_now() > _entries[id].deadline) return _refund(id);
        _call(_ownerOf(id), 0, abi.encodeCall(IAccessLicense.approve, (id)));
        _approved(id);
    }

    function reject(uint256 seed) external step {
        uint256 id = _pick(seed, seed % 2 == 0 ? IN_REVIEW : PURCHASED);
        if (id == 0) return _sell(seed);
        _call(_ownerOf(id), 0, abi.encodeCall(IAccessLicense.reject, (id, bytes32("no"))));
        _backTo(id, REJECTED);
    }

    function deliver(uint256 seed) external step {
        uint256 id = _pick(seed, PURCHASED);
        if (id == 0) return _sell(seed);
        bytes memory data = abi.encodeCall(IAccessLicense.deliver, (id, bytes32("envelope")));
        if (_now() > _entries[id].deadline || _cannotBeDelivered(id)) {
            _refuse(6, "delivered too late", _ownerOf(id), 0, data);
            return _refund(id);
        }
        _call(_ownerOf(id), 0, data);
        _delivered(id);
    }

    function confirm(uint256 seed) external step {
        uint256 id = _pick(seed, DELIVERED);
        if (id == 0) return _sell(seed);
        _call(_entries[id].buyer, 0, abi.encodeCall(IAccessLicense.confirm, (id)));
        _settled(id);
    }

    function claim(uint256 seed) external step {
        uint256 id = _pick(seed, DELIVERED);
        if (id == 0) return _sell(seed);
        bytes memory data = abi.encodeCall(IAccessLicense.claim, (id));
        uint256 deadline = _entries[id].deadline;
        if (_now() <= deadline) {
            _refuse(6, "claimed too early", RELAYER, 0, data);
            vm.warp(deadline + 1);
        }
        _call(RELAYER, 0, data);
        _claimed(id);
    }

    function refund(uint256 seed) external step {
        uint256 id = _pick(seed, seed % 3 == 0 ? DISPUTED : seed % 3 == 1 ? PURCHASED : IN_REVIEW);
        if (id == 0) return _sell(seed);
        uint256 deadline = _entries[id].deadline;
        if (_now() <= deadline && (_entries[id].state == DISPUTED || !_cannotBeDelivered(id))) {
            _refuse(6, "refunded too early", RELAYER, 0, abi.encodeCall(IAccessLicense.refund, (id)));
            vm.warp(deadline + 1);
        }
        _refund(id);
    }

    function dispute(uint256 seed) external step {
        uint256 id = _pick(seed, DELIVERED);
        if (id == 0) return _sell(seed);
        bytes memory data = abi.encodeCall(IAccessLicense.dispute, (id, bytes32("wrong key")));
        if (_now() > _entries[id].deadline) {
            return _refuse(6, "disputed too late", _entries[id].buyer, 0, data);
        }
        _call(_entries[id].buyer, 0, data);
        _disputed(id);
    }

    function resolve(uint256 seed) external step {
        uint256 id = _pick(seed, DISPUTED);
        if (id == 0) return _sell(seed);
        bool payOwner = seed % 2 == 0;
        _call(ARBITER, 0, abi.encodeCall(IAccessLicense.resolve, (id, payOwner)));
        if (payOwner) _settled(id);
        else _backTo(id, REFUNDED);
    }

    // ---------------------------------------------------- use, renew, revoke

    function consume(uint256 seed) external step {
        uint256 id = _pick(seed, seed % 2 == 0 ? SETTLED : DELIVERED);
        if (id == 0) return _sell(seed);
        bytes memory data = abi.encodeCall(IAccessLicense.consume, (id));
        if (!isActive(id)) return _refuse(5, "an inactive licence was used", _entries[id].buyer, 0, data);
        _call(seed % 4 < 2 ? _entries[id].buyer : _ownerOf(id), 0, data);
        if (_entries[id].usesLeft != type(uint256).max) _entries[id].usesLeft -= 1;
    }

    function present(uint256 seed) external step {
        uint256 id = _pick(seed, seed % 2 == 0 ? SETTLED : DELIVERED);
        if (id == 0) return _sell(seed);
        bytes memory data = abi.encodeCall(IAccessLicense.present, (id));
        if (!isActive(id)) return _refuse(9, "an inactive licence was presented", RELAYER, 0, data);
        _call(RELAYER, 0, data);
    }

    function renew(uint256 seed) external step {
        uint256 id = _pick(seed, SETTLED);
        if (id == 0) return _sell(seed);
        (uint256 offerId, address buyer) = (_entries[id].offerId, _entries[id].buyer);
        IAccessLicense.Offer memory o = _offers[offerId];
        (IVisaRegistry.SignedVisa[] memory visas, bytes32 visaHash, uint256 expires) = _visasFor(offerId, buyer, seed);
        IAccessLicense.Payment memory payment;
        bytes memory data = abi.encodeCall(IAccessLicense.renew, (id, visas, payment));
        uint256 value = o.currency == address(0) ? o.price : 0;
        _fund(buyer, o.currency, o.price);
        if (_closed[offerId] || withdrawn[o.datasetId][_entries[id].version] || (o.duration == 0 && o.uses == 0)) {
            return _refuse(7, "renewed what is not for sale", buyer, value, data);
        }
        _armIfReentrant(o.currency, seed);
        _call(buyer, value, data);
        _renewed(id, visaHash, expires);
        _recordAttempts(REENTRANT);
    }

    function revoke(uint256 seed) external step {
        uint256 id = _pick(seed, seed % 3 != 0 ? SETTLED : seed % 2 == 0 ? DELIVERED : DISPUTED);
        if (id == 0) return _sell(seed);
        address owner = _ownerOf(id);
        IAccessLicense.Offer memory o = _offerOf(id);
        bytes memory data = abi.encodeCall(IAccessLicense.revoke, (id, bytes32("consent ended")));
        uint256 value;
        if (_entries[id].state == SETTLED && o.proRata) {
            uint256 due = _dueBack(id);
            if (o.currency != address(0)) {
                _fund(owner, o.currency, due);
            } else {
                if (due != 0) _refuse(11, "paid back less than is due", owner, due - 1, data);
                value = due + (seed % 4 == 0 ? seed % 1 ether : 0);
            }
        }
        _armIfReentrant(o.currency, seed);
        _call(owner, value, data);
        _revoked(id, owner, value);
        _recordAttempts(REENTRANT);
    }

    // -------------------------------------------------------------- payouts

    function collect(uint256 seed) external step {
        (address account, address currency) = _pickOwed(seed);
        if (account == address(0)) return _sell(seed);
        bytes memory data = abi.encodeCall(IAccessLicense.collect, (account, currency));
        _payOut(RELAYER, data, account, currency, account, seed);
    }

    function collectTo(uint256 seed) external step {
        (address account, address currency) = _pickOwed(seed);
        if (account == address(0)) return _sell(seed);
        address to = people[(seed >> 64) % PEOPLE];
        bytes memory data = abi.encodeCall(IAccessLicense.collectTo, (to, currency));
        _payOut(account, data, account, currency, to, seed);
    }

    // -------------------------------------------------- datasets, visas, time

    function transferDataset(uint256 seed) external step {
        uint256 d = 1 + seed % 3;
        address to = people[(seed >> 8) % (PEOPLE - 1)];
        vm.prank(_owners[d]);
        DATASETS.transferFrom(_owners[d], to, d);
        _owners[d] = to;
    }

    /// @dev Consent ends seldom, and comes back with the next version: else there would soon be nothing for sale.
    function withdrawOrPublish(uint256 seed) external step {
        uint256 d = 1 + seed % 3;
        (address owner, uint32 version) = (_owners[d], latest[d]);
        if (!withdrawn[d][version] && seed % 4 == 0) {
            vm.prank(owner);
            DATASETS.withdraw(d, version);
            withdrawn[d][version] = true;
        } else {
            IDatasetNFT.Publication memory p = WORLD.publication(_termsOf(d));
            vm.prank(owner);
            DATASETS.publishVersion(d, p);
            latest[d] = version + 1;
        }
    }

    function revokeVisa(uint256 seed) external step {
        for (uint256 i = 0; i < count; ++i) {
            uint256 id = 1 + (seed % count + i) % count;
            bytes32 visaHash = _entries[id].visaHash;
            if (visaHash == 0 || _entries[id].visaRevoked) continue;
            vm.prank(vm.addr(ISSUER_KEY));
            VISAS.revoke(visaHash);
            _entries[id].visaRevoked = true;
            return;
        }
        _sell(seed);
    }

    function wait(uint256 seed) external step {
        vm.warp(_now() + (seed % 8 == 0 ? seed % 31 days : seed % 12 hours));
    }

    // -------------------------------------------------------------- private

    function _sell(uint256 seed) private {
        if (seed % 2 == 0) _buyByOrder(seed, _anOffer(seed >> 128));
        else _buy(seed, people[seed % (PEOPLE - 1)], _anOffer(seed >> 128));
    }

    function _offer(uint256 kind, uint256 seed) private {
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

    function _buy(uint256 seed, address buyer, uint256 offerId) private {
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

    function _buyByOrder(uint256 seed, uint256 offerId) private {
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
        _call(
            RELAYER,
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
    ) private {
        _fund(order.buyer, order.currency, order.price);
        IAccessLicense.Payment memory direct;
        bytes memory data = abi.encodeCall(IAccessLicense.purchaseFor, (order, signature, evidence, direct));
        _refuse(10, what, RELAYER, order.currency == address(0) ? order.price : 0, data);
    }

    /// @dev Too little, or a token that does not bring what it says, buys nothing.
    function _payWrongly(IAccessLicense.Offer memory o, address buyer, bytes memory data) private {
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
    function _makeTruthful() private {
        FEE.setFee(0);
        LYING.setLie(LyingToken.Lie.PretendToMove);
    }

    function _forgetAllowance(address buyer) private {
        vm.prank(buyer);
        DOLLAR.approve(address(LICENSES), 0);
    }

    function _refund(uint256 id) private {
        _call(RELAYER, 0, abi.encodeCall(IAccessLicense.refund, (id)));
        _refunded(id);
    }

    function _armIfReentrant(address currency, uint256 seed) private {
        if (currency == address(REENTRANT)) _arm(REENTRANT, seed);
    }

    /// @param data the call that pays what `account` is owed to `to`
    function _payOut(address caller, bytes memory data, address account, address currency, address to, uint256 seed)
        private
    {
        bool isAttacked = currency == address(0) && to == address(ATTACKER);
        if (isAttacked) _arm(ATTACKER, seed);
        _armIfReentrant(currency, seed);
        uint256 before = _balanceOf(to, currency);
        _call(caller, 0, data);
        uint256 amount = _collected(account, currency);
        // Who calls back may have bought something meanwhile.
        bool isExact = isAttacked || to == address(REENTRANT) || _balanceOf(to, currency) == before + amount;
        if (!isExact) _fault(3, "paid out another amount");
        _recordAttempts(REENTRANT);
        _recordAttempts(ATTACKER);
    }

    function _evidence(uint256 offerId, address buyer, uint256 seed)
        private
        returns (IAccessLicense.Evidence memory evidence, bytes32 visaHash, uint256 expires)
    {
        (evidence.visas, visaHash, expires) = _visasFor(offerId, buyer, seed);
    }

    function _canBeSold(uint256 offerId) private view returns (bool) {
        uint256 d = _offers[offerId].datasetId;
        return !_closed[offerId] && !withdrawn[d][latest[d]];
    }

    /// @dev One of eight is taken as it comes; else the next that is for sale.
    function _anOffer(uint256 seed) private view returns (uint256 offerId) {
        for (uint256 i = 0; i < _offersMade; ++i) {
            offerId = 1 + (seed % _offersMade + i) % _offersMade;
            if ((seed >> 64) % 8 == 0 || _canBeSold(offerId)) return offerId;
        }
    }

    /// @return id the next licence in that state, or 0
    function _pick(uint256 seed, IAccessLicense.State state) private view returns (uint256 id) {
        for (uint256 i = 0; i < count; ++i) {
            id = 1 + ((seed >> 16) % count + i) % count;
            if (_entries[id].state == state) return id;
        }
        return 0;
    }

    function _pickOwed(uint256 seed) private view returns (address account, address currency) {
        for (uint256 i = 0; i < PEOPLE * CURRENCIES; ++i) {
            uint256 n = (seed % (PEOPLE * CURRENCIES) + i) % (PEOPLE * CURRENCIES);
            (account, currency) = (people[n / CURRENCIES], currencies[n % CURRENCIES]);
            if (owed[account][currency] != 0) return (account, currency);
        }
        return (address(0), address(0));
    }

    function _ownerOf(uint256 id) private view returns (address) {
        return _ownerBy(_entries[id].offerId);
    }

    function _ownerBy(uint256 offerId) private view returns (address) {
        return _owners[_offers[offerId].datasetId];
    }

    function _termsOf(uint256 datasetId) private pure returns (uint64) {
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
