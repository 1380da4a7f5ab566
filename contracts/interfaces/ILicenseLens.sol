// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {DuoPolicy} from "../libraries/DuoPolicy.sol";
import {IAccessLicense} from "./IAccessLicense.sol";

/// @title What people and programs read of AccessLicense
/// @notice Offers and licences, spelled out of AccessLicense's storage, and what a purchase would meet. Nothing is kept or
/// decided here, and no contract asks it: AccessLicense has its room for what it decides.
interface ILicenseLens {
    struct License {
        uint256 offerId;
        uint256 datasetId;
        address licensee;
        uint32 version; // of the dataset, fixed at purchase
        IAccessLicense.State state;
        IAccessLicense.Right right;
        uint32 usesLeft; // type(uint32).max: not counted
        uint128 price;
        address currency;
        uint40 deadline; // of the delivery (InReview, Purchased), a dispute (Delivered), the arbiter (Disputed); else 0
        uint40 expiresAt; // 0 without delivery; type(uint40).max: no end
        bool proRata;
        uint128 earned; // of a licence with `proRata`: what owners, and publisher, were credited so far
    }

    /// @notice How many offers there are; their ids are 1 to this.
    function offerCount() external view returns (uint256);

    /// @notice How many licences there are; their ids are 1 to this.
    function licenseCount() external view returns (uint256);

    function offerOf(uint256 offerId) external view returns (IAccessLicense.Offer memory offer, bool open);

    /// @notice Whether it gives access now, besides: `isActive` of AccessLicense.
    function licenseOf(uint256 licenseId) external view returns (License memory);

    /// @notice How `purpose` meets the terms of the latest version: denied, approved or reviewed. Not whether the offer is
    /// open, or the version withdrawn.
    function assess(uint256 offerId, IAccessLicense.ResearchPurpose calldata purpose, bytes32[] calldata diseaseProof)
        external
        view
        returns (DuoPolicy.Decision);
}
