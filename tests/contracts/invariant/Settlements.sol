// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Sales} from "./Sales.sol";

/// @notice From purchase to payment: review, delivery, confirmation, refunds, disputes. Where there is no licence in the
/// state that a step needs, it sells one, so that few calls are idle.
abstract contract Settlements is Sales {
    constructor(World world) Sales(world) {}

    function approve(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _pick(seed, IN_REVIEW);
        if (id == 0) return _sell(seed);
        if (_now() > _entries[id].deadline) return _refund(id);
        bytes memory data = _approval(id);
        (address member, address idle) = _memberOf(_offerOf(id).datasetId);
        if (idle != address(0)) _refuse(22, "approved without an accepted role", idle, 0, data);
        _call(member, 0, data);
        _approved(id);
    }

    function reject(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _pick(seed, seed % 2 == 0 ? IN_REVIEW : PURCHASED);
        if (id == 0) return _sell(seed);
        _call(_ownerOf(id), 0, abi.encodeCall(IAccessLicense.reject, (id, bytes32("no"))));
        _backTo(id, REJECTED);
    }

    function deliver(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = seed % 4 == 0 ? _pick(seed, PURCHASED) : 0;
        if (id == 0) {
            _bringToDelivery(seed);
        } else if (_isLate(id) || _cannotBeDelivered(id)) {
            bytes memory data = _delivery(id);
            _refuse(6, "delivered too late", _ownerOf(id), 0, data);
            _refund(id);
        } else {
            _deliver(id);
        }
    }

    function confirm(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, DELIVERED);
        if (id == 0) return;
        _call(_entries[id].buyer, 0, abi.encodeCall(IAccessLicense.confirm, (id)));
        _settled(id);
    }

    function claim(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, DELIVERED);
        if (id == 0) return;
        IAccessLicense.Offer memory o = _offerOf(id);
        bool isHeld = o.right == IAccessLicense.Right.Train && !withdrawn[o.datasetId][_entries[id].version];
        if (isHeld && seed % 64 < 8) _withdraw(o.datasetId, _entries[id].version);
        bytes memory data = abi.encodeCall(IAccessLicense.claim, (id));
        uint256 deadline = _entries[id].deadline;
        if (_now() <= deadline) {
            _refuse(6, "claimed too early", RELAYER, 0, data);
            if (seed % 4 != 0) return;
            vm.warp(deadline + 1);
        }
        if (_isTakenAway(id)) {
            _refuse(7, "paid for access that was taken away", RELAYER, 0, data);
            return _refund(id);
        }
        _call(RELAYER, 0, data);
        _claimed(id);
    }

    function refund(uint256 draw) external step {
        uint256 seed = _spread(draw);
        IAccessLicense.State[5] memory states = [DISPUTED, PURCHASED, IN_REVIEW, DELIVERED, SETTLED];
        uint256 id = _bring(seed, states[seed % 5]);
        if (id == 0) return;
        bytes memory data = abi.encodeCall(IAccessLicense.refund, (id));
        if (_entries[id].state == SETTLED) {
            if (!_endedEarly(id)) return _refuse(6, "refunded after it was settled", RELAYER, 0, data);
            _reach("shared out before its time");
            return _refund(id);
        }
        if (_entries[id].state == DELIVERED && !_isTakenAway(id)) {
            return _refuse(6, "refunded after delivery", RELAYER, 0, data);
        }
        if (_entries[id].state == DELIVERED) return _refund(id);
        uint256 deadline = _entries[id].deadline;
        if (_now() <= deadline && (_entries[id].state == DISPUTED || !_cannotBeDelivered(id))) {
            _refuse(6, "refunded too early", RELAYER, 0, data);
            if (seed % 16 > 1) return;
            vm.warp(deadline + 1);
        }
        _refund(id);
    }

    function dispute(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, DELIVERED);
        if (id == 0) return;
        bytes memory data = abi.encodeCall(IAccessLicense.dispute, (id, bytes32("wrong key")));
        if (!_canBeDisputed(id)) {
            return _refuse(6, "disputed too late, or without an arbiter", _entries[id].buyer, 0, data);
        }
        _call(_entries[id].buyer, 0, data);
        _disputed(id);
    }

    function resolve(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _bring(seed, DISPUTED);
        if (id == 0) return;
        bool payOwner = seed % 2 == 0;
        bytes memory data = _decision(id, payOwner);
        if (seed % 16 == 0 && !_isLate(id)) vm.warp(_entries[id].deadline + 1);
        if (_isLate(id)) {
            _refuse(6, "a late decision", ARBITER, 0, data);
            return _refund(id);
        }
        _call(ARBITER, 0, data);
        if (payOwner) _settled(id);
        else _backTo(id, REFUNDED);
    }

    function cancel(uint256 draw) external step {
        uint256 seed = _spread(draw);
        uint256 id = _pick(seed, IN_REVIEW);
        if (id == 0) return _sell(seed);
        _call(_entries[id].buyer, 0, abi.encodeCall(IAccessLicense.cancel, (id)));
        _backTo(id, REFUNDED);
    }

    // -------------------------------------------------------------- private

    /// @dev A licence in that state, brought there if there is none; or 0, if that is not possible.
    function _bring(uint256 seed, IAccessLicense.State state) internal returns (uint256 id) {
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
        } else if (_canBeDisputed(id)) {
            _call(buyer, 0, abi.encodeCall(IAccessLicense.dispute, (id, bytes32("wrong key"))));
            _disputed(id);
        }
        return _entries[id].state == state ? id : 0;
    }

    /// @dev Delivers a licence that waits for it, or one that is sold for that.
    function _bringToDelivery(uint256 seed) internal returns (uint256) {
        for (uint256 i = 0; i < count; ++i) {
            uint256 id = 1 + ((seed >> 16) % count + i) % count;
            if (_entries[id].state == PURCHASED && !_isLate(id) && !_cannotBeDelivered(id)) return _deliver(id);
        }
        uint256 sold = count + 1;
        _sell(seed);
        if (count < sold || _cannotBeDelivered(sold)) return 0;
        if (_entries[sold].state == IN_REVIEW) {
            _call(_ownerOf(sold), 0, _approval(sold));
            _approved(sold);
        }
        return _entries[sold].state == PURCHASED ? _deliver(sold) : 0;
    }

    function _deliver(uint256 id) internal returns (uint256) {
        (address custodian, address idle) = _custodianOf(_offerOf(id).datasetId);
        bytes memory data = _delivery(id);
        if (idle != address(0)) _refuse(22, "delivered without an accepted role", idle, 0, data);
        _refuse(6, "delivered for somebody else", custodian, 0, _deliveryTo(id, address(this)));
        _call(custodian, 0, data);
        _delivered(id);
        return id;
    }

    function _canBeDisputed(uint256 id) private view returns (bool) {
        return !_isLate(id) && _offerOf(id).arbiter != address(0);
    }

    function _isLate(uint256 id) internal view returns (bool) {
        return _now() > _entries[id].deadline;
    }

    function _refund(uint256 id) internal {
        _call(RELAYER, 0, abi.encodeCall(IAccessLicense.refund, (id)));
        _refunded(id);
    }

    /// @return id the next licence in that state, or 0
    function _pick(uint256 seed, IAccessLicense.State state) internal view returns (uint256 id) {
        for (uint256 i = 0; i < count; ++i) {
            id = 1 + ((seed >> 16) % count + i) % count;
            if (_entries[id].state == state) return id;
        }
        return 0;
    }

    function _ownerOf(uint256 id) internal view returns (address) {
        return _ownerBy(_entries[id].offerId);
    }
}
