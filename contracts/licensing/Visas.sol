// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../interfaces/IVisaRegistry.sol";
import {LicenseRules} from "../libraries/LicenseRules.sol";
import {StoredLicense, StoredOffer} from "../types/Licensing.sol";
import {LicenseState} from "./LicenseState.sol";

/// @title What a licence rests on besides its price
/// @dev Of the visas that a buyer showed, the ids are kept by which a revocation is looked up.
abstract contract Visas is LicenseState {
    /// @inheritdoc IAccessLicense
    function grantOf(uint256 datasetId) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, DATASETS, datasetId));
    }

    /// @dev Checks what the offer requires, by the word of whom the dataset's present owner trusts. What it doesn't require
    /// is not looked at.
    function _showVisas(
        uint256 licenseId,
        address subject,
        StoredOffer storage offer,
        IVisaRegistry.SignedVisa[] calldata visas
    ) internal returns (uint8 count, uint32 expire) {
        if (offer.visas == 0) return (0, 0);
        uint256 datasetId = offer.datasetId;
        IVisaRegistry.Question memory question =
            IVisaRegistry.Question(_ownerOfDataset(datasetId), datasetId, grantOf(datasetId), subject, offer.visas);
        (bytes32[] memory ids, uint40 first) = VISAS.check(question, visas);
        // One visa of each of four types at most.
        count = uint8(ids.length);
        for (uint256 i = 0; i < count; ++i) {
            _visas[licenseId][i] = ids[i];
        }
        // It was made to fit just now.
        expire = uint32(Math.min(first, type(uint32).max));
        emit VisasShown(licenseId, ids, expire);
    }

    function _areVisasLapsed(uint256 licenseId, StoredLicense storage license) internal view returns (bool) {
        return block.timestamp >= license.visasExpire || _isAnyVisaRevoked(licenseId, license);
    }

    /// @dev 4 rounds at most, none of them without visas.
    function _isAnyVisaRevoked(uint256 licenseId, StoredLicense storage license) internal view returns (bool) {
        uint256 count = license.visaCount;
        for (uint256 i = 0; i < count; ++i) {
            // slither-disable-next-line calls-loop // of 4 rounds at most, and to our own contract
            if (VISAS.isRevoked(_visas[licenseId][i])) return true;
        }
        return false;
    }

    /// @dev The first moment without the visas, past or to come; for ever where there are none.
    function _endOfVisas(uint256 licenseId, StoredLicense storage license) internal view returns (uint256 end) {
        uint256 count = license.visaCount;
        end = count == 0 ? LicenseRules.FOREVER : license.visasExpire;
        for (uint256 i = 0; i < count; ++i) {
            // slither-disable-next-line calls-loop // as above
            uint256 revoked = VISAS.revokedAt(_visas[licenseId][i]);
            if (revoked != 0) end = Math.min(end, revoked);
        }
    }
}
