// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {IPolicies, policies} from "./IPolicies.sol";

contract DuoWidthTest {
    IPolicies private immutable POLICIES = policies();

    /// @notice The same cases answer the same way in Python: tests/vectors/duo_width.json is made by core/duo_width.py.
    function test_vectors() external view {
        // A case is parent (8 bytes) | child (8) | nothing (14) | the child's diseases: 0 none, 1 the parent's (1) | answer (1).
        bytes32[] memory cases = vm.parseJsonBytes32Array(vm.readFile("tests/vectors/duo_width.json"), ".cases");
        require(cases.length >= 1000, "too few vectors");
        for (uint256 i = 0; i < cases.length; ++i) {
            uint256 word = uint256(cases[i]);
            bytes32 diseases = bytes32(word >> 8 & 0xff);
            bool got = POLICIES.isNoWider(uint64(word >> 192), bytes32(uint256(1)), uint64(word >> 128), diseases);
            require(got == (word & 0xff == 1), vm.toString(cases[i]));
        }
    }

    /// @notice Whoever is denied by the parent is denied by a child that is no wider, and who has to be judged, too.
    function testFuzz_no_wider_is_as_strict(uint64 parent, uint64 more, uint64 purpose, uint8 seed) external view {
        parent = parent & DuoPolicy.TERMS | DuoPolicy.HMB << (seed & 1);
        uint64 child = more & DuoPolicy.TERMS;
        // Most that is drawn is wider: keep the modifiers, and give up permissions.
        if (seed & 2 != 0) child |= parent & ~(DuoPolicy.PERMISSIONS | DuoPolicy.CC);
        if (seed & 4 != 0) child &= parent | ~(DuoPolicy.PERMISSIONS | DuoPolicy.CC);
        bytes32 root = bytes32(uint256(seed >> 3 & 1));
        if (!POLICIES.isNoWider(parent, bytes32(uint256(1)), child, root)) return;
        purpose &= DuoPolicy.PURPOSES;
        for (uint256 shown = 0; shown < 2; ++shown) {
            // What is shown against no root is shown to nobody.
            uint256 allowed = _strictness(parent, purpose, shown == 1);
            require(_strictness(child, purpose, shown == 1 && root != 0) >= allowed);
        }
    }

    function testFuzz_terms_are_no_wider_than_themselves(uint64 terms, bytes32 root) external view {
        terms &= DuoPolicy.TERMS;
        require(POLICIES.isNoWider(terms, root, terms, root));
    }

    function _strictness(uint64 terms, uint64 purpose, bool shown) private view returns (uint256) {
        DuoPolicy.Decision decision = POLICIES.decide(terms, purpose, shown);
        if (decision == DuoPolicy.Decision.Deny) return 2;
        return decision == DuoPolicy.Decision.Review ? 1 : 0;
    }
}
