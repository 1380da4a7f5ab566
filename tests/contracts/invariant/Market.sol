// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Sales} from "./Sales.sol";

/// @notice Does at random what people do with datasets and licences, well or ill meant, and enters it in the ledger. Where
/// there is no licence in the state that a step needs, it sells one, so that few calls are idle.
contract Market is Sales {
    uint16 private constant S_REVIEW = uint16(1 << uint8(IAccessLicense.State.InReview));
    uint16 private constant S_PURCHASED = uint16(1 << uint8(IAccessLicense.State.Purchased));
    uint16 private constant S_DELIVERED = uint16(1 << uint8(IAccessLicense.State.Delivered));
    uint16 private constant S_SETTLED = uint16(1 << uint8(IAccessLicense.State.Settled));
    uint16 private constant S_DISPUTED = uint16(1 << uint8(IAccessLicense.State.Disputed));
    address private constant STRANGER = address(0x57A);

    uint256 private constant MOST_OFFERS = 30;

    constructor(World world) Sales(world) {}

    // ---------------------------------------------------------------- sales

    function offer(uint256 seed) external step {
        uint256 offerId = 1 + (seed >> 64) % _offersMade;
        if (_offersMade < MOST_OFFERS && seed % 3 != 0) return _offer(seed >> 128, seed);
        if (_closed[offerId]) return _sell(seed);
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
        uint256 id = seed % 4 == 0 ? _pick(seed, PURCHASED) : 0;
        if (id == 0) {
            _bringToDelivery(seed);
        } else if (_isLate(id) || _cannotBeDelivered(id)) {
            bytes memory data = abi.encodeCall(IAccessLicense.deliver, (id, bytes32("envelope")));
            _refuse(6, "delivered too late", _ownerOf(id), 0, data);
            _refund(id);
        } else {
            _deliver(id);
        }
    }

    function confirm(uint256 seed) external step {
        uint256 id = _bring(seed, DELIVERED);
        if (id == 0) return;
        _call(_entries[id].buyer, 0, abi.encodeCall(IAccessLicense.confirm, (id)));
        _settled(id);
    }

    function claim(uint256 seed) external step {
        uint256 id = _bring(seed, DELIVERED);
        if (id == 0) return;
        bytes memory data = abi.encodeCall(IAccessLicense.claim, (id));
        uint256 deadline = _entries[id].deadline;
        if (_now() <= deadline) {
            _refuse(6, "claimed too early", RELAYER, 0, data);
            if (seed % 4 != 0) return;
            vm.warp(deadline + 1);
        }
        if (_isTrainingStopped(id)) {
            _refuse(7, "paid for training that consent had ended", RELAYER, 0, data);
            return _refund(id);
        }
        _call(RELAYER, 0, data);
        _claimed(id);
    }

    function refund(uint256 seed) external step {
        IAccessLicense.State[4] memory states = [DISPUTED, PURCHASED, IN_REVIEW, DELIVERED];
        uint256 id = _bring(seed, states[seed % 4]);
        if (id == 0) return;
        if (_entries[id].state == DELIVERED && !_isTrainingStopped(id)) {
            return _refuse(6, "refunded after delivery", RELAYER, 0, abi.encodeCall(IAccessLicense.refund, (id)));
        }
        if (_entries[id].state == DELIVERED) return _refund(id);
        uint256 deadline = _entries[id].deadline;
        if (_now() <= deadline && (_entries[id].state == DISPUTED || !_cannotBeDelivered(id))) {
            _refuse(6, "refunded too early", RELAYER, 0, abi.encodeCall(IAccessLicense.refund, (id)));
            if (seed % 16 > 1) return;
            vm.warp(deadline + 1);
        }
        _refund(id);
    }

    function dispute(uint256 seed) external step {
        uint256 id = _bring(seed, DELIVERED);
        if (id == 0) return;
        bytes memory data = abi.encodeCall(IAccessLicense.dispute, (id, bytes32("wrong key")));
        if (_now() > _entries[id].deadline) {
            return _refuse(6, "disputed too late", _entries[id].buyer, 0, data);
        }
        _call(_entries[id].buyer, 0, data);
        _disputed(id);
    }

    function resolve(uint256 seed) external step {
        uint256 id = _bring(seed, DISPUTED);
        if (id == 0) return;
        bool payOwner = seed % 2 == 0;
        _call(ARBITER, 0, abi.encodeCall(IAccessLicense.resolve, (id, payOwner)));
        if (payOwner) _settled(id);
        else _backTo(id, REFUNDED);
    }

    /// @notice All that a licence's state, or the caller, does not allow.
    function tryInVain(uint256 seed) external step {
        if (count == 0) return _sell(seed);
        uint256 id = 1 + (seed >> 16) % count;
        Entry storage e = _entries[id];
        (address owner, address buyer) = (_ownerOf(id), e.buyer);
        IAccessLicense.Payment memory direct;
        bytes[11] memory calls = [
            abi.encodeCall(IAccessLicense.approve, (id)),
            abi.encodeCall(IAccessLicense.reject, (id, bytes32("no"))),
            abi.encodeCall(IAccessLicense.deliver, (id, bytes32("envelope"))),
            abi.encodeCall(IAccessLicense.confirm, (id)),
            abi.encodeCall(IAccessLicense.dispute, (id, bytes32("no"))),
            abi.encodeCall(IAccessLicense.resolve, (id, seed % 2 == 0)),
            abi.encodeCall(IAccessLicense.revoke, (id, bytes32("no"))),
            abi.encodeCall(IAccessLicense.renew, (id, new IVisaRegistry.SignedVisa[](0), direct)),
            abi.encodeCall(IAccessLicense.consume, (id)),
            abi.encodeCall(IAccessLicense.claim, (id)),
            abi.encodeCall(IAccessLicense.refund, (id))
        ];
        address[11] memory who = [owner, owner, owner, buyer, buyer, ARBITER, owner, buyer, buyer, RELAYER, RELAYER];
        // In which states each of them is possible, a bit for each.
        uint16[11] memory states = [
            S_REVIEW,
            S_REVIEW | S_PURCHASED,
            S_PURCHASED,
            S_DELIVERED,
            S_DELIVERED,
            S_DISPUTED,
            S_DELIVERED | S_SETTLED | S_DISPUTED,
            S_SETTLED,
            S_DELIVERED | S_SETTLED,
            S_DELIVERED,
            S_REVIEW | S_PURCHASED | S_DELIVERED | S_DISPUTED
        ];
        for (uint256 i = 0; i < 11; ++i) {
            bool isPossible = states[i] >> uint8(e.state) & 1 != 0;
            if (!isPossible) _refuse(6, "a call that the state does not allow", who[i], 0, calls[i]);
            if (i < 9) _refuse(6, "a call by somebody else", STRANGER, 0, calls[i]);
        }
    }

    // ---------------------------------------------------- use, renew, revoke

    function consume(uint256 seed) external step {
        uint256 id = _bring(seed, seed % 2 == 0 ? SETTLED : DELIVERED);
        if (id == 0) return;
        bytes memory data = abi.encodeCall(IAccessLicense.consume, (id));
        if (!isActive(id)) return _refuse(5, "an inactive licence was used", _entries[id].buyer, 0, data);
        _call(seed % 4 < 2 ? _entries[id].buyer : _ownerOf(id), 0, data);
        if (_entries[id].usesLeft != type(uint256).max) _entries[id].usesLeft -= 1;
    }

    function present(uint256 seed) external step {
        uint256 id = _bring(seed, seed % 2 == 0 ? SETTLED : DELIVERED);
        if (id == 0) return;
        bytes memory data = abi.encodeCall(IAccessLicense.present, (id));
        if (!isActive(id)) return _refuse(9, "an inactive licence was presented", RELAYER, 0, data);
        _call(RELAYER, 0, data);
    }

    function renew(uint256 seed) external step {
        uint256 id = _bring(seed, SETTLED);
        if (id == 0) return;
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
        uint256 id = _bring(seed, seed % 3 != 0 ? SETTLED : seed % 2 == 0 ? DELIVERED : DISPUTED);
        if (id == 0) return;
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
        if (seed % 8 == 0) _collectLies(account);
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

    /// @dev Consent ends seldom, now and then while a payment is pending, and comes back with the next version: else there
    /// would soon be nothing for sale.
    function withdrawOrPublish(uint256 seed) external step {
        uint256 d = 1 + seed % 3;
        uint32 version = latest[d];
        uint256 id = seed % 8 == 0 ? _pick(seed, DELIVERED) : 0;
        if (id != 0) (d, version) = (_offerOf(id).datasetId, _entries[id].version);
        address owner = _owners[d];
        if (!withdrawn[d][version] && seed % 4 == 0) {
            vm.prank(owner);
            DATASETS.withdraw(d, version);
            withdrawn[d][version] = true;
        } else {
            IDatasetNFT.Publication memory p = WORLD.publication(_termsOf(d));
            vm.prank(owner);
            latest[d] = DATASETS.publishVersion(d, p);
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
        vm.warp(_now() + (seed % 16 == 0 ? seed % 31 days : seed % 3 hours));
    }

    // -------------------------------------------------------------- private

    /// @dev A licence in that state, brought there if there is none; or 0, if that is not possible.
    function _bring(uint256 seed, IAccessLicense.State state) private returns (uint256 id) {
        id = _pick(seed, state);
        if (id != 0) return id;
        if (state == IN_REVIEW || state == PURCHASED) _sell(seed);
        if (state == DELIVERED) return _bringToDelivery(seed);
        if (state != SETTLED && state != DISPUTED) return 0;
        id = _bringToDelivery(seed);
        if (id == 0) return 0;
        address buyer = _entries[id].buyer;
        if (state == SETTLED) {
            _call(buyer, 0, abi.encodeCall(IAccessLicense.confirm, (id)));
            _settled(id);
        } else {
            _call(buyer, 0, abi.encodeCall(IAccessLicense.dispute, (id, bytes32("wrong key"))));
            _disputed(id);
        }
        return _entries[id].state == state ? id : 0;
    }

    /// @dev Delivers a licence that waits for it, or one that is sold for that.
    function _bringToDelivery(uint256 seed) private returns (uint256) {
        for (uint256 i = 0; i < count; ++i) {
            uint256 id = 1 + ((seed >> 16) % count + i) % count;
            if (_entries[id].state == PURCHASED && !_isLate(id) && !_cannotBeDelivered(id)) return _deliver(id);
        }
        uint256 sold = count + 1;
        _sell(seed);
        if (count < sold || _cannotBeDelivered(sold)) return 0;
        if (_entries[sold].state == IN_REVIEW) {
            _call(_ownerOf(sold), 0, abi.encodeCall(IAccessLicense.approve, (sold)));
            _approved(sold);
        }
        return _entries[sold].state == PURCHASED ? _deliver(sold) : 0;
    }

    function _deliver(uint256 id) private returns (uint256) {
        _call(_ownerOf(id), 0, abi.encodeCall(IAccessLicense.deliver, (id, bytes32("envelope"))));
        _delivered(id);
        return id;
    }

    function _isLate(uint256 id) private view returns (bool) {
        return _now() > _entries[id].deadline;
    }

    function _refund(uint256 id) private {
        _call(RELAYER, 0, abi.encodeCall(IAccessLicense.refund, (id)));
        _refunded(id);
    }

    /// @dev What a lying token is worth is its own affair; that it can be collected, or cannot, changes nothing for others.
    function _collectLies(address account) private {
        try LICENSES.collect(account, address(LYING)) {
            _collected(account, address(LYING));
        } catch {}
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
            if (currency != address(LYING) && owed[account][currency] != 0) return (account, currency);
        }
        return (address(0), address(0));
    }

    function _ownerOf(uint256 id) private view returns (address) {
        return _ownerBy(_entries[id].offerId);
    }
}
