// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Flaws} from "./Flaws.sol";
import {PurposeRules} from "./PurposeRules.sol";
import {VisaRules} from "./VisaRules.sol";

/// @notice The rules of the market once more, kept as simple as they can be: what each step must do to a licence and to
/// what accounts are owed. It computes from its own records, never from the contracts'.
abstract contract Ledger is VisaRules, PurposeRules {
    struct Entry {
        IAccessLicense.State state;
        bool delivered;
        address buyer;
        uint32 offerId;
        uint32 version;
        uint256 deadline; // of the delivery, the dispute or the arbiter
        uint256 since;
        uint256 duration; // 0: no end
        uint256 usesLeft; // max: not counted
        bool used;
        uint256 paid;
        uint256 credited;
        uint256 earned; // of what was credited: to the dataset's owners, and the publisher
    }

    IAccessLicense.State internal constant NONE = IAccessLicense.State.None;
    IAccessLicense.State internal constant IN_REVIEW = IAccessLicense.State.InReview;
    IAccessLicense.State internal constant PURCHASED = IAccessLicense.State.Purchased;
    IAccessLicense.State internal constant DELIVERED = IAccessLicense.State.Delivered;
    IAccessLicense.State internal constant SETTLED = IAccessLicense.State.Settled;
    IAccessLicense.State internal constant DISPUTED = IAccessLicense.State.Disputed;
    IAccessLicense.State internal constant REFUNDED = IAccessLicense.State.Refunded;
    IAccessLicense.State internal constant REJECTED = IAccessLicense.State.Rejected;
    IAccessLicense.State internal constant REVOKED = IAccessLicense.State.Revoked;

    /// @dev Of all that is published (World).
    bytes32 internal constant COMMITMENTS = keccak256(abi.encode(bytes32("content"), bytes32("key")));

    uint256 public count;
    mapping(address account => mapping(address currency => uint256)) public owed;
    mapping(uint256 datasetId => mapping(uint256 version => bool)) public withdrawn;
    mapping(uint256 datasetId => mapping(uint256 version => uint256 time)) internal _withdrawnAt;
    mapping(uint256 datasetId => uint32) public latest;

    /// @notice The parts of prices that nobody was credited yet.
    mapping(address currency => uint256) public escrow;
    /// @notice What went against the invariant of that number, the first time; and a bit for each such number.
    mapping(uint256 number => string) public fault;
    uint256 public faults;

    mapping(uint256 licenseId => Entry) internal _entries;
    mapping(uint256 offerId => IAccessLicense.Offer) internal _offers;
    mapping(uint256 offerId => bool) internal _closed;
    mapping(uint256 datasetId => address) internal _owners;
    mapping(uint256 datasetId => address) internal _publishers;
    mapping(uint256 datasetId => bytes32) internal _grants; // what a grant of access to it must say

    string internal _firstFault;

    uint256 private constant RECENT = 8;

    uint256[RECENT] private _touched;
    uint256 private _touches;
    address private _currency;
    uint256 private _steps;

    modifier step() {
        ++_steps;
        _;
    }

    /// @return ids of the eight licences that were touched last, and of two others, in turn
    /// @return currency that was moved last
    /// @return steps how many there were
    function lately() external view returns (uint256[] memory ids, address currency, uint256 steps) {
        uint256 touched = _touches < RECENT ? _touches : RECENT;
        ids = new uint256[](touched == 0 ? 0 : touched + 2);
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = i < touched ? _touched[i] : 1 + (2 * _steps + i) % count;
        }
        return (ids, _currency, _steps);
    }

    function entryOf(uint256 id) external view returns (Entry memory) {
        return _entries[id];
    }

    /// @dev The fuzzer likes small numbers, which would answer every question alike.
    function _spread(uint256 draw) internal view returns (uint256 seed) {
        return uint256(keccak256(abi.encode(draw, _steps)));
    }

    function _offerOf(uint256 id) internal view returns (IAccessLicense.Offer storage) {
        return _offers[_entries[id].offerId];
    }

    /// @notice Whether the licence ought to give access now.
    function isActive(uint256 id) public view returns (bool) {
        Entry storage e = _entries[id];
        if (e.state != DELIVERED && e.state != SETTLED) return false;
        if (e.usesLeft == 0 || _now() >= endOf(id) || _isAnyVisaRevoked(id)) return false;
        return !_isTrainingStopped(id);
    }

    function endOf(uint256 id) public view returns (uint256 end) {
        Entry storage e = _entries[id];
        end = e.duration == 0 ? type(uint256).max : e.since + e.duration;
        if (_endOfVisas(id) < end) end = _endOfVisas(id);
    }

    /// @notice What the contract ought to say: 0 for what never began or was undone.
    function expiresAt(uint256 id) external view returns (uint256) {
        IAccessLicense.State state = _entries[id].state;
        if (state == IN_REVIEW || state == PURCHASED || state == REFUNDED || state == REJECTED) return 0;
        uint256 end = endOf(id);
        return end == type(uint256).max ? type(uint40).max : end;
    }

    // ---------------------------------------------------------------- steps

    /// @return flaws all that stands against the sale
    /// @return review whether a person has to judge the purpose
    function _judge(
        uint256 offerId,
        address buyer,
        IAccessLicense.ResearchPurpose memory purpose,
        IAccessLicense.Evidence memory evidence
    ) internal view returns (uint256 flaws, bool review) {
        IAccessLicense.Offer storage offer = _offers[offerId];
        (uint256 d, uint32 version) = (offer.datasetId, latest[offer.datasetId]);
        (flaws, review) = _judgePurpose(d, version, purpose, evidence.diseaseProof);
        if (_closed[offerId]) flaws |= Flaws.CLOSED;
        if (withdrawn[d][version]) flaws |= Flaws.WITHDRAWN;
        if (_has(_terms[d][version], DuoPolicy.TS) && offer.duration == 0) flaws |= Flaws.NO_END;
        flaws |= _judgeVisas(_asked(d, buyer, offer.visas), evidence.visas);
    }

    function _asked(uint256 d, address subject, uint8 types) internal view returns (IVisaRegistry.Question memory) {
        return IVisaRegistry.Question(_owners[d], d, _grants[d], subject, types);
    }

    function _sold(uint256 offerId, address buyer, bool review, IVisaRegistry.SignedVisa[] memory visas) internal {
        IAccessLicense.Offer storage offer = _offers[offerId];
        uint32 version = latest[offer.datasetId];
        Entry storage e = _entries[++count];
        e.state = review ? IN_REVIEW : PURCHASED;
        (e.buyer, e.offerId, e.version) = (buyer, uint32(offerId), version);
        e.deadline = _now() + offer.deliveryWindow;
        e.duration = offer.duration;
        e.usesLeft = offer.uses == 0 ? type(uint256).max : offer.uses;
        _rest(count, _relied(offer.visas, visas));
        escrow[offer.currency] += offer.price;
        _touch(count);
        _pay(e, offer.currency, offer.price);
    }

    function _approved(uint256 id) internal {
        _move(id, PURCHASED);
        _entries[id].deadline = _now() + _offerOf(id).deliveryWindow;
    }

    function _delivered(uint256 id) internal {
        Entry storage e = _entries[id];
        if (_cannotBeDelivered(id)) _fault(6, "delivered after consent or visa had ended");
        if (_now() > e.deadline) _fault(6, "delivered too late");
        _move(id, DELIVERED);
        (e.delivered, e.since) = (true, _now());
        e.deadline = _now() + _offerOf(id).disputeWindow;
    }

    /// @dev The owner has it all, or what time will earn.
    function _settled(uint256 id) internal {
        _move(id, SETTLED);
        if (!_offerOf(id).proRata) _creditOwner(id, _offerOf(id).price);
    }

    function _claimedEarned(uint256 id) internal {
        if (_entries[id].state != SETTLED || !_offerOf(id).proRata) _fault(9, "earned what time does not earn");
        _touch(id);
        _creditOwner(id, _earned(id));
    }

    /// @param byLicensee who says by it that access works
    function _consumed(uint256 id, bool byLicensee) internal {
        Entry storage e = _entries[id];
        if (!isActive(id)) _fault(5, "an inactive licence was used");
        if (e.usesLeft != type(uint256).max) e.usesLeft -= 1;
        e.used = true;
        if (byLicensee && e.state == DELIVERED) _settled(id);
    }

    function _claimed(uint256 id) internal {
        if (_now() <= _entries[id].deadline) _fault(6, "claimed too early");
        if (_isTakenAway(id)) _fault(7, "paid for access that was taken away");
        _settled(id);
    }

    function _refunded(uint256 id) internal {
        Entry storage e = _entries[id];
        if (e.state == SETTLED) {
            if (!_endedEarly(id)) _fault(6, "refunded what had its time");
            _move(id, REFUNDED);
            return _shareOut(id);
        }
        bool atOnce = e.state == DELIVERED ? _isTakenAway(id) : e.state != DISPUTED && _cannotBeDelivered(id);
        if (e.state == DELIVERED && !atOnce) _fault(6, "refunded after delivery");
        if (!atOnce && _now() <= e.deadline) _fault(6, "refunded too early");
        _backTo(id, REFUNDED);
    }

    function _disputed(uint256 id) internal {
        if (_now() > _entries[id].deadline) _fault(6, "disputed too late");
        if (_offerOf(id).arbiter == address(0)) _fault(6, "disputed without an arbiter");
        _move(id, DISPUTED);
        _entries[id].deadline = _now() + 30 days;
    }

    /// @dev The price goes back to the buyer.
    function _backTo(uint256 id, IAccessLicense.State state) internal {
        _move(id, state);
        _credit(id, _entries[id].buyer, _offerOf(id).price);
    }

    function _revoked(uint256 id) internal {
        if (_entries[id].state != SETTLED) return _backTo(id, REVOKED);
        _move(id, REVOKED);
        if (_offerOf(id).proRata) _shareOut(id);
    }

    function _collected(address account, address currency) internal returns (uint256 amount) {
        amount = owed[account][currency];
        owed[account][currency] = 0;
        _currency = currency;
    }

    /// @dev Rounded down, until now or until visas or consent ended.
    function _earned(uint256 id) internal view returns (uint256) {
        Entry storage e = _entries[id];
        uint256 end = _stopOf(id) < _now() ? _stopOf(id) : _now();
        uint256 passed = end > e.since ? end - e.since : 0;
        if (passed > e.duration) passed = e.duration;
        return uint256(_offerOf(id).price) * passed / e.duration;
    }

    function _endedEarly(uint256 id) internal view returns (bool) {
        Entry storage e = _entries[id];
        return _offerOf(id).proRata && _stopOf(id) <= _now() && _stopOf(id) < e.since + e.duration;
    }

    /// @dev Without a key nothing is left of what was not used.
    function _isTakenAway(uint256 id) internal view returns (bool) {
        if (_offerOf(id).right == IAccessLicense.Right.Download || _entries[id].used) return false;
        return _isTrainingStopped(id) || _isAnyVisaRevoked(id);
    }

    function _delivery(uint256 id) internal view returns (bytes memory) {
        return _deliveryTo(id, _entries[id].buyer);
    }

    function _deliveryTo(uint256 id, address licensee) internal view returns (bytes memory) {
        return abi.encodeCall(IAccessLicense.deliver, (uint48(id), _envelopeOf(id), COMMITMENTS, licensee));
    }

    function _approval(uint256 id) internal view returns (bytes memory) {
        return abi.encodeCall(IAccessLicense.approve, (id, _entries[id].buyer, uint40(_entries[id].deadline)));
    }

    function _decision(uint256 id, bool payOwner) internal view returns (bytes memory) {
        Entry storage e = _entries[id];
        return abi.encodeCall(IAccessLicense.resolve, (id, payOwner, e.buyer, uint40(e.deadline)));
    }

    function _revocation(uint256 id, bytes32 reason) internal view returns (bytes memory) {
        return abi.encodeCall(IAccessLicense.revoke, (id, reason, _entries[id].buyer));
    }

    function _envelopeOf(uint256 id) internal view returns (bytes32) {
        return _offerOf(id).right == IAccessLicense.Right.Download ? bytes32("envelope") : bytes32(0);
    }

    /// @dev The end of consent ends training alone: what was downloaded can't be called back.
    function _isTrainingStopped(uint256 id) internal view returns (bool) {
        IAccessLicense.Offer storage offer = _offerOf(id);
        return offer.right == IAccessLicense.Right.Train && withdrawn[offer.datasetId][_entries[id].version];
    }

    function _cannotBeDelivered(uint256 id) internal view returns (bool) {
        return _areVisasOver(id) || withdrawn[_offerOf(id).datasetId][_entries[id].version];
    }

    function _fault(uint256 number, string memory what) internal {
        if (faults >> number & 1 != 0) return;
        faults |= 1 << number;
        bytes memory digits = abi.encodePacked(bytes1(uint8(48 + number % 10)));
        if (number > 9) digits = abi.encodePacked(bytes1(uint8(48 + number / 10)), digits);
        fault[number] = string.concat("inv", string(digits), ": ", what);
        if (bytes(_firstFault).length == 0) _firstFault = fault[number];
    }

    // -------------------------------------------------------------- private

    function _pay(Entry storage e, address currency, uint256 amount) private {
        e.paid += amount;
        _currency = currency;
    }

    /// @dev What leaves the escrow.
    function _credit(uint256 id, address account, uint256 amount) private {
        address currency = _offers[_entries[id].offerId].currency;
        if (_entries[id].state == IN_REVIEW) _fault(9, "credited in review");
        _entries[id].credited += amount;
        escrow[currency] -= amount;
        owed[account][currency] += amount;
        _currency = currency;
    }

    /// @param earned in all, of which a part was credited before; the royalty is of the whole: 5 %, and no more
    function _creditOwner(uint256 id, uint256 earned) private {
        Entry storage e = _entries[id];
        uint256 d = _offerOf(id).datasetId;
        uint256 royalty = _owners[d] == _publishers[d] ? 0 : earned / 20 - e.earned / 20;
        uint256 amount = earned - e.earned;
        e.earned = earned;
        _credit(id, _publishers[d], royalty);
        _credit(id, _owners[d], amount - royalty);
    }

    function _shareOut(uint256 id) private {
        uint256 earned = _earned(id);
        _creditOwner(id, earned);
        _credit(id, _entries[id].buyer, _offerOf(id).price - earned);
    }

    /// @dev The first moment without visas or consent.
    function _stopOf(uint256 id) private view returns (uint256 stop) {
        stop = _stopOfVisas(id);
        if (!_isTrainingStopped(id)) return stop;
        uint256 stopped = _withdrawnAt[_offerOf(id).datasetId][_entries[id].version];
        return stopped < stop ? stopped : stop;
    }

    /// @dev Nothing leaves Refunded, Rejected and Revoked; Settled is left by a revocation, or where time earns the price.
    function _move(uint256 id, IAccessLicense.State to) private {
        IAccessLicense.State from = _entries[id].state;
        bool allowed;
        if (from == IN_REVIEW) allowed = to == PURCHASED || to == REJECTED || to == REFUNDED;
        if (from == PURCHASED) allowed = to == DELIVERED || to == REJECTED || to == REFUNDED;
        if (from == DELIVERED) allowed = to == SETTLED || to == DISPUTED || to == REFUNDED || to == REVOKED;
        if (from == DISPUTED) allowed = to == SETTLED || to == REFUNDED || to == REVOKED;
        if (from == SETTLED) allowed = to == REVOKED || (to == REFUNDED && _offerOf(id).proRata);
        if (!allowed) _fault(6, "a step from a state that does not allow it");
        _entries[id].state = to;
        _touch(id);
    }

    function _touch(uint256 id) private {
        _touched[_touches++ % RECENT] = id;
    }
}
