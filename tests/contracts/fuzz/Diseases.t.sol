// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../Vm.sol";
import {IPolicies, policies} from "./IPolicies.sol";

/// @notice The cheat codes of forge that read JSON.
interface Json {
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonBytes32Array(string calldata json, string calldata key) external pure returns (bytes32[] memory);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
}

contract DiseasesTest {
    Json private constant JSON = Json(address(vm));
    IPolicies private immutable POLICIES = policies();

    /// @notice What core/disease.py proves over real diseases is accepted, for its disease and its tree only.
    function test_vectors() external view {
        string memory json = vm.readFile("tests/vectors/disease.json");
        bytes32 before = keccak256("another tree");
        uint256 count;
        for (uint256 i; JSON.keyExistsJson(json, _at(".cases[", i)); ++i) {
            string memory tree = _at(".cases[", i);
            bytes32 root = JSON.parseJsonBytes32(json, string.concat(tree, ".root"));
            for (uint256 j; JSON.keyExistsJson(json, _at(string.concat(tree, ".members["), j)); ++j) {
                string memory member = _at(string.concat(tree, ".members["), j);
                uint32 disease = uint32(JSON.parseJsonUint(json, string.concat(member, ".disease")));
                bytes32[] memory proof = JSON.parseJsonBytes32Array(json, string.concat(member, ".proof"));
                require(POLICIES.isPermitted(root, disease, proof), member);
                require(!POLICIES.isPermitted(before, disease, proof), "in another tree");
                require(!POLICIES.isPermitted(root, disease + 1, proof), "another disease");
                ++count;
            }
            before = root;
        }
        require(count > 100, "too few vectors");
    }

    function testFuzz_a_tree_of_one(uint32 disease, uint32 other) external view {
        bytes32 root = POLICIES.leaf(disease);
        require(POLICIES.isPermitted(root, disease, new bytes32[](0)) == (disease != 0));
        require(POLICIES.isPermitted(root, other, new bytes32[](0)) == (other == disease && disease != 0));
    }

    /// @notice A tree of two permits these two, in either order, and no third.
    function testFuzz_a_tree_of_two(uint32 left, uint32 right, uint32 other) external view {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = POLICIES.leaf(right);
        bytes32 root = _node(POLICIES.leaf(left), proof[0]);
        require(POLICIES.isPermitted(root, left, proof) == (left != 0));
        require(!POLICIES.isPermitted(root, other, proof) || other == left);
        proof[0] = POLICIES.leaf(left);
        require(POLICIES.isPermitted(root, right, proof) == (right != 0));
    }

    function testFuzz_no_tree_permits_disease_0(bytes32 sibling) external view {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        require(!POLICIES.isPermitted(_node(POLICIES.leaf(0), sibling), 0, proof));
        require(!POLICIES.isPermitted(POLICIES.leaf(0), 0, new bytes32[](0)));
    }

    function testFuzz_root_0_permits_nothing(uint32 disease, bytes32[] calldata proof) external view {
        require(!POLICIES.isPermitted(0, disease, proof));
    }

    /// @notice A changed, shortened or lengthened proof shows nothing.
    function testFuzz_a_changed_proof(uint32 disease, bytes32 sibling, uint8 flip) external view {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = bytes32(uint256(sibling) ^ (1 << flip));
        bytes32 root = _node(POLICIES.leaf(disease), sibling);
        require(!POLICIES.isPermitted(root, disease, proof));
        require(!POLICIES.isPermitted(root, disease, new bytes32[](0)));
        proof = new bytes32[](2);
        proof[0] = sibling;
        require(!POLICIES.isPermitted(root, disease, proof));
    }

    function _node(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function _at(string memory list, uint256 index) private pure returns (string memory) {
        bytes memory digits = abi.encodePacked(bytes1(uint8(48 + index % 10)));
        if (index > 9) digits = abi.encodePacked(bytes1(uint8(48 + index / 10)), digits);
        return string.concat(list, string(digits), "]");
    }
}
