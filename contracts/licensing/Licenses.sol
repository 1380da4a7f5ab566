// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {StoredLicense, StoredOffer} from "../types/Licensing.sol";
import {Soulbound} from "./Soulbound.sol";
import {Visas} from "./Visas.sol";

/// @title What a licence is, and what follows from it
/// @dev Nothing here changes a licence's state: purchase, delivery and settlement do.
abstract contract Licenses is Soulbound, Visas {
    /// @inheritdoc IAccessLicense
    function licenseCount() external view returns (uint256) {
        return _nextLicenseId - 1;
    }

    /// @inheritdoc IAccessLicense
    function licenseOf(uint256 licenseId) external view returns (License memory) {
        StoredLicense storage license = _license(licenseId);
        StoredOffer storage offer = _offerOf(license);
        return License({
            offerId: license.offerId,
            datasetId: offer.datasetId,
            licensee: license.licensee,
            version: license.version,
            state: license.state,
            right: offer.right,
            usesLeft: _usesLeft(license, offer),
            price: offer.price,
            currency: _currencyOf(offer),
            deadline: _deadlineOf(license, offer),
            expiresAt: _endOf(license),
            proRata: offer.proRata,
            earned: license.earned
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

    /// @dev Access is not for consent's sake alone: an institution may keep what it downloaded, but training stops.
    function _isActive(uint256 licenseId, StoredLicense storage license) internal view returns (bool) {
        (State state, uint8 flags) = (license.state, license.flags);
        if (state != State.Delivered && state != State.Settled) return false;
        if (block.timestamp >= _endOf(license) || _usesLeft(license, _offerOf(license)) == 0) return false;
        if (flags & HAS_VISAS != 0 && _isAnyVisaRevoked(licenseId, license)) return false;
        return !_isTrainingStopped(license);
    }

    function _isTrainingStopped(StoredLicense storage license) internal view returns (bool) {
        return _rightOf(license) == Right.Train && DATASETS.isWithdrawn(_offerOf(license).datasetId, license.version);
    }

    /// @dev Whether others ended a licence of which nothing was used yet: who has no key has nothing of it then. That a
    /// visa expires was known when it was shown.
    function _isTakenAway(uint256 licenseId, StoredLicense storage license) internal view returns (bool) {
        if (_rightOf(license) == Right.Download || license.used != 0) return false;
        return _isTrainingStopped(license) || _isAnyVisaRevoked(licenseId, license);
    }

    /// @dev 0 where there never was access, or all of it was undone.
    function _endOf(StoredLicense storage license) internal view returns (uint40 end) {
        State state = license.state;
        if (_awaitsDelivery(state) || state == State.Refunded || state == State.Rejected) return 0;
        uint40 duration = _offerOf(license).duration;
        end = duration == 0 ? FOREVER : license.since + duration;
        if (license.flags & HAS_VISAS != 0 && license.visasExpire < end) end = license.visasExpire;
    }

    /// @dev The first moment in which visas or consent are missing to a delivered licence, past or to come.
    function _stopOf(uint256 licenseId, StoredLicense storage license) internal view returns (uint256 stop) {
        stop = _endOfVisas(licenseId, license);
        if (!_isTrainingStopped(license)) return stop;
        stop = Math.min(stop, DATASETS.versionOf(_offerOf(license).datasetId, license.version).withdrawnAt);
    }

    function _usesLeft(StoredLicense storage license, StoredOffer storage offer) internal view returns (uint32) {
        uint32 uses = offer.uses;
        return uses == 0 ? UNCOUNTED : uses - license.used;
    }

    function _rightOf(StoredLicense storage license) internal view returns (Right) {
        return Right(license.flags & RIGHT);
    }

    function _deadlineOf(StoredLicense storage license, StoredOffer storage offer) private view returns (uint40) {
        State state = license.state;
        if (_awaitsDelivery(state)) return license.since;
        if (state == State.Delivered) return license.since + offer.disputeWindow;
        return state == State.Disputed ? license.arbitrationEnds : 0;
    }
}
