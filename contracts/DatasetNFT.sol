// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {Cid} from "./libraries/Cid.sol";
import {DuoPolicy} from "./libraries/DuoPolicy.sol";
import {DuoWidth} from "./libraries/DuoWidth.sol";

/// @title Dataset token
/// @dev Nobody but a token's owner, and those whom it gave a role and who accepted it, has power over it. What is zero
/// for most datasets (earlier versions, diseases, another publisher) costs no storage until it is needed.
contract DatasetNFT is ERC721, IERC2981, IERC4906, IDatasetNFT {
    struct StoredVersion {
        // slots 0 to 2
        bytes32 card;
        bytes32 contentRoot;
        bytes32 keyCommitment;
        // slot 3
        bytes32 diseases;
        // slot 4
        address publisher; // 0: the dataset's first publisher
    }

    /// @dev Every sale and release looks at the latest version's consent, which is why it shares this slot.
    struct Dataset {
        // slot 0
        address publisher;
        uint16 latestVersion;
        uint16 handovers; // how often the token was transferred: each ends the roles of before
        uint32 terms; // no term has a bit above 31
        uint32 withdrawnAt; // good until 2106
    }

    struct Consent {
        // slot 0
        uint32 terms;
        uint32 withdrawnAt;
    }

    /// @dev Sets of roles, with a bit `1 << role` for each.
    struct Mandate {
        // slot 0
        uint8 granted;
        uint8 accepted;
    }

    /// @notice Share of a resold dataset's income that goes to its first publisher, in basis points.
    uint256 public constant ROYALTY = 500;
    uint256 public constant MAX_PARENTS = 32;

    /// @notice Sells licences for these datasets.
    IAccessLicense public immutable LICENSES;

    uint256 internal _nextId = 1; // never 0, so that the first publication costs no more than the others

    mapping(uint256 datasetId => Dataset) private _datasets;
    mapping(uint256 datasetId => mapping(uint32 version => StoredVersion)) private _versions;
    mapping(uint256 datasetId => mapping(uint32 version => Consent)) private _earlier; // of all but the latest
    mapping(uint256 datasetId => Parent[]) private _parents;
    // slither-disable-next-line uninitialized-state // written through the pointer that `_mandate` returns
    mapping(uint256 datasetId => mapping(uint256 handovers => mapping(address account => Mandate))) private _mandates;

    /// @param licenses AccessLicense, which is deployed after this contract: its address is known from the deployer's nonce.
    constructor(IAccessLicense licenses) ERC721("BioDeSci Dataset", "BDSD") {
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
        Dataset storage dataset = _datasets[datasetId];
        version = dataset.latestVersion;
        _checkParents(datasetId, p);
        _earlier[datasetId][version] = Consent(dataset.terms, dataset.withdrawnAt);
        version += 1;
        _store(datasetId, version, p);
        if (dataset.publisher != msg.sender) _versions[datasetId][version].publisher = msg.sender;
        emit VersionPublished(
            datasetId, version, msg.sender, p.card, p.contentRoot, p.keyCommitment, p.terms, p.diseases
        );
        emit MetadataUpdate(datasetId);
    }

    /// @inheritdoc IDatasetNFT
    function withdraw(uint256 datasetId, uint32 version) external {
        _checkOwner(datasetId);
        (, uint40 withdrawnAt, bool isLatest) = _consent(datasetId, version, _datasets[datasetId]);
        if (withdrawnAt != 0) revert DatasetNFT_AlreadyWithdrawn(datasetId, version);
        if (isLatest) _datasets[datasetId].withdrawnAt = uint32(block.timestamp);
        else _earlier[datasetId][version].withdrawnAt = uint32(block.timestamp);
        emit VersionWithdrawn(datasetId, version, msg.sender);
    }

    // ----------------------------------------------------------------- roles

    /// @inheritdoc IDatasetNFT
    function grantRole(uint256 datasetId, Role role, address account) external {
        _checkOwner(datasetId);
        if (account == address(0)) revert DatasetNFT_EmptyField("account");
        Mandate storage mandate = _mandate(datasetId, account);
        if (mandate.granted & _bit(role) != 0) revert DatasetNFT_RoleGrantedBefore(datasetId, role, account);
        mandate.granted |= _bit(role);
        emit RoleGranted(datasetId, role, account, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function acceptRole(uint256 datasetId, Role role) external {
        Mandate storage mandate = _mandate(datasetId, msg.sender);
        uint8 bit = _bit(role);
        if (mandate.granted & ~mandate.accepted & bit == 0) revert DatasetNFT_NotProposed(datasetId, role, msg.sender);
        mandate.accepted |= bit;
        emit RoleAccepted(datasetId, role, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function revokeRole(uint256 datasetId, Role role, address account) external {
        if (account != msg.sender) _checkOwner(datasetId);
        Mandate storage mandate = _mandate(datasetId, account);
        uint8 bit = _bit(role);
        if (mandate.granted & bit == 0) revert DatasetNFT_NoSuchRole(datasetId, role, account);
        mandate.granted &= ~bit;
        mandate.accepted &= ~bit;
        emit RoleRevoked(datasetId, role, account, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function hasRole(uint256 datasetId, Role role, address account) external view returns (bool) {
        return _requireOwned(datasetId) == account || _mandate(datasetId, account).accepted & _bit(role) != 0;
    }

    /// @inheritdoc IDatasetNFT
    function rolesOf(uint256 datasetId, address account) external view returns (uint8 granted, uint8 accepted) {
        _requireOwned(datasetId);
        Mandate storage mandate = _mandate(datasetId, account);
        return (mandate.granted, mandate.accepted);
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
        (uint64 terms, uint40 withdrawnAt,) = _consent(datasetId, version, dataset);
        StoredVersion storage s = _versions[datasetId][version];
        address publisher = s.publisher == address(0) ? dataset.publisher : s.publisher;
        return Version(s.card, s.contentRoot, s.keyCommitment, s.diseases, publisher, terms, withdrawnAt);
    }

    /// @inheritdoc IDatasetNFT
    function isWithdrawn(uint256 datasetId, uint32 version) external view returns (bool) {
        (, uint40 withdrawnAt,) = _consent(datasetId, version, _datasets[datasetId]);
        return withdrawnAt != 0;
    }

    /// @inheritdoc IDatasetNFT
    function parentsOf(uint256 datasetId) external view returns (Parent[] memory parents) {
        _requireOwned(datasetId);
        parents = _parents[datasetId];
    }

    /// @inheritdoc IDatasetNFT
    function saleOf(uint256 datasetId) external view returns (uint32 version, uint64 terms, bool withdrawn) {
        Dataset storage dataset = _datasets[datasetId];
        terms = dataset.terms;
        version = dataset.latestVersion;
        withdrawn = dataset.withdrawnAt != 0;
        if (terms == 0) revert DatasetNFT_UnknownVersion(datasetId, version);
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
        returns (bool entitled, bool withdrawn)
    {
        Dataset memory dataset = _datasets[datasetId];
        (, uint40 withdrawnAt,) = _consent(datasetId, version, dataset);
        withdrawn = withdrawnAt != 0;
        // Before the first transfer the publisher is the owner, and another slot need not be read.
        address owner = dataset.handovers == 0 ? dataset.publisher : _ownerOf(datasetId);
        entitled =
            owner == account || _mandates[datasetId][dataset.handovers][account].accepted & _bit(Role.Custodian) != 0;
    }

    /// @inheritdoc IERC2981
    /// @dev Rounded down: the remainder stays with the seller.
    function royaltyInfo(uint256 datasetId, uint256 salePrice)
        external
        view
        returns (address receiver, uint256 amount)
    {
        _requireOwned(datasetId);
        receiver = _datasets[datasetId].publisher;
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
        for (uint256 i = 0; i < sources.length; ++i) {
            // Ids are given in sequence and never burnt, so what is below this one exists.
            uint256 id = sources[i].datasetId;
            if (id == 0 || id >= datasetId) revert DatasetNFT_UnknownParent(id);
            parents[i] = _parentOf(id, sources[i].licenseId);
            if (parents[i].proven) _checkNoWider(parents[i], p);
            _parents[datasetId].push(parents[i]);
        }
        _store(datasetId, 1, p);
        _datasets[datasetId].publisher = msg.sender;
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
        for (uint256 i = 0; i < parents.length; ++i) {
            if (parents[i].proven) _checkNoWider(parents[i], p);
        }
    }

    function _checkNoWider(Parent memory parent, Publication calldata p) private view {
        (uint64 terms, uint40 withdrawnAt,) = _consent(parent.datasetId, parent.version, _datasets[parent.datasetId]);
        if (withdrawnAt != 0) revert DatasetNFT_ParentWithdrawn(parent.datasetId, parent.version);
        bytes32 diseases = _versions[parent.datasetId][parent.version].diseases;
        if (!DuoWidth.isNoWider(terms, diseases, p.terms, p.diseases)) {
            revert DatasetNFT_WiderThanParent(parent.datasetId, terms, p.terms);
        }
    }

    function _store(uint256 datasetId, uint32 version, Publication calldata p) private {
        if (p.card == 0) revert DatasetNFT_EmptyField("card");
        if (p.contentRoot == 0) revert DatasetNFT_EmptyField("contentRoot");
        if (p.keyCommitment == 0) revert DatasetNFT_EmptyField("keyCommitment");
        if (!DuoPolicy.isValid(p.terms)) revert DatasetNFT_BadTerms(p.terms);
        if (p.diseases != 0 && p.terms & DuoPolicy.DS == 0) revert DatasetNFT_DiseasesWithoutDS(p.terms);
        StoredVersion storage stored = _versions[datasetId][version];
        (stored.card, stored.contentRoot, stored.keyCommitment) = (p.card, p.contentRoot, p.keyCommitment);
        if (p.diseases != 0) stored.diseases = p.diseases;
        Dataset storage dataset = _datasets[datasetId];
        dataset.latestVersion = SafeCast.toUint16(version);
        dataset.terms = uint32(p.terms);
        dataset.withdrawnAt = 0;
    }

    /// @dev Offers and income follow the token. Roles do not: whoever holds them answered to the old owner.
    function _update(address to, uint256 datasetId, address auth) internal override returns (address from) {
        from = super._update(to, datasetId, auth);
        if (from != address(0)) _datasets[datasetId].handovers += 1;
    }

    function _checkOwner(uint256 datasetId) private view {
        if (_requireOwned(datasetId) != msg.sender) revert DatasetNFT_NotOwner(datasetId, msg.sender);
    }

    /// @dev Of this owner's time: those of earlier owners are out of reach for good.
    function _mandate(uint256 datasetId, address account) private view returns (Mandate storage) {
        return _mandates[datasetId][_datasets[datasetId].handovers][account];
    }

    function _bit(Role role) private pure returns (uint8) {
        return uint8(1 << uint8(role));
    }

    /// @dev Valid terms are never 0, so 0 says that there is no such version.
    function _consent(uint256 datasetId, uint32 version, Dataset memory dataset)
        private
        view
        returns (uint64 terms, uint40 withdrawnAt, bool isLatest)
    {
        isLatest = version == dataset.latestVersion;
        if (isLatest) {
            (terms, withdrawnAt) = (dataset.terms, dataset.withdrawnAt);
        } else {
            Consent storage earlier = _earlier[datasetId][version];
            (terms, withdrawnAt) = (earlier.terms, earlier.withdrawnAt);
        }
        if (terms == 0) revert DatasetNFT_UnknownVersion(datasetId, version);
    }
}
