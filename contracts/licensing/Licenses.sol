// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {Cid} from "../libraries/Cid.sol";
import {Soulbound} from "./Soulbound.sol";
import {Visas} from "./Visas.sol";

/// @title What a licence is, and what follows from it
/// @dev Nothing here changes a licence's state: purchase, delivery and settlement do.
abstract contract Licenses is Soulbound, Visas {
    struct StoredLicense {
        // slot 0: all that a delivery and a revocation need
        address licensee;
        uint32 datasetId;
        uint16 version;
        uint32 since; // of the delivery; before it, its deadline
        State state;
        uint8 flags; // bits 0 and 1: the right; then HAS_VISAS, PRO_RATA
        // slot 1
        uint32 offerId;
        uint40 purpose; // DuoPolicy refuses any bit above 35
        uint32 duration; // from the delivery on, renewals included; 0: no end
        uint32 usesLeft;
        uint24 disputeWindow;
        uint32 visasExpire;
        uint8 visaCount;
        uint32 arbitrationEnds;
    }

    uint32 internal constant UNCOUNTED = type(uint32).max;
    uint8 internal constant RIGHT = 3;
    uint8 internal constant HAS_VISAS = 4;
    uint8 internal constant PRO_RATA = 8;
    uint40 private constant FOREVER = type(uint40).max;

    uint256 internal _nextLicenseId = 1; // never 0, so that the first purchase costs no more than the others

    mapping(uint256 licenseId => StoredLicense) internal _licenses;
    mapping(address account => mapping(uint256 datasetAndRight => uint256 licenseId)) private _presented;

    /// @inheritdoc IAccessLicense
    function present(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        if (!_isActive(licenseId, license)) revert AccessLicense_NotActive(licenseId);
        _present(licenseId, license, license.datasetId, license.licensee, license.flags & RIGHT);
    }

    /// @inheritdoc IAccessLicense
    function licenseCount() external view returns (uint256) {
        return _nextLicenseId - 1;
    }

    /// @inheritdoc IAccessLicense
    function licenseOf(uint256 licenseId) external view returns (License memory) {
        StoredLicense storage license = _license(licenseId);
        StoredOffer storage offer = _offer(license.offerId);
        return License({
            offerId: license.offerId,
            datasetId: license.datasetId,
            licensee: license.licensee,
            version: license.version,
            state: license.state,
            right: Right(license.flags & RIGHT),
            usesLeft: license.usesLeft,
            price: offer.price,
            currency: _currencyOf(offer),
            deadline: _deadlineOf(license),
            expiresAt: _endOf(license),
            purpose: license.purpose,
            proRata: license.flags & PRO_RATA != 0
        });
    }

    /// @inheritdoc IAccessLicense
    function isActive(uint256 licenseId) external view returns (bool) {
        return _isActive(licenseId, _licenses[licenseId]);
    }

    /// @inheritdoc IAccessLicense
    function expiresAt(uint256 licenseId) external view returns (uint256) {
        return _endOf(_license(licenseId));
    }

    /// @inheritdoc IAccessLicense
    function hasAccess(uint256 datasetId, address account, Right right) external view returns (bool) {
        uint256 licenseId = _presented[account][_datasetAndRight(datasetId, uint8(right))];
        return _isActive(licenseId, _licenses[licenseId]);
    }

    /// @notice The card of the licensed version, on IPFS.
    function tokenURI(uint256 licenseId) public view override returns (string memory) {
        StoredLicense storage license = _license(licenseId);
        return Cid.uri(DATASETS.versionOf(license.datasetId, license.version).card);
    }

    /// @dev The holder is the licensee: no second slot for it.
    function _ownerOf(uint256 licenseId) internal view override returns (address) {
        return _licenses[licenseId].licensee;
    }

    function _license(uint256 licenseId) internal view returns (StoredLicense storage license) {
        license = _licenses[licenseId];
        if (license.state == State.None) revert AccessLicense_UnknownLicense(licenseId);
    }

    /// @dev Keeps an active licence in place unless the new one lasts longer.
    function _present(
        uint256 licenseId,
        StoredLicense storage license,
        uint256 datasetId,
        address licensee,
        uint8 right
    ) internal {
        uint256 key = _datasetAndRight(datasetId, right);
        uint256 current = _presented[licensee][key];
        if (current == licenseId) return;
        if (current != 0) {
            StoredLicense storage other = _licenses[current];
            bool better = license.usesLeft >= other.usesLeft && _endOf(license) >= _endOf(other);
            if (!better && _isActive(current, other)) return;
        }
        _presented[licensee][key] = licenseId;
    }

    /// @dev Access is not for consent's sake alone: an institution may keep what it downloaded, but training stops.
    function _isActive(uint256 licenseId, StoredLicense storage license) internal view returns (bool) {
        (State state, uint8 flags) = (license.state, license.flags);
        if (state != State.Delivered && state != State.Settled) return false;
        if (license.usesLeft == 0 || block.timestamp >= _endOf(license)) return false;
        if (flags & HAS_VISAS != 0 && _areVisasLapsed(licenseId, license)) return false;
        return !_isTrainingStopped(license);
    }

    function _isTrainingStopped(StoredLicense storage license) internal view returns (bool) {
        return Right(license.flags & RIGHT) == Right.Train && DATASETS.isWithdrawn(license.datasetId, license.version);
    }

    function _areVisasLapsed(uint256 licenseId, StoredLicense storage license) internal view returns (bool) {
        return block.timestamp >= license.visasExpire || _isAnyRevoked(licenseId, license.visaCount);
    }

    /// @dev 0 where there never was access, or all of it was undone.
    function _endOf(StoredLicense storage license) internal view returns (uint40 end) {
        State state = license.state;
        if (_awaitsDelivery(state) || state == State.Refunded || state == State.Rejected) return 0;
        uint40 duration = license.duration;
        end = duration == 0 ? FOREVER : uint40(license.since) + duration;
        if (license.flags & HAS_VISAS != 0 && license.visasExpire < end) end = license.visasExpire;
    }

    function _awaitsDelivery(State state) internal pure returns (bool) {
        return state == State.InReview || state == State.Purchased;
    }

    function _checkLicensee(uint256 licenseId, StoredLicense storage license) internal view {
        if (license.licensee != msg.sender) revert AccessLicense_NotLicensee(licenseId, msg.sender);
    }

    function _checkState(uint256 licenseId, StoredLicense storage license, State required) internal view {
        if (license.state != required) revert AccessLicense_WrongState(licenseId, license.state);
    }

    function _checkNotLate(uint256 licenseId, uint32 deadline) internal view {
        if (block.timestamp > deadline) revert AccessLicense_TooLate(licenseId, deadline);
    }

    function _deadlineOf(StoredLicense storage license) private view returns (uint40) {
        State state = license.state;
        if (_awaitsDelivery(state)) return license.since;
        if (state == State.Delivered) return license.since + license.disputeWindow;
        return state == State.Disputed ? license.arbitrationEnds : 0;
    }

    /// @dev One key for two, which saves a hash. No id of a dataset reaches the bits that are lost.
    function _datasetAndRight(uint256 datasetId, uint8 right) private pure returns (uint256) {
        return datasetId << 2 | right;
    }
}
