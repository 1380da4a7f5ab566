// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {IAccessLicense} from "./IAccessLicense.sol";

/// @title Dataset token
/// @notice One ERC-721 token per published encrypted dataset, with versions, consent terms and provenance.
/// A CID is stored as the 32-byte SHA-256 digest of a dag-pb block: CIDv1 = base16 "f01701220" followed by the digest.
interface IDatasetNFT {
    /// @notice What an owner lets others do for a dataset, once they have accepted. The owner may do all of it.
    enum Role {
        Custodian, // delivers keys
        Operator, // runs the node that trains on the dataset, or answers from it
        Committee // approves and rejects purchases that are in review
    }

    struct Publication {
        bytes32 card; // CID digest of the Croissant card (JSON-LD)
        bytes32 contentRoot; // Merkle root (RFC 6962, SHA-256) over the container's segments
        bytes32 keyCommitment; // see docs/protocol.md, "Key commitment"
        uint64 terms; // DUO bits, see DuoPolicy
        bytes32 diseases; // Merkle root over all that the term DS permits, see Diseases; 0: a person judges
    }

    struct Version {
        bytes32 card;
        bytes32 commitments; // keccak256(abi.encode(contentRoot, keyCommitment)); both are in the event that published it
        bytes32 diseases;
        address publisher; // who published this version; its key commitment is bound to this account
        uint64 terms;
        uint40 withdrawnAt; // 0 while consent stands, to this version and to all from which it is proven to descend
    }

    /// @notice What a publisher says that a dataset is derived from.
    struct Source {
        uint256 datasetId;
        uint256 licenseId; // the publisher's own licence for it; 0: it owns the dataset, or only claims the descent
    }

    /// @notice What a dataset is derived from. Proven: its publisher owned that dataset or held a licence for that
    /// version, and the terms are no wider; once that version is withdrawn, so are all of this dataset. Otherwise it is the
    /// publisher's claim, which binds nothing: anybody can claim descent from anything.
    struct Parent {
        uint64 datasetId;
        uint32 version;
        bool proven;
    }

    /// @notice What an account signs (EIP-712) to take a role that `owner` proposed to it, without a transaction.
    struct RoleAcceptance {
        uint256 datasetId;
        Role role;
        address account;
        address owner; // who owns the dataset
        uint256 nonce; // the number of the proposal, see `proposalOf`
        uint256 deadline; // the last second in which the signature counts
    }

    event DatasetPublished(
        uint256 indexed datasetId,
        address indexed owner,
        bytes32 card,
        bytes32 contentRoot,
        bytes32 keyCommitment,
        uint64 terms,
        bytes32 diseases,
        Parent[] parents
    );
    event VersionPublished(
        uint256 indexed datasetId,
        uint32 indexed version,
        address indexed publisher,
        bytes32 card,
        bytes32 contentRoot,
        bytes32 keyCommitment,
        uint64 terms,
        bytes32 diseases
    );
    event VersionWithdrawn(uint256 indexed datasetId, uint32 indexed version, address by);
    event RoleGranted(uint256 indexed datasetId, Role indexed role, address indexed account, address by);
    event RoleAccepted(uint256 indexed datasetId, Role indexed role, address indexed account);
    event RoleRevoked(uint256 indexed datasetId, Role indexed role, address indexed account, address by);

    error DatasetNFT_NotOwner(uint256 datasetId, address got);
    error DatasetNFT_EmptyField(string field);
    error DatasetNFT_BadTerms(uint64 terms);
    error DatasetNFT_DiseasesWithoutDS(uint64 terms);
    error DatasetNFT_TooManyParents(uint256 got, uint256 allowed);
    error DatasetNFT_UnknownParent(uint256 parent);
    error DatasetNFT_NoRightToDerive(uint256 parent, uint256 licenseId);
    error DatasetNFT_ParentWithdrawn(uint256 parent, uint32 version);
    error DatasetNFT_WiderThanParent(uint256 parent, uint64 allowed, uint64 got);
    error DatasetNFT_UnknownVersion(uint256 datasetId, uint32 version);
    error DatasetNFT_AlreadyWithdrawn(uint256 datasetId, uint32 version);
    error DatasetNFT_RoleGrantedBefore(uint256 datasetId, Role role, address account);
    error DatasetNFT_NotProposed(uint256 datasetId, Role role, address got);
    error DatasetNFT_SignatureExpired(uint256 deadline);
    error DatasetNFT_OtherProposal(uint256 datasetId, Role role, address account);
    error DatasetNFT_BadSignature(address account);
    error DatasetNFT_NoSuchRole(uint256 datasetId, Role role, address account);

