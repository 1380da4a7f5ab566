// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Settlements} from "./Settlements.sol";

/// @notice Does at random what people do with datasets and licences, well or ill meant, and enters it in the ledger. Where
/// there is no licence in the state that a step needs, it sells one, so that few calls are idle.
contract Market is Settlements {
    uint16 private constant S_REVIEW = uint16(1 << uint8(IAccessLicense.State.InReview));
    uint16 private constant S_PURCHASED = uint16(1 << uint8(IAccessLicense.State.Purchased));
    uint16 private constant S_DELIVERED = uint16(1 << uint8(IAccessLicense.State.Delivered));
    uint16 private constant S_SETTLED = uint16(1 << uint8(IAccessLicense.State.Settled));
    uint16 private constant S_DISPUTED = uint16(1 << uint8(IAccessLicense.State.Disputed));
    address private constant STRANGER = address(0x57A);

    uint256 private constant MOST_OFFERS = 30;

    constructor(World world) Settlements(world) {}

    // ---------------------------------------------------------------- sales

    function offer(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 offerId = 1 + (seed >> 64) % _offersMade;
        if (_offersMade < MOST_OFFERS && seed % 3 != 0) return _offer(seed >> 128, seed);
        if (_closed[offerId]) return _sell(seed);
        _call(_ownerBy(offerId), 0, abi.encodeCall(IAccessLicense.closeOffer, (offerId)));
        _closed[offerId] = true;
    }

    function purchase(uint256 draw) external step {
        uint256 seed = _spread(draw);
        _buy(seed, people[seed % (PEOPLE - 1)], _anOffer(seed >> 128));
    }

    function purchaseBySignedOrder(uint256 draw) external step {
        uint256 seed = _spread(draw);
        _buyByOrder(seed, _anOffer(seed >> 128));
    }

    function cancelOrders(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 offerId = _anOffer(seed >> 128);
        (address buyer, uint256 key) = (people[seed % 4], KEY + seed % 4);
        Deal memory deal = _declare(offerId, buyer, seed, false);
        bytes memory signature = _sign(key, LICENSES.orderHash(deal.order));
        _call(buyer, 0, abi.encodeCall(IAccessLicense.cancelOrders, ()));
        _mayNotBuy(deal.order, signature, deal.evidence, "a cancelled order was carried out");
    }

    /// @notice All that a licence's state, or the caller, does not allow.
    function tryInVain(uint256 draw) external step {
        uint256 seed = _spread(draw);
        if (count == 0) return _sell(seed);
        uint256 id = 1 + (seed >> 16) % count;
        Entry storage e = _entries[id];
        (address owner, address buyer) = (_ownerOf(id), e.buyer);
        bytes[11] memory calls = [
            _approval(id),
            abi.encodeCall(IAccessLicense.reject, (id, bytes32("no"))),
            _delivery(id),
            abi.encodeCall(IAccessLicense.confirm, (id)),
            abi.encodeCall(IAccessLicense.dispute, (id, bytes32("no"))),
            _decision(id, seed % 2 == 0),
            _revocation(id, bytes32("no")),
            abi.encodeCall(IAccessLicense.cancel, (id)),
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
            S_REVIEW,
            S_DELIVERED | S_SETTLED,
            S_DELIVERED,
            S_REVIEW | S_PURCHASED | S_DELIVERED | S_DISPUTED | S_SETTLED
        ];
        for (uint256 i = 0; i < 11; ++i) {
            bool isPossible = states[i] >> uint8(e.state) & 1 != 0;
            if (!isPossible) _refuse(6, "a call that the state does not allow", who[i], 0, calls[i]);
            if (i < 9) _refuse(6, "a call by somebody else", STRANGER, 0, calls[i]);
        }
    }

    // ----------------------------------------------------- use, earn, revoke

    /// @dev By the licensee, or for training where it is used; never by the owner.
    function consume(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, seed % 2 == 0 ? SETTLED : DELIVERED);
        if (id == 0) return;
        IAccessLicense.Offer memory o = _offerOf(id);
        address user = _entries[id].buyer;
        bytes memory data = abi.encodeCall(IAccessLicense.consume, (id));
        if (_ownerOf(id) != user) _refuse(6, "used by the owner", _ownerOf(id), 0, data);
        if (seed % 4 < 2) {
            address models = LICENSES.MODELS();
            IAccessLicense.Right other = IAccessLicense.Right(1 + uint256(o.right) % 3);
            data = abi.encodeCall(IAccessLicense.consumeFor, (id, o.datasetId, user, other));
            _refuse(6, "used for another right", models, 0, data);
            data = abi.encodeCall(IAccessLicense.consumeFor, (id, o.datasetId, user, o.right));
            _refuse(6, "used by somebody else than the models", user, 0, data);
            user = models;
        }
        if (!isActive(id)) return _refuse(5, "an inactive licence was used", user, 0, data);
        _call(user, 0, data);
        _consumed(id, user == _entries[id].buyer);
    }

    function redeliver(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, seed % 2 == 0 ? SETTLED : DELIVERED);
        if (id == 0) return;
        IAccessLicense.Offer memory o = _offerOf(id);
        (address custodian, address idle) = _custodianOf(o.datasetId);
        bytes memory data =
            abi.encodeCall(IAccessLicense.redeliver, (id, bytes32("again"), COMMITMENTS, _entries[id].buyer));
        if (idle != address(0)) _refuse(22, "redelivered without an accepted role", idle, 0, data);
        bool allowed =
            o.right == IAccessLicense.Right.Download && isActive(id) && !withdrawn[o.datasetId][_entries[id].version];
        if (allowed) _call(custodian, 0, data);
        else _refuse(6, "a key for who has no right to it", custodian, 0, data);
    }

    function claimEarned(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, SETTLED);
        if (id == 0) return;
        bytes memory data = abi.encodeCall(IAccessLicense.claimEarned, (id));
        bool hasEarned = _offerOf(id).proRata && _earned(id) != _entries[id].earned;
        if (!hasEarned) return _refuse(9, "earned what time does not earn", RELAYER, 0, data);
        _call(RELAYER, 0, data);
        _claimedEarned(id);
    }

    function revoke(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, seed % 3 != 0 ? SETTLED : seed % 2 == 0 ? DELIVERED : DISPUTED);
        if (id == 0) return;
        if (_entries[id].state == SETTLED && _offerOf(id).proRata) _reach("revoked before its time");
        _call(_ownerOf(id), 0, _revocation(id, bytes32("consent ended")));
        _revoked(id);
    }

    // -------------------------------------------------------------- payouts

    function collect(uint256 draw) external step {
        uint256 seed = _spread(draw);
        (address account, address currency) = _pickOwed(seed);
        if (account == address(0)) return _sell(seed);
        if (seed % 8 == 0) _collectLies(account);
        bytes memory data = abi.encodeCall(IAccessLicense.collect, (account, currency));
        _payOut(RELAYER, data, account, currency, account, seed);
    }

    function collectTo(uint256 draw) external step {
        uint256 seed = _spread(draw);
        (address account, address currency) = _pickOwed(seed);
        if (account == address(0)) return _sell(seed);
        address to = people[(seed >> 64) % PEOPLE];
        bytes memory data = abi.encodeCall(IAccessLicense.collectTo, (to, currency));
        _payOut(account, data, account, currency, to, seed);
    }

    // -------------------------------------------------- datasets, visas, time

    function transferDataset(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 d = 1 + seed % DATASET_COUNT;
        address to = people[(seed >> 8) % (PEOPLE - 1)];
        vm.prank(_owners[d]);
        DATASETS.transferFrom(_owners[d], to, d);
        _owners[d] = to;
        _endRoles(d);
    }

    function changeRoles(uint256 draw) external step {
        uint256 seed = _spread(draw);
        address person = people[(seed >> 8) % (PEOPLE - 1)];
        _changeRole(1 + seed % DATASET_COUNT, IDatasetNFT.Role((seed >> 16) % 3), person, seed >> 24);
    }

    /// @dev Consent ends seldom, now and then while a payment is pending, and comes back with the next version: else there
    /// would soon be nothing for sale.
    function withdrawOrPublish(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 d = 1 + seed % DATASET_COUNT;
        uint32 version = latest[d];
        uint256 id = seed % 8 == 0 ? _pick(seed, DELIVERED) : 0;
        if (id != 0) (d, version) = (_offerOf(id).datasetId, _entries[id].version);
        if (!withdrawn[d][version] && seed % 4 == 0) _withdraw(d, version);
        else _publishVersion(d, seed >> 8);
    }

    /// @dev Owners say anew whom they trust, and for what. Licences that were sold before don't change.
    function changeDemands(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 d = 1 + seed % DATASET_COUNT;
        // Of the dataset that somebody else owns it says nothing.
        address owner = _owners[(seed >> 9) % 4 == 0 ? 1 + (seed >> 10) % DATASET_COUNT : d];
        if ((seed >> 8) % 2 == 0) _changeTrust(owner, d, seed >> 16);
        else _changeValue(owner, d, seed >> 16);
    }

    /// @dev Any one of those that a licence rests on; now and then by an issuer whose it is not.
    function revokeVisa(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _pickResting(seed, seed % 2 == 0 ? PURCHASED : SETTLED);
        if (id == 0) return _sell(seed);
        bytes32[] storage keys = _keysOf[id];
        uint256 i = (seed >> 8) % keys.length;
        if ((seed >> 64) % 4 == 0) return _revokeForAnother(_visas[keys[i]]);
        if (keys.length > 1) _reach(i == 0 ? bytes32("first visa revoked") : bytes32("later visa revoked"));
        _revokeVisa(_visas[keys[i]]);
        _lookAt(id);
    }

    /// @dev To the last moment of a licence's visas, or to the first without them.
    function waitForVisas(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _pickResting(seed, seed % 2 == 0 ? PURCHASED : seed % 4 == 1 ? DELIVERED : SETTLED);
        if (id == 0) return _sell(seed);
        uint256 end = _endOfVisas(id);
        if (end > _now() + 60 days) return;
        vm.warp(end - (seed >> 8) % 2);
        _lookAt(id);
        if (_entries[id].state != PURCHASED) return;
        if (!_isLate(id)) {
            _reach(_areVisasOver(id) ? bytes32("visas ended before delivery") : bytes32("delivery at the end of visas"));
        }
        if (!_isLate(id) && !_cannotBeDelivered(id)) {
            _deliver(id);
            return _lookAt(id);
        }
        bytes memory data = _delivery(id);
        _refuse(6, "delivered after the visas", _ownerOf(id), 0, data);
        _refund(id);
    }

    function wait(uint256 draw) external step {
        uint256 seed = _spread(draw);
        vm.warp(_now() + (seed % 16 == 0 ? seed % 31 days : seed % 3 hours));
    }

    // -------------------------------------------------------------- private

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

    /// @dev At the moment itself: the invariants may come later.
    function _lookAt(uint256 id) private {
        if (LICENSES.isActive(id) != isActive(id)) _fault(8, "access does not follow the visas");
    }

    /// @return id the next licence in that state whose visas are good, or 0
    function _pickResting(uint256 seed, IAccessLicense.State state) private view returns (uint256 id) {
        for (uint256 i = 0; i < count; ++i) {
            id = 1 + ((seed >> 16) % count + i) % count;
            if (_entries[id].state == state && _keysOf[id].length != 0 && !_areVisasOver(id)) return id;
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
}
