// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {IAccessLicense} from "./IAccessLicense.sol";

/// @title Dataset token
/// @notice One ERC-721 token per published encrypted dataset, with versions, consent terms and provenance.
/// A CID is stored as the 32-byte SHA-256 digest of a dag-pb block: CIDv1 = base16 "f01701220" followed by the digest.
interface IDatasetNFT {
    struct Publication {
        bytes32 card; // CID digest of the Croissant card (JSON-LD)
        bytes32 contentRoot; // Merkle root (RFC 6962, SHA-256) over the container's segments
        bytes32 keyCommitment; // see docs/protocol.md, "Key commitment"
        uint64 terms; // DUO bits, see DuoPolicy
        bytes32 diseases; // Merkle root over all that the term DS permits, see Diseases; 0: a person judges
    }

    struct Version {
        bytes32 card;
        bytes32 contentRoot;
        bytes32 keyCommitment;
        bytes32 diseases;
        uint64 terms;
        uint40 withdrawnAt; // 0 while consent stands
    }

    event DatasetPublished(
        uint256 indexed datasetId,
        address indexed owner,
        bytes32 card,
        bytes32 contentRoot,
        bytes32 keyCommitment,
        uint64 terms,
        bytes32 diseases,
        uint256[] parents
    );
    event VersionPublished(
        uint256 indexed datasetId,
        uint32 indexed version,
        bytes32 card,
        bytes32 contentRoot,
        bytes32 keyCommitment,
        uint64 terms,
        bytes32 diseases
    );
    event VersionWithdrawn(uint256 indexed datasetId, uint32 indexed version);
    event CustodianSet(uint256 indexed datasetId, address indexed custodian);

    error DatasetNFT_NotOwner(uint256 datasetId, address got);
    error DatasetNFT_EmptyField(string field);
    error DatasetNFT_BadTerms(uint64 terms);
    error DatasetNFT_DiseasesWithoutDS(uint64 terms);
    error DatasetNFT_TooManyParents(uint256 got, uint256 allowed);
    error DatasetNFT_UnknownParent(uint256 parent);
    error DatasetNFT_UnknownVersion(uint256 datasetId, uint32 version);
    error DatasetNFT_AlreadyWithdrawn(uint256 datasetId, uint32 version);

    /// @notice Publishes a dataset (version 1) that descends from `parents` (which must exist already, so no cycle can form).
    function publish(Publication calldata p, uint256[] calldata parents) external returns (uint256 datasetId);

    /// @notice As `publish`, with a first offer on AccessLicense, in the same transaction (`offer.datasetId` is ignored).
    function publishWithOffer(Publication calldata p, uint256[] calldata parents, IAccessLicense.Offer calldata offer)
        external
        returns (uint256 datasetId, uint256 offerId);

    function publishVersion(uint256 datasetId, Publication calldata p) external returns (uint32 version);

    /// @notice Consent for a version is withdrawn: no new licences, no release, no training.
    function withdraw(uint256 datasetId, uint32 version) external;

    /// @notice Lets `custodian` deliver keys for this dataset besides the owner (zero: nobody). At first, and after a
    /// transfer, it is the owner.
    function setCustodian(uint256 datasetId, address custodian) external;

    function custodianOf(uint256 datasetId) external view returns (address);
    function latestVersion(uint256 datasetId) external view returns (uint32);
    function versionOf(uint256 datasetId, uint32 version) external view returns (Version memory);
    function isWithdrawn(uint256 datasetId, uint32 version) external view returns (bool);
    function parentsOf(uint256 datasetId) external view returns (uint256[] memory);

    /// @notice How many datasets there are; their ids are 1 to this.
    function datasetCount() external view returns (uint256);

    /// @notice What a sale depends on, in one call: the latest version, its terms, and whether it is withdrawn.
    function saleOf(uint256 datasetId) external view returns (uint32 version, uint64 terms, bool withdrawn);

    /// @notice The diseases that a version's term DS permits, as a Merkle root; 0 where none was given.
    function diseasesOf(uint256 datasetId, uint32 version) external view returns (bytes32);

    /// @notice What a release depends on, in one call: whether `account` is the owner or its custodian, and the withdrawal.
    function releaseOf(uint256 datasetId, uint32 version, address account)
        external
        view
        returns (bool entitled, bool withdrawn);
}
