// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Roles} from "./datasets/Roles.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {Cid} from "./libraries/Cid.sol";
import {DuoPolicy} from "./libraries/DuoPolicy.sol";
import {DuoWidth} from "./libraries/DuoWidth.sol";

/// @title Dataset token
/// @dev Nobody but a token's owner, and those whom it gave a role and who accepted it, has power over it.
contract DatasetNFT is Roles, IERC2981, IERC4906 {
    /// @notice Share of a resold dataset's income that goes to its first publisher, in basis points.
    uint256 public constant ROYALTY = 500;

    /// @notice Sells licences for these datasets.
    IAccessLicense public immutable LICENSES;

    /// @param licenses AccessLicense, which is deployed after this contract: its address is known from the deployer's nonce.
    constructor(IAccessLicense licenses) ERC721("BioDeSci Dataset", "BDSD") EIP712("BioDeSci Datasets", "1") {
        LICENSES = licenses;
    }

    /// @inheritdoc IDatasetNFT
    function publish(Publication calldata p, Source[] calldata sources) external returns (uint256 datasetId) {
        return _publish(p, sources);
    }

    /// @inheritdoc IDatasetNFT
    function publishWithOffer(Publication calldata p, Source[] calldata sources, IAccessLicense.Offer calldata offer)
        external
        returns (uint256 datasetId, uint256 offerId)
    {
        datasetId = _publish(p, sources);
        IAccessLicense.Offer memory first = offer;
        first.datasetId = datasetId;
        offerId = LICENSES.createOfferFor(msg.sender, first);
    }

    /// @inheritdoc IDatasetNFT
    function publishVersion(uint256 datasetId, Publication calldata p) external returns (uint32 version) {
        _checkOwner(datasetId);
        Dataset memory before = _datasets[datasetId];
        uint32 derived = before.terms & DERIVED;
        if (derived != 0) _checkParents(datasetId, p);
        _earlier[datasetId][before.latestVersion] = Consent(before.terms & ~DERIVED, before.withdrawnAt);
        version = before.latestVersion + uint32(1);
        _store(datasetId, version, derived, p);
        if (_firstPublisher(datasetId, before) != msg.sender) _versions[datasetId][version].publisher = msg.sender;
        emit VersionPublished(
            datasetId, version, msg.sender, p.card, p.contentRoot, p.keyCommitment, p.terms, p.diseases
        );
        emit MetadataUpdate(datasetId);
    }

    /// @inheritdoc IDatasetNFT
    function withdraw(uint256 datasetId, uint32 version) external {
        _checkOwner(datasetId);
        Dataset memory dataset = _datasets[datasetId];
        (, uint32 withdrawnAt) = _consent(datasetId, version, dataset);
        if (withdrawnAt != 0) revert DatasetNFT_AlreadyWithdrawn(datasetId, version);
        if (version == dataset.latestVersion) _datasets[datasetId].withdrawnAt = uint32(block.timestamp);
        else _earlier[datasetId][version].withdrawnAt = uint32(block.timestamp);
        emit VersionWithdrawn(datasetId, version, msg.sender);
    }

    // ----------------------------------------------------------------- views

    /// @inheritdoc IDatasetNFT
    function datasetCount() external view returns (uint256) {
        return _nextId - 1;
    }

    /// @inheritdoc IDatasetNFT
    function latestVersion(uint256 datasetId) public view returns (uint32) {
        _requireOwned(datasetId);
        return _datasets[datasetId].latestVersion;
    }

    /// @inheritdoc IDatasetNFT
    function versionOf(uint256 datasetId, uint32 version) external view returns (Version memory) {
        Dataset memory dataset = _datasets[datasetId];
        (uint32 terms,) = _consent(datasetId, version, dataset);
        StoredVersion storage s = _versions[datasetId][version];
        address publisher = s.publisher == address(0) ? _firstPublisher(datasetId, dataset) : s.publisher;
        uint32 withdrawnAt = _withdrawnAt(datasetId, version, dataset);
        return Version(s.card, s.commitments, s.diseases, publisher, terms, withdrawnAt);
    }

    /// @inheritdoc IDatasetNFT
    function isWithdrawn(uint256 datasetId, uint32 version) external view returns (bool) {
        return _withdrawnAt(datasetId, version, _datasets[datasetId]) != 0;
    }

    /// @inheritdoc IDatasetNFT
    function parentsOf(uint256 datasetId) external view returns (Parent[] memory parents) {
        _requireOwned(datasetId);
        parents = _parents[datasetId];
    }

    /// @inheritdoc IDatasetNFT
    function saleOf(uint256 datasetId) external view returns (uint32 version, uint64 terms, bool withdrawn) {
        Dataset memory dataset = _datasets[datasetId];
        version = dataset.latestVersion;
        withdrawn = _withdrawnAt(datasetId, version, dataset) != 0;
        terms = dataset.terms & ~DERIVED;
    }

    /// @inheritdoc IDatasetNFT
    function diseasesOf(uint256 datasetId, uint32 version) external view returns (bytes32) {
        _consent(datasetId, version, _datasets[datasetId]);
        return _versions[datasetId][version].diseases;
    }

    /// @inheritdoc IDatasetNFT
    function releaseOf(uint256 datasetId, uint32 version, address account)
        external
        view
        returns (bool entitled, bool withdrawn, bytes32 commitments)
    {
        Dataset memory dataset = _datasets[datasetId];
        commitments = _versions[datasetId][version].commitments;
        withdrawn = _withdrawnAt(datasetId, version, dataset) != 0;
        entitled = dataset.owner == account
            || _mandate(datasetId, dataset.handovers, account).accepted & _bit(Role.Custodian) != 0;
    }

    /// @inheritdoc IERC2981
    /// @dev Rounded down: the remainder stays with the seller.
    function royaltyInfo(uint256 datasetId, uint256 salePrice)
        external
        view
        returns (address receiver, uint256 amount)
    {
        _requireOwned(datasetId);
        receiver = _firstPublisher(datasetId, _datasets[datasetId]);
        amount = salePrice * ROYALTY / 10_000;
    }

    /// @notice The card of the latest version, on IPFS.
    function tokenURI(uint256 datasetId) public view override returns (string memory) {
        return Cid.uri(_versions[datasetId][latestVersion(datasetId)].card);
    }

    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == type(IERC2981).interfaceId || interfaceId == bytes4(0x49064906) // ERC-4906
            || super.supportsInterface(interfaceId);
    }

    function _publish(Publication calldata p, Source[] calldata sources) private returns (uint256 datasetId) {
        if (sources.length > MAX_PARENTS) revert DatasetNFT_TooManyParents(sources.length, MAX_PARENTS);
        datasetId = _nextId++;
        Parent[] memory parents = new Parent[](sources.length);
        uint256 ancestors = 0;
        for (uint256 i = 0; i < sources.length; ++i) {
            // Ids are given in sequence and never burnt, so what is below this one exists.
            uint256 id = sources[i].datasetId;
            if (id == 0 || id >= datasetId) revert DatasetNFT_UnknownParent(id);
            parents[i] = _parentOf(id, sources[i].licenseId);
            if (!parents[i].proven) continue;
            ancestors += _checkNoWider(parents[i], p);
            if (ancestors > MAX_PARENTS) revert DatasetNFT_TooManyParents(ancestors, MAX_PARENTS);
            _parents[datasetId].push(parents[i]);
        }
        for (uint256 i = 0; i < parents.length; ++i) {
            if (!parents[i].proven) _parents[datasetId].push(parents[i]);
        }
        _store(datasetId, 1, ancestors == 0 ? 0 : DERIVED, p);
        _mint(msg.sender, datasetId);
        emit DatasetPublished(
            datasetId, msg.sender, p.card, p.contentRoot, p.keyCommitment, p.terms, p.diseases, parents
        );
    }

    /// @dev A licence that is named has to prove the descent: a mistake is told, not recorded as a claim.
    function _parentOf(uint256 datasetId, uint256 licenseId) private view returns (Parent memory) {
        if (licenseId == 0) {
            bool owned = _ownerOf(datasetId) == msg.sender;
            return Parent(uint64(datasetId), _datasets[datasetId].latestVersion, owned);
        }
        // slither-disable-next-line calls-loop // of 32 rounds at most, and to our own contract
        (address licensee, uint256 licensed, uint32 version, IAccessLicense.Right right) = LICENSES.accessOf(licenseId);
        bool holds = right == IAccessLicense.Right.Download || right == IAccessLicense.Right.Train;
        if (!holds || licensee != msg.sender || licensed != datasetId) {
            revert DatasetNFT_NoRightToDerive(datasetId, licenseId);
        }
        return Parent(uint64(datasetId), version, true);
    }

    /// @dev What was proven at first binds all later versions, whoever publishes them.
    function _checkParents(uint256 datasetId, Publication calldata p) private view {
        Parent[] storage parents = _parents[datasetId];
        for (uint256 i = 0; i < parents.length && parents[i].proven; ++i) {
            _checkNoWider(parents[i], p);
        }
    }

    /// @return ancestors how many datasets the parent stands for: itself, and all from which it is proven to descend
    function _checkNoWider(Parent memory parent, Publication calldata p) private view returns (uint256 ancestors) {
        uint32 withdrawnAt;
        (withdrawnAt, ancestors) = _line(parent);
        if (withdrawnAt != 0) revert DatasetNFT_ParentWithdrawn(parent.datasetId, parent.version);
        (uint32 terms,) = _consent(parent.datasetId, parent.version, _datasets[parent.datasetId]);
        bytes32 diseases = _versions[parent.datasetId][parent.version].diseases;
        if (!DuoWidth.isNoWider(terms, diseases, p.terms, p.diseases)) {
            revert DatasetNFT_WiderThanParent(parent.datasetId, terms, p.terms);
        }
    }

    function _store(uint256 datasetId, uint32 version, uint32 derived, Publication calldata p) private {
        if (p.card == 0) revert DatasetNFT_EmptyField("card");
        if (p.contentRoot == 0) revert DatasetNFT_EmptyField("contentRoot");
        if (p.keyCommitment == 0) revert DatasetNFT_EmptyField("keyCommitment");
        if (!DuoPolicy.isValid(p.terms)) revert DatasetNFT_BadTerms(p.terms);
        if (p.diseases != 0 && p.terms & DuoPolicy.DS == 0) revert DatasetNFT_DiseasesWithoutDS(p.terms);
        StoredVersion storage stored = _versions[datasetId][version];
        stored.card = p.card;
        stored.commitments = keccak256(abi.encode(p.contentRoot, p.keyCommitment));
        if (p.diseases != 0) stored.diseases = p.diseases;
        Dataset storage dataset = _datasets[datasetId];
        dataset.latestVersion = SafeCast.toUint16(version);
        dataset.terms = uint32(p.terms) | derived;
        dataset.withdrawnAt = 0;
    }
}
