// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";
import {Diseases} from "./Diseases.sol";

/// @title What AccessLicense decides by, and LicenseLens shows
library LicenseRules {
    uint32 internal constant UNCOUNTED = type(uint32).max;
    uint40 internal constant FOREVER = type(uint40).max;

    /// @param uses of the offer; 0: not counted
    function usesLeft(uint32 uses, uint32 used) internal pure returns (uint32) {
        return uses == 0 ? UNCOUNTED : uses - used;
    }

    /// @notice When the access of a licence ends that was delivered at `since`.
    /// @param duration of the offer; 0: no end
    /// @param visasExpire 0: it rests on none
    function endOf(uint32 since, uint32 duration, uint32 visasExpire) internal pure returns (uint40 end) {
        end = duration == 0 ? FOREVER : uint40(since) + duration;
        if (visasExpire != 0 && visasExpire < end) end = visasExpire;
    }

    /// @notice Whether the purpose's disease is one of those that the version permits.
    /// @dev Without a proof a person judges; a proof that is wrong is a mistake that the buyer wants to hear of.
    function isDiseaseShown(
        IDatasetNFT datasets,
        uint256 datasetId,
        uint32 version,
        IAccessLicense.ResearchPurpose calldata purpose,
        bytes32[] calldata proof
    ) internal view returns (bool shown) {
        if (purpose.disease == 0) return false;
        bytes32 root = datasets.diseasesOf(datasetId, version);
        shown = Diseases.isPermitted(root, purpose.disease, proof);
        if (!shown && proof.length != 0) revert IAccessLicense.AccessLicense_BadDiseaseProof(purpose.disease, root);
    }
}
