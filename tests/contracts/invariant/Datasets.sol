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

    struct Appointment {
        address person;
        bool accepted;
    }

    mapping(uint256 datasetId => mapping(IDatasetNFT.Role role => Appointment)) private _appointments;
    mapping(uint256 datasetId => mapping(IDatasetNFT.Role role => address)) private _former;

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
        _withdrawnAt[d][version] = _now();
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

    // ---------------------------------------------------------------- roles

    /// @dev Of one person at a time, for the datasets' present owners: proposed, accepted, ended.
    function _changeRole(uint256 d, IDatasetNFT.Role role, address person, uint256 seed) internal {
        Appointment storage now_ = _appointments[d][role];
        if (now_.person == address(0)) {
            if (person == _owners[d]) return;
            _callTo(address(DATASETS), _owners[d], 0, abi.encodeCall(IDatasetNFT.grantRole, (d, role, person)));
            now_.person = person;
        } else if (!now_.accepted) {
            _callTo(address(DATASETS), now_.person, 0, abi.encodeCall(IDatasetNFT.acceptRole, (d, role)));
            now_.accepted = true;
        } else {
            address by = seed % 2 == 0 ? _owners[d] : now_.person;
            _callTo(address(DATASETS), by, 0, abi.encodeCall(IDatasetNFT.revokeRole, (d, role, now_.person)));
            _former[d][role] = now_.person;
            delete _appointments[d][role];
        }
    }

    /// @dev With the token.
    function _endRoles(uint256 d) internal {
        for (uint8 role = 0; role < 3; ++role) {
            address person = _appointments[d][IDatasetNFT.Role(role)].person;
            if (person != address(0)) _former[d][IDatasetNFT.Role(role)] = person;
            delete _appointments[d][IDatasetNFT.Role(role)];
        }
    }

    /// @return active who may act in it: who has accepted, or else the owner
    /// @return idle who was named and has not accepted, or had the role before; 0: nobody
    function _holderOf(uint256 d, IDatasetNFT.Role role) internal view returns (address active, address idle) {
        Appointment storage now_ = _appointments[d][role];
        active = now_.accepted ? now_.person : _owners[d];
        idle = now_.person != address(0) && !now_.accepted ? now_.person : _former[d][role];
        if (idle == active || idle == _owners[d]) idle = address(0);
    }

    function _custodianOf(uint256 d) internal view returns (address, address) {
        return _holderOf(d, IDatasetNFT.Role.Custodian);
    }

    function _memberOf(uint256 d) internal view returns (address, address) {
        return _holderOf(d, IDatasetNFT.Role.Committee);
    }
}
