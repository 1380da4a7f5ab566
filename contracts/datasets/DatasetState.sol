// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";

/// @title What is kept of datasets, and what consent to them depends on
/// @dev What is zero for most datasets (earlier versions, diseases, another publisher, parents) costs no storage until
/// it is needed.
abstract contract DatasetState is ERC721, IDatasetNFT {
    struct StoredVersion {
        // slots 0 and 1
        bytes32 card;
        bytes32 commitments; // keccak-256 of content root and key commitment, which are in the event alone
        // slot 2
        bytes32 diseases;
        // slot 3
        address publisher; // 0: the dataset's first publisher
    }

    /// @dev Every sale and release looks at the latest version's consent and at the owner, which is why they share a slot.
    struct Dataset {
        // slot 0
        address owner;
        uint16 latestVersion;
        uint16 handovers; // how often the token was transferred: each ends the roles of before
        uint32 terms; // no term has a bit above 28; bit 31 says that the dataset has proven parents
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
        uint96 proposals; // how often each role was proposed, 32 bits a role: a signature is for one of them
    }

    uint256 public constant MAX_PARENTS = 32;
    uint32 internal constant DERIVED = 1 << 31;

    uint256 internal _nextId = 1; // never 0, so that the first publication costs no more than the others

    mapping(uint256 datasetId => Dataset) internal _datasets;
    mapping(uint256 datasetId => mapping(uint32 version => StoredVersion)) internal _versions;
    mapping(uint256 datasetId => mapping(uint32 version => Consent)) internal _earlier; // of all but the latest
    mapping(uint256 datasetId => Parent[]) internal _parents; // proven ones first
    mapping(uint256 datasetId => address) internal _publishers; // of tokens that were transferred
    // slither-disable-next-line uninitialized-state // written through the pointer that `_mandate` returns
    mapping(uint256 datasetHandoversAccount => Mandate) internal _mandates;
    mapping(address owner => uint256) private _holdings; // how many tokens

    /// @inheritdoc ERC721
    function balanceOf(address owner) public view override returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(owner);
        return _holdings[owner];
    }

    function _ownerOf(uint256 datasetId) internal view override returns (address) {
        return _datasets[datasetId].owner;
    }

    /// @dev As OpenZeppelin's, but that the owner lies in `Dataset`. Offers and income follow the token. Roles do not:
    /// whoever holds them answered to the old owner.
    function _update(address to, uint256 datasetId, address auth) internal override returns (address from) {
        Dataset storage dataset = _datasets[datasetId];
        from = dataset.owner;
        if (auth != address(0)) _checkAuthorized(from, auth, datasetId);
        if (from != address(0)) {
            _approve(address(0), datasetId, address(0), false);
            _holdings[from] -= 1;
            // Until then the first publisher is the owner.
            if (dataset.handovers == 0) _publishers[datasetId] = from;
            dataset.handovers += 1;
        }
        if (to != address(0)) _holdings[to] += 1;
        dataset.owner = to;
        emit Transfer(from, to, datasetId);
    }

    function _checkOwner(uint256 datasetId) internal view {
        if (_requireOwned(datasetId) != msg.sender) revert DatasetNFT_NotOwner(datasetId, msg.sender);
    }

    function _firstPublisher(uint256 datasetId, Dataset memory dataset) internal view returns (address) {
        return dataset.handovers == 0 ? dataset.owner : _publishers[datasetId];
    }

    /// @dev Of this owner's time: those of earlier owners are out of reach for good. The dataset exists, so its id comes
    /// from a counter and fits: one number is the key, since every release by a custodian reads it.
    function _mandate(uint256 datasetId, uint16 handovers, address account) internal view returns (Mandate storage) {
        return _mandates[datasetId << 176 | uint256(handovers) << 160 | uint160(account)];
    }

    /// @dev What was given for this version itself. Valid terms are never 0, so 0 says that there is no such version.
    function _consent(uint256 datasetId, uint32 version, Dataset memory dataset)
        internal
        view
        returns (uint32 terms, uint32 withdrawnAt)
    {
        if (version == dataset.latestVersion) {
            (terms, withdrawnAt) = (dataset.terms & ~DERIVED, dataset.withdrawnAt);
        } else {
            Consent storage earlier = _earlier[datasetId][version];
            (terms, withdrawnAt) = (earlier.terms, earlier.withdrawnAt);
        }
        if (terms == 0) revert DatasetNFT_UnknownVersion(datasetId, version);
    }

    /// @dev Since when the version is not to be used: consent to it was withdrawn, or to what it is proven to descend
    /// from, at any distance; 0 while all of it stands.
    function _withdrawnAt(uint256 datasetId, uint32 version, Dataset memory dataset)
        internal
        view
        returns (uint32 withdrawnAt)
    {
        (, withdrawnAt) = _consent(datasetId, version, dataset);
        if (dataset.terms & DERIVED == 0) return withdrawnAt;
        (uint32 above,) = _descent(datasetId);
        return _first(withdrawnAt, above);
    }

    /// @dev All from which a dataset is proven to descend: since when one of them is withdrawn, and how many there are.
    /// One that is reached in several ways counts as often. The number is bounded when a dataset is published, and parents
    /// are older than their children, so this ends.
    function _descent(uint256 datasetId) internal view returns (uint32 withdrawnAt, uint256 size) {
        Parent[] storage parents = _parents[datasetId];
        uint256 count = parents.length;
        for (uint256 i = 0; i < count; ++i) {
            Parent memory parent = parents[i];
            // Those come first. Claims are not counted, so that to look at them would cost more than is bounded.
            if (!parent.proven) break;
            (uint32 above, uint256 more) = _line(parent);
            (withdrawnAt, size) = (_first(withdrawnAt, above), size + more);
        }
    }

    /// @dev A proven parent, with all from which it is proven to descend itself.
    function _line(Parent memory parent) internal view returns (uint32 withdrawnAt, uint256 size) {
        Dataset memory dataset = _datasets[parent.datasetId];
        (, withdrawnAt) = _consent(parent.datasetId, parent.version, dataset);
        if (dataset.terms & DERIVED != 0) {
            uint32 above;
            (above, size) = _descent(parent.datasetId);
            withdrawnAt = _first(withdrawnAt, above);
        }
        size += 1;
    }

    function _first(uint32 a, uint32 b) private pure returns (uint32) {
        if (a == 0) return b;
        return b == 0 || a < b ? a : b;
    }
}
