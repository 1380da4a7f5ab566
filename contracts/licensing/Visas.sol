// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";
import {IVisaRegistry} from "../interfaces/IVisaRegistry.sol";
import {Offers} from "./Offers.sol";

/// @title What a licence rests on besides its price
/// @dev Of the visas that a buyer showed, the ids are kept by which a revocation is looked up.
abstract contract Visas is Offers {
    IVisaRegistry public immutable VISAS;

    mapping(uint256 licenseId => mapping(uint256 index => bytes32 visaId)) private _visas;

    constructor(IDatasetNFT datasets, IVisaRegistry visas) Offers(datasets) {
        VISAS = visas;
    }

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
        count = uint8(ids.length);
        for (uint256 i = 0; i < count; ++i) {
            _visas[licenseId][i] = ids[i];
        }
        expire = uint32(Math.min(first, type(uint32).max));
        emit VisasShown(licenseId, ids, expire);
    }

    /// @param count 4 at most: one visa of each type
    function _isAnyRevoked(uint256 licenseId, uint256 count) internal view returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            // slither-disable-next-line calls-loop // of 4 rounds at most, and to our own contract
            if (VISAS.isRevoked(_visas[licenseId][i])) return true;
        }
        return false;
    }
}
