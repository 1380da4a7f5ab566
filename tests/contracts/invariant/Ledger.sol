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
        uint256 paid; // the price, renewals, and what the owner brought to pay back
        uint256 credited;
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

    uint256 public count;
    mapping(address account => mapping(address currency => uint256)) public owed;
    mapping(uint256 datasetId => mapping(uint256 version => bool)) public withdrawn;
    mapping(uint256 datasetId => uint32) public latest;

    /// @notice The prices of what is in review, purchased, delivered or disputed.
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

    function _judgeRenewal(uint256 id, IVisaRegistry.SignedVisa[] memory visas) internal view returns (uint256 flaws) {
        Entry storage e = _entries[id];
        IAccessLicense.Offer storage offer = _offerOf(id);
        uint256 d = offer.datasetId;
        if (_closed[e.offerId]) flaws |= Flaws.CLOSED;
        if (withdrawn[d][e.version]) flaws |= Flaws.WITHDRAWN;
        if (offer.duration == 0 && offer.uses == 0) flaws |= Flaws.NOT_RENEWABLE;
        flaws |= _judgeVisas(_asked(d, e.buyer, offer.visas), visas);
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

    function _settled(uint256 id) internal {
        _move(id, SETTLED);
        _creditOwner(id);
    }

    function _claimed(uint256 id) internal {
        if (_now() <= _entries[id].deadline) _fault(6, "claimed too early");
        if (_isTrainingStopped(id)) _fault(7, "paid for training that consent had ended");
        _settled(id);
    }

    function _refunded(uint256 id) internal {
        Entry storage e = _entries[id];
        bool atOnce = e.state == DELIVERED ? _isTrainingStopped(id) : e.state != DISPUTED && _cannotBeDelivered(id);
        if (e.state == DELIVERED && !atOnce) _fault(6, "refunded after delivery");
        if (!atOnce && _now() <= e.deadline) _fault(6, "refunded too early");
        _backTo(id, REFUNDED);
    }

    function _disputed(uint256 id) internal {
        if (_now() > _entries[id].deadline) _fault(6, "disputed too late");
        if (_offerOf(id).arbiter == address(0)) return _backTo(id, REFUNDED);
        _move(id, DISPUTED);
        _entries[id].deadline = _now() + 30 days;
    }

    /// @dev The price goes back to the buyer.
    function _backTo(uint256 id, IAccessLicense.State state) internal {
        _move(id, state);
        _credit(id, _entries[id].buyer, _offerOf(id).price);
    }

    /// @param brought what came with the call, of which the owner gets back what is too much
    function _revoked(uint256 id, address owner, uint256 brought) internal {
        if (_entries[id].state != SETTLED) return _backTo(id, REVOKED);
        IAccessLicense.Offer storage offer = _offerOf(id);
        _move(id, REVOKED);
        if (!offer.proRata) return;
        uint256 due = _dueBack(id);
        uint256 paid = offer.currency == address(0) ? brought : due;
        if (paid < due) _fault(11, "less came with the revocation than is due");
        _pay(_entries[id], offer.currency, paid);
        _credit(id, _entries[id].buyer, due);
        if (paid > due) _credit(id, owner, paid - due);
    }

    function _renewed(uint256 id, IVisaRegistry.SignedVisa[] memory visas) internal {
        Entry storage e = _entries[id];
        IAccessLicense.Offer storage offer = _offerOf(id);
        if (offer.duration != 0) {
            uint256 passed = _now() - e.since;
            e.duration = (passed > e.duration ? passed : e.duration) + offer.duration;
        }
        if (offer.uses != 0) e.usesLeft += offer.uses;
        _touch(id);
        _rest(id, _relied(offer.visas, visas));
        _pay(e, offer.currency, offer.price);
        _creditOwner(id);
    }

    function _collected(address account, address currency) internal returns (uint256 amount) {
        amount = owed[account][currency];
        owed[account][currency] = 0;
        _currency = currency;
    }

    /// @dev What the unused part is worth, not rounded down: the smaller of the shares of time and uses.
    function _dueBack(uint256 id) internal view returns (uint256 due) {
        IAccessLicense.Offer storage offer = _offerOf(id);
        uint256 end = endOf(id);
        due = type(uint256).max;
        if (offer.duration != 0) {
            uint256 left = end > _now() ? end - _now() : 0;
            due = _upwards(uint256(offer.price) * left, offer.duration);
        }
        if (offer.uses != 0) {
            uint256 byUses = _upwards(uint256(offer.price) * _entries[id].usesLeft, offer.uses);
            if (byUses < due) due = byUses;
        }
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

    function _credit(uint256 id, address account, uint256 amount) private {
        address currency = _offers[_entries[id].offerId].currency;
        _entries[id].credited += amount;
        owed[account][currency] += amount;
        _currency = currency;
    }

    function _creditOwner(uint256 id) private {
        IAccessLicense.Offer storage offer = _offerOf(id);
        (address owner, address publisher) = (_owners[offer.datasetId], _publishers[offer.datasetId]);
        uint256 royalty = owner == publisher ? 0 : uint256(offer.price) / 20; // 5 %, and no more
        _credit(id, publisher, royalty);
        _credit(id, owner, offer.price - royalty);
    }

    /// @dev Nothing leaves Refunded, Rejected and Revoked; Settled is left by a revocation alone.
    function _move(uint256 id, IAccessLicense.State to) private {
        IAccessLicense.State from = _entries[id].state;
        bool allowed;
        if (from == IN_REVIEW) allowed = to == PURCHASED || to == REJECTED || to == REFUNDED;
        if (from == PURCHASED) allowed = to == DELIVERED || to == REJECTED || to == REFUNDED;
        if (from == DELIVERED) allowed = to == SETTLED || to == DISPUTED || to == REFUNDED || to == REVOKED;
        if (from == DISPUTED) allowed = to == SETTLED || to == REFUNDED || to == REVOKED;
        if (from == SETTLED) allowed = to == REVOKED;
        if (!allowed) _fault(6, "a step from a state that does not allow it");
        _entries[id].state = to;
        _touch(id);
        IAccessLicense.Offer storage offer = _offers[_entries[id].offerId];
        if (_isInEscrow(from) && !_isInEscrow(to)) escrow[offer.currency] -= offer.price;
    }

    function _touch(uint256 id) private {
        _touched[_touches++ % RECENT] = id;
    }

    function _isInEscrow(IAccessLicense.State state) private pure returns (bool) {
        return state == IN_REVIEW || state == PURCHASED || state == DELIVERED || state == DISPUTED;
    }

    function _upwards(uint256 value, uint256 divisor) private pure returns (uint256 quotient) {
        quotient = value / divisor;
        if (quotient * divisor < value) quotient += 1;
    }
}
