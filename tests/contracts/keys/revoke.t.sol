// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {vm} from "../Vm.sol";
import {KeyScene} from "./KeyScene.sol";

contract KeyRevokeTest is KeyScene {
    function test_given_no_key() external {
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.KeyRegistry_NoKey.selector, researcher));
        _revoke();
    }

    function test_given_a_key() external {
        _register(key);
        vm.recordLogs();
        _revoke();
        emit IKeyRegistry.KeyRevoked(researcher, 1);
        _saw(address(keys));
        vm.assertFalse(keys.hasKey(researcher));
        IKeyRegistry.Key memory got = keys.keyOf(researcher);
        vm.assertEq(got.keyHash, 0);
        vm.assertEq(got.index, 2);
        vm.assertEq(got.since, _now());
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.KeyRegistry_NoKey.selector, researcher));
        _revoke();
    }

    function test_given_a_key_that_follows_a_revoked_one() external {
        _register(key);
        _revoke();
        _register(key);
        vm.assertEq(keys.keyOf(researcher).index, 3);
        vm.assertTrue(keys.hasKey(researcher));
    }
}