    /// @notice Publishes a dataset (version 1) that descends from `sources` (which must exist already, so no cycle can form).
    /// A source that the sender owns, or for which it gives its own active licence to download or train, is a proven
    /// parent: consent to it has to stand, and the terms may not be wider (see DuoWidth), here and in all later versions.
    /// Proven parents and their own proven parents and so on are 32 at most, as every sale of this dataset looks at them.
    function publish(Publication calldata p, Source[] calldata sources) external returns (uint256 datasetId);

    /// @notice As `publish`, with a first offer on AccessLicense, in the same transaction (`offer.datasetId` is ignored).
    function publishWithOffer(Publication calldata p, Source[] calldata sources, IAccessLicense.Offer calldata offer)
        external
        returns (uint256 datasetId, uint256 offerId);

    function publishVersion(uint256 datasetId, Publication calldata p) external returns (uint32 version);

    /// @notice Consent for a version is withdrawn: no new licences, no release, no training, neither of it nor of what is
    /// proven to descend from it.
    function withdraw(uint256 datasetId, uint32 version) external;

    /// @notice The owner proposes a role to `account`, which has it once it accepts. Several accounts may hold one.
    /// A transfer of the token ends all roles, accepted or not: the new owner proposes its own. (A token can be
    /// transferred 65,535 times.)
    function grantRole(uint256 datasetId, Role role, address account) external;

    /// @notice Takes a role that the owner proposed to the caller. Nobody is named for a dataset against its will.
    function acceptRole(uint256 datasetId, Role role) external;

    /// @notice As `acceptRole`, for an account that signed: anybody may send it, once, for this proposal alone. It ends
    /// with the proposal and with the owner: what is proposed anew, or by another owner, is signed anew.
    function acceptRoleFor(RoleAcceptance calldata a, bytes calldata signature) external;

    /// @notice The number of the last proposal of a role to an account. It never comes again.
    function proposalOf(uint256 datasetId, Role role, address account) external view returns (uint256 nonce);

    /// @notice What is signed to accept a role (EIP-712).
    function acceptanceHash(RoleAcceptance calldata a) external view returns (bytes32);

    /// @notice Ends a role, or its proposal: by the owner, or by the account itself.
    function revokeRole(uint256 datasetId, Role role, address account) external;

    /// @notice Whether `account` may act in a role now: as the owner, or because it was granted the role and accepted.
    function hasRole(uint256 datasetId, Role role, address account) external view returns (bool);

    /// @notice The roles that the owner granted to `account`, and those of them that it accepted, as bits `1 << role`.
    function rolesOf(uint256 datasetId, address account) external view returns (uint8 granted, uint8 accepted);

    function latestVersion(uint256 datasetId) external view returns (uint32);
    function versionOf(uint256 datasetId, uint32 version) external view returns (Version memory);

    /// @notice Whether consent to a version ended, or to any from which it is proven to descend.
    function isWithdrawn(uint256 datasetId, uint32 version) external view returns (bool);
    /// @notice The proven ones first.
    function parentsOf(uint256 datasetId) external view returns (Parent[] memory parents);

    /// @notice How many datasets there are; their ids are 1 to this.
    function datasetCount() external view returns (uint256);

    /// @notice What a sale depends on, in one call: the latest version, its terms, and whether it is withdrawn, by its own
    /// owner or as what it is proven to descend from.
    function saleOf(uint256 datasetId) external view returns (uint32 version, uint64 terms, bool withdrawn);

    /// @notice The diseases that a version's term DS permits, as a Merkle root; 0 where none was given.
    function diseasesOf(uint256 datasetId, uint32 version) external view returns (bytes32);

    /// @notice What a release depends on, in one call: whether `account` is the owner or an accepted
    /// custodian, the withdrawal, and what the version is, by its commitments.
    function releaseOf(uint256 datasetId, uint32 version, address account)
        external
        view
        returns (bool entitled, bool withdrawn, bytes32 commitments);
}
