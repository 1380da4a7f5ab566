// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DuoPolicy} from "./DuoPolicy.sol";

/// @title Whether the terms of derived data keep to the terms of what they come from
/// @notice `core/duo_width.py` mirrors this function; the two are compared on shared vectors. No DUO term forbids deriving
/// data by itself; what the terms say of the use of the parent's data has to be said of the child's, which hold them.
library DuoWidth {
    /// @notice Whether a child permits no kind of use that its parent does not permit, keeps each modifier of the parent
    /// (more are welcome), and, where the parent permits disease research by DS alone, names none but its diseases.
    /// @dev Modifiers are compared one by one: NPU and NCU do not stand for NPUNCU. A disease root of 0 leaves each
    /// purchase to a person, and so is as narrow as any.
    function isNoWider(uint64 parent, bytes32 parentDiseases, uint64 child, bytes32 childDiseases)
        internal
        pure
        returns (bool)
    {
        uint64 permissions = DuoPolicy.PERMISSIONS | DuoPolicy.CC;
        if (_permitted(child) & ~_permitted(parent) != 0) return false;
        if (parent & ~permissions & ~child != 0) return false;
        bool byDisease = _permitted(parent) & DuoPolicy.HMB == 0 && child & DuoPolicy.DS != 0;
        return !byDisease || childDiseases == 0 || childDiseases == parentDiseases;
    }

    /// @dev The kinds of use as `DuoPolicy.decide` permits them, and NRES, which permits more than all of these.
    function _permitted(uint64 terms) private pure returns (uint64 permitted) {
        permitted = terms & (DuoPolicy.NRES | DuoPolicy.KINDS);
        if (terms & DuoPolicy.NRES != 0) permitted |= DuoPolicy.KINDS;
        if (terms & DuoPolicy.GRU != 0) permitted |= DuoPolicy.HMB | DuoPolicy.DS | DuoPolicy.POA;
        if (terms & DuoPolicy.HMB != 0) permitted |= DuoPolicy.DS;
    }
}
