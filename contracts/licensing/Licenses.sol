// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {LicenseRules} from "../libraries/LicenseRules.sol";
import {StoredLicense, StoredOffer} from "../types/Licensing.sol";
import {Soulbound} from "./Soulbound.sol";
import {Visas} from "./Visas.sol";

/// @title What a licence is, and what follows from it
/// @dev Nothing here changes a licence's state: purchase, delivery and settlement do.
abstract contract Licenses is Soulbound, Visas {
    /// @inheritdoc IAccessLicense
    function isActive(uint256 licenseId) external view returns (bool) {
        return _isActive(licenseId, _licenses[licenseId]);
    }

    /// @inheritdoc IAccessLicense
    function accessOf(uint256 licenseId)
        external
        view
        returns (address licensee, uint256 datasetId, uint32 version, Right right)
    {
        StoredLicense storage license = _licenses[licenseId];
        if (!_isActive(licenseId, license)) return (address(0), 0, 0, Right.None);
        return (license.licensee, _offerOf(license).datasetId, license.version, _rightOf(license));
    }

    /// @dev Access is not for consent's sake alone: an institution may keep what it downloaded, but training stops.
    function _isActive(uint256 licenseId, StoredLicense storage license) internal view returns (bool) {
        (State state, uint8 flags) = (license.state, license.flags);
        if (state != State.Delivered && state != State.Settled) return false;
        StoredOffer storage offer = _offerOf(license);
        uint32 visasExpire = flags & HAS_VISAS != 0 ? license.visasExpire : 0;
        if (block.timestamp >= LicenseRules.endOf(license.since, offer.duration, visasExpire)) return false;
        if (_usesLeft(license, offer) == 0) return false;
        if (visasExpire != 0 && _isAnyVisaRevoked(licenseId, license)) return false;
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

    /// @dev The first moment in which visas or consent are missing to a delivered licence, past or to come.
    function _stopOf(uint256 licenseId, StoredLicense storage license) internal view returns (uint256 stop) {
        stop = _endOfVisas(licenseId, license);
        if (!_isTrainingStopped(license)) return stop;
        stop = Math.min(stop, DATASETS.versionOf(_offerOf(license).datasetId, license.version).withdrawnAt);
    }

    function _usesLeft(StoredLicense storage license, StoredOffer storage offer) internal view returns (uint32) {
        uint32 uses = offer.uses;
        // What is not counted costs no look at the licence's second slot.
        return LicenseRules.usesLeft(uses, uses == 0 ? 0 : license.used);
    }

    function _rightOf(StoredLicense storage license) internal view returns (Right) {
        return Right(license.flags & RIGHT);
    }
}
