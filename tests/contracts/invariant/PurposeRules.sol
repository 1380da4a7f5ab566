// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {DiseaseTree} from "./DiseaseTree.sol";
import {Flaws} from "./Flaws.sol";

/// @notice The rules of purposes once more: what is denied, what a person must judge, and which disease was shown. Of the
/// DUO terms, those that the market's datasets have.
abstract contract PurposeRules {
    mapping(uint256 datasetId => mapping(uint256 version => uint64)) internal _terms;
    /// @dev Those that a version's DS term permits; none: it came without a tree.
    mapping(uint256 datasetId => mapping(uint256 version => uint32[])) internal _diseases;

    function _judgePurpose(
        uint256 datasetId,
        uint256 version,
        IAccessLicense.ResearchPurpose memory purpose,
        bytes32[] memory proof
    ) internal view returns (uint256 flaws, bool review) {
        bool shown = _isShown(_diseases[datasetId][version], purpose.disease, proof);
        // A proof of nothing is not looked at.
        if (purpose.disease != 0 && proof.length != 0 && !shown) flaws = Flaws.BAD_PROOF;
        uint64 terms = _terms[datasetId][version];
        if (_isDenied(terms, purpose.duo)) flaws |= Flaws.DENIED;
        review = _isToBeReviewed(terms, purpose.duo, shown);
    }

    /// @dev The path of a disease on the list, and no other. That of a list of one is empty.
    function _isShown(uint32[] memory diseases, uint32 disease, bytes32[] memory proof) internal pure returns (bool) {
        if (disease == 0) return false;
        for (uint256 i = 0; i < diseases.length; ++i) {
            if (diseases[i] != disease) continue;
            return keccak256(abi.encode(proof)) == keccak256(abi.encode(DiseaseTree.proof(diseases, i)));
        }
        return false;
    }

    function _isDenied(uint64 terms, uint64 purpose) internal pure returns (bool) {
        bool anyResearch = _has(terms, DuoPolicy.GRU);
        bool anyHealth = anyResearch || _has(terms, DuoPolicy.HMB);
        if (_has(purpose, DuoPolicy.GRU) && !anyResearch) return true;
        if (_has(purpose, DuoPolicy.HMB) && !anyHealth) return true;
        if (_has(purpose, DuoPolicy.DS) && !anyHealth && !_has(terms, DuoPolicy.DS)) return true;
        if (_has(purpose, DuoPolicy.POA) && !anyResearch && !_has(terms, DuoPolicy.POA)) return true;
        if (_isWithoutKind(purpose) && !_has(purpose, DuoPolicy.METHODS)) return true;
        if (_has(terms, DuoPolicy.NCU) && _has(purpose, DuoPolicy.COMMERCIAL)) return true;
        if (_has(terms, DuoPolicy.TS) && !_has(purpose, DuoPolicy.TS)) return true;
        return _has(terms, DuoPolicy.IRB) && !_has(purpose, DuoPolicy.IRB);
    }

    function _isToBeReviewed(uint64 terms, uint64 purpose, bool shown) internal pure returns (bool) {
        if (_has(terms, DuoPolicy.US) || _has(terms, DuoPolicy.IRB)) return true;
        if (_has(purpose, DuoPolicy.SENSITIVE)) return true;
        // None of the market's datasets has NRES.
        if (_has(purpose, DuoPolicy.COMMERCIAL) || _has(purpose, DuoPolicy.FOR_PROFIT)) return true;
        bool anyResearch = _has(terms, DuoPolicy.GRU);
        if (_isWithoutKind(purpose)) return !anyResearch;
        return _has(purpose, DuoPolicy.DS) && !anyResearch && !_has(terms, DuoPolicy.HMB) && !shown;
    }

    function _has(uint64 bits, uint64 bit) internal pure returns (bool) {
        return bits & bit == bit;
    }

    function _isWithoutKind(uint64 purpose) private pure returns (bool) {
        return !_has(purpose, DuoPolicy.GRU) && !_has(purpose, DuoPolicy.HMB) && !_has(purpose, DuoPolicy.DS)
            && !_has(purpose, DuoPolicy.POA);
    }
}
