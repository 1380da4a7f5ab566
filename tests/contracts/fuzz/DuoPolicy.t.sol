// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {IPolicies, policies} from "./IPolicies.sol";

contract DuoPolicyTest {
    IPolicies private immutable POLICIES = policies();

    /// @notice The same cases decide the same way in Python: tests/vectors/duo.json is made by core/duo.py.
    function test_vectors() external view {
        bytes memory json = bytes(vm.readFile("tests/vectors/duo.json"));
        uint256 count;
        uint256[3] memory bits;
        uint256 column;
        // Each case is ["0x<terms>", "0x<purpose>", <disease shown>, <decision>].
        for (uint256 i = 1; i < json.length; ++i) {
            if (json[i - 1] == "0" && json[i] == "x") {
                (bits[column], i) = _hex(json, i + 1);
                ++column;
            } else if (column > 1 && json[i] >= "0" && json[i] <= "9") {
                uint256 digit = uint8(json[i]) - 48;
                if (column == 2) {
                    bits[column++] = digit;
                    continue;
                }
                uint256 got = uint256(POLICIES.decide(uint64(bits[0]), uint64(bits[1]), bits[2] == 1));
                require(got == digit, string.concat("vector ", _decimal(count)));
                column = 0;
                ++count;
            }
        }
        require(count >= 5000, "too few vectors");
    }

    function testFuzz_denies_what_is_not_in_the_table(uint64 terms, uint64 purpose, bool shown) external view {
        if (terms & ~DuoPolicy.TERMS == 0 && purpose & ~DuoPolicy.PURPOSES == 0) terms |= 1 << 40;
        require(POLICIES.decide(terms, purpose, shown) == DuoPolicy.Decision.Deny);
    }

    function testFuzz_denies_without_a_permission(uint64 terms, uint64 purpose, bool shown) external view {
        terms &= DuoPolicy.TERMS & ~(DuoPolicy.PERMISSIONS | DuoPolicy.CC);
        require(POLICIES.decide(terms, purpose & DuoPolicy.PURPOSES, shown) == DuoPolicy.Decision.Deny);
    }

    function testFuzz_denies_without_a_purpose(uint64 terms, uint64 purpose, bool shown) external view {
        purpose &= DuoPolicy.PURPOSES & ~(DuoPolicy.KINDS | DuoPolicy.METHODS);
        require(POLICIES.decide(terms & DuoPolicy.TERMS, purpose, shown) == DuoPolicy.Decision.Deny);
    }

    /// @notice A modifier never permits anything: what is denied without it is denied with it, and so for review.
    function testFuzz_a_modifier_never_loosens(uint64 terms, uint64 purpose, uint64 more, bool shown) external view {
        terms &= DuoPolicy.TERMS;
        purpose &= DuoPolicy.PURPOSES;
        more &= DuoPolicy.EXCLUSIONS | DuoPolicy.AGREEMENTS | DuoPolicy.JUDGED;
        require(_strictness(terms | more, purpose, shown) >= _strictness(terms, purpose, shown));
    }

    /// @notice A permission never forbids anything.
    function testFuzz_a_permission_never_tightens(uint64 terms, uint64 purpose, uint64 more, bool shown) external view {
        terms = terms & DuoPolicy.TERMS | DuoPolicy.GRU;
        purpose &= DuoPolicy.PURPOSES;
        more &= DuoPolicy.PERMISSIONS | DuoPolicy.CC;
        require(_strictness(terms | more, purpose, shown) <= _strictness(terms, purpose, shown));
    }

    /// @notice Agreeing to more never hurts the buyer.
    function testFuzz_an_agreement_never_hurts(uint64 terms, uint64 purpose, uint64 more, bool shown) external view {
        terms &= DuoPolicy.TERMS;
        purpose &= DuoPolicy.PURPOSES;
        require(_strictness(terms, purpose | more & DuoPolicy.AGREEMENTS, shown) <= _strictness(terms, purpose, shown));
    }

    /// @notice A shown disease spares the review of a DS alone: it permits nothing that was denied, and lifts no other review.
    function testFuzz_a_shown_disease_only_spares_its_review(uint64 terms, uint64 rare, uint64 purpose) external view {
        terms = terms & rare & DuoPolicy.TERMS | DuoPolicy.DS;
        purpose = purpose & DuoPolicy.PURPOSES | DuoPolicy.AGREEMENTS;
        DuoPolicy.Decision without = POLICIES.decide(terms, purpose, false);
        DuoPolicy.Decision shown = POLICIES.decide(terms, purpose, true);
        if (without == shown) return;
        require(without == DuoPolicy.Decision.Review && shown == DuoPolicy.Decision.Approve);
        require(purpose & DuoPolicy.DS != 0, "the purpose is of no disease");
        require(terms & (DuoPolicy.NRES | DuoPolicy.GRU | DuoPolicy.HMB | DuoPolicy.JUDGED | DuoPolicy.IRB) == 0);
    }

    /// @notice No terms let a sensitive subject pass without a person, and saying that it is one never helps.
    function testFuzz_a_sensitive_subject_is_never_approved(uint64 terms, uint64 purpose, bool shown) external view {
        terms = terms & DuoPolicy.TERMS | DuoPolicy.NRES;
        purpose = purpose & DuoPolicy.PURPOSES | DuoPolicy.AGREEMENTS;
        uint256 without = _strictness(terms, purpose & ~DuoPolicy.SENSITIVE, shown);
        uint256 sensitive = _strictness(terms, purpose | DuoPolicy.SENSITIVE, shown);
        require(sensitive == (without == 0 ? 1 : without));
    }

    /// @notice Without NRES nobody is approved who says to be after profit.
    function testFuzz_profit_is_never_approved_but_by_nres(uint64 terms, uint64 purpose, bool shown) external view {
        terms = terms & DuoPolicy.TERMS & ~DuoPolicy.NRES | DuoPolicy.GRU;
        purpose = purpose & DuoPolicy.PURPOSES | DuoPolicy.AGREEMENTS;
        require(_strictness(terms, purpose | DuoPolicy.COMMERCIAL, shown) != 0);
        require(_strictness(terms, purpose | DuoPolicy.FOR_PROFIT, shown) != 0);
    }

    function _strictness(uint64 terms, uint64 purpose, bool shown) private view returns (uint256) {
        DuoPolicy.Decision decision = POLICIES.decide(terms, purpose, shown);
        if (decision == DuoPolicy.Decision.Approve) return 0;
        return decision == DuoPolicy.Decision.Review ? 1 : 2;
    }

    function _hex(bytes memory json, uint256 i) private pure returns (uint256 value, uint256 end) {
        for (; json[i] != '"'; ++i) {
            uint256 digit = uint8(json[i]);
            value = value * 16 + (digit < 58 ? digit - 48 : digit - 87);
        }
        return (value, i);
    }

    function _decimal(uint256 value) private pure returns (string memory text) {
        do {
            text = string.concat(string(abi.encodePacked(bytes1(uint8(48 + value % 10)))), text);
            value /= 10;
        } while (value != 0);
    }
}
