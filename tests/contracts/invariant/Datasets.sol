// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {DiseaseTree} from "./DiseaseTree.sol";
import {Traders} from "./Traders.sol";

/// @notice Five datasets, two of them for research on given diseases, which change with each version; and for what they
/// are wanted: rightly or not, with the right proof, another, or none.
abstract contract Datasets is Traders {
    uint256 public constant DATASET_COUNT = 5;

    uint32 private constant NAMED = 6;
    World internal immutable WORLD;

    constructor(World world) Traders(world) {
        WORLD = world;
        for (uint256 d = 1; d <= DATASET_COUNT; ++d) {
            address owner = people[(d - 1) % 4];
            bytes memory data =
                abi.encodeCall(IDatasetNFT.publish, (_publicationOf(d, 1, (d * d) << 16), new IDatasetNFT.Source[](0)));
            _callTo(address(DATASETS), owner, 0, data);
            (_owners[d], _publishers[d], latest[d]) = (owner, owner, 1);
            _grants[d] = keccak256(abi.encode(block.chainid, address(DATASETS), d));
        }
    }

    function _publishVersion(uint256 d, uint256 seed) internal {
        bytes memory data = abi.encodeCall(IDatasetNFT.publishVersion, (d, _publicationOf(d, latest[d] + 1, seed)));
        _callTo(address(DATASETS), _owners[d], 0, data);
        latest[d] += 1;
    }

    function _withdraw(uint256 d, uint32 version) internal {
        _callTo(address(DATASETS), _owners[d], 0, abi.encodeCall(IDatasetNFT.withdraw, (d, version)));
        withdrawn[d][version] = true;
    }

    /// @dev What the terms permit, with a right proof of the disease three times of four, and else without one.
    function _goodPurpose(uint256 d, uint256 seed)
        internal
        view
        returns (IAccessLicense.ResearchPurpose memory purpose, bytes32[] memory proof)
    {
        if (d < 4) return (_plainPurpose(), proof);
        purpose.duo = DuoPolicy.DS | DuoPolicy.IRB | DuoPolicy.TS;
        if (seed % 4 == 0) purpose.duo |= DuoPolicy.METHODS;
        purpose.statement = bytes32("plan");
        uint32[] memory diseases = _diseases[d][latest[d]];
        if ((seed >> 8) % 4 == 0 || diseases.length == 0) return (purpose, proof);
        uint256 i = (seed >> 16) % diseases.length;
        purpose.disease = diseases[i];
        if (purpose.disease != 0) proof = DiseaseTree.proof(diseases, i);
    }

    /// @dev Any use, any disease, and a proof of it, of another, of an earlier version's, or none.
    function _oddPurpose(uint256 d, uint256 seed)
        internal
        view
        returns (IAccessLicense.ResearchPurpose memory purpose, bytes32[] memory proof)
    {
        purpose.duo = (seed >> 8) % 2 == 0 ? DuoPolicy.DS | DuoPolicy.IRB | DuoPolicy.TS : _anyUse(seed >> 16);
        uint32 version = latest[d];
        if ((seed >> 32) % 4 == 0) version -= uint32((seed >> 40) % version);
        uint32[] memory diseases = _diseases[d][version];
        if (diseases.length == 0) diseases = _listOf(1 + (seed >> 48) % (NAMED - 1));
        uint256 i = (seed >> 56) % diseases.length;
        purpose.disease = diseases[i];
        uint256 kind = (seed >> 64) % 6;
        if (kind == 0) return (purpose, proof);
        if (kind == 1) purpose.disease = 0;
        if (kind == 2) purpose.disease = 1;
        proof = DiseaseTree.proof(diseases, kind == 3 ? (i + 1) % diseases.length : i);
        if (kind == 4) proof = _longer(proof);
    }

    function _publicationOf(uint256 d, uint256 version, uint256 seed)
        private
        returns (IDatasetNFT.Publication memory publication)
    {
        uint64 terms = _termsOf(d, seed);
        publication = WORLD.publication(terms);
        _terms[d][version] = terms;
        if (d < 4) return publication;
        _diseases[d][version] = _listOf((seed >> 16) % NAMED);
        publication.diseases = DiseaseTree.root(_diseases[d][version]);
    }

    function _termsOf(uint256 d, uint256 seed) private pure returns (uint64) {
        if (d == 1) return DuoPolicy.GRU;
        if (d == 2) return DuoPolicy.GRU | DuoPolicy.US;
        if (d == 3) return DuoPolicy.HMB | DuoPolicy.NCU;
        uint64[10] memory others = [
            0,
            0,
            0,
            DuoPolicy.US,
            DuoPolicy.HMB,
            DuoPolicy.GRU,
            DuoPolicy.POA,
            DuoPolicy.NCU,
            DuoPolicy.IRB,
            DuoPolicy.TS
        ];
        return DuoPolicy.DS | others[seed % 10];
    }

    function _anyUse(uint256 seed) private pure returns (uint64) {
        uint64[11] memory uses = [
            DuoPolicy.DS,
            DuoPolicy.DS | DuoPolicy.METHODS,
            DuoPolicy.METHODS,
            DuoPolicy.HMB,
            DuoPolicy.GRU,
            DuoPolicy.POA,
            DuoPolicy.DS | DuoPolicy.POA,
            DuoPolicy.DS | DuoPolicy.COMMERCIAL,
            DuoPolicy.DS | DuoPolicy.SENSITIVE,
            DuoPolicy.HMB | DuoPolicy.FOR_PROFIT,
            DuoPolicy.IRB
        ];
        return uses[seed % 11];
    }

    /// @dev 0 is not a disease, even on a list.
    function _listOf(uint256 which) private pure returns (uint32[] memory diseases) {
        uint32[5] memory named = [uint32(5068), 4979, 5148, 0, 7739];
        diseases = new uint32[](which);
        for (uint256 i = 0; i < which; ++i) {
            diseases[i] = named[(i + which) % 5];
        }
    }

    function _longer(bytes32[] memory proof) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](proof.length + 1);
        for (uint256 i = 0; i < proof.length; ++i) {
            longer[i] = proof[i];
        }
        longer[proof.length] = bytes32("more");
    }
}
