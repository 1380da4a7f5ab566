// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {vm} from "../Vm.sol";
import {KeyScene} from "./KeyScene.sol";

contract KeyRegisterTest is KeyScene {
    function test_given_a_key_of_another_length() external {
        uint256[4] memory lengths = [uint256(0), 32, 1215, 1217];
        for (uint256 i = 0; i < lengths.length; ++i) {
            vm.prank(researcher);
            vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.KeyRegistry_BadLength.selector, lengths[i], 1216));
            keys.register(new bytes(lengths[i]));
        }
    }

    function test_given_an_account_without_a_key() external {
        vm.recordLogs();
        _register(key);
        emit IKeyRegistry.KeyRegistered(researcher, 1, keccak256(key), key);
        _saw(address(keys));
        IKeyRegistry.Key memory got = keys.keyOf(researcher);
        vm.assertEq(got.keyHash, keccak256(key));
        vm.assertEq(got.index, 1);
        vm.assertEq(got.since, _now());
        vm.assertTrue(keys.hasKey(researcher));
        vm.assertFalse(keys.hasKey(stranger));
    }

    function test_given_an_account_with_a_key() external {
        _register(key);
        vm.recordLogs();
        _register(other);
        emit IKeyRegistry.KeyRegistered(researcher, 2, keccak256(other), other);
        _saw(address(keys));
        vm.assertEq(keys.keyOf(researcher).keyHash, keccak256(other));
    }
}
