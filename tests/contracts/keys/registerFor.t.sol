// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {Wallet1271} from "../tokens/Wallet1271.sol";
import {vm} from "../Vm.sol";
import {KeyScene} from "./KeyScene.sol";

contract KeyRegisterForTest is KeyScene {
    uint256 private deadline;

    function setUp() public override {
        super.setUp();
        deadline = _now() + 1 hours;
    }

    function test_given_a_passed_deadline() external {
        bytes memory signature = _signed(researcher, researcher, key, 0, deadline);
        _wait(1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.KeyRegistry_SignatureExpired.selector, deadline));
        _registerFor(researcher, key, deadline, signature);
    }

    function test_given_no_signature_of_the_account() external {
        _refuses(researcher, key, deadline, _signed(stranger, researcher, key, 0, deadline));
        _refuses(researcher, key, deadline, "");
        _refuses(researcher, key, deadline, new bytes(65));
    }

    function test_given_another_key_account_nonce_or_deadline_than_was_signed() external {
        bytes memory signature = _signed(researcher, researcher, key, 0, deadline);
        _refuses(researcher, other, deadline, signature);
        _refuses(researcher, key, deadline + 1, signature);
        _refuses(stranger, key, deadline, signature);
        _refuses(researcher, key, deadline, _signed(researcher, researcher, key, 1, deadline));
    }

    function test_given_a_key_that_the_account_registered_after_it_signed() external {
        bytes memory signature = _signed(researcher, researcher, key, 0, deadline);
        _register(other);
        _refuses(researcher, key, deadline, signature);
        vm.assertEq(keys.keyOf(researcher).keyHash, keccak256(other));
    }

    function test_given_a_key_that_the_account_revoked_after_it_signed() external {
        _register(other);
        bytes memory signature = _signed(researcher, researcher, key, keys.nonces(researcher), deadline);
        _revoke();
        _refuses(researcher, key, deadline, signature);
        vm.assertFalse(keys.hasKey(researcher));
    }

    function test_given_a_signed_key_of_another_length() external {
        bytes memory signature = _signed(researcher, researcher, "short", 0, deadline);
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.KeyRegistry_BadLength.selector, 5, 1216));
        _registerFor(researcher, "short", deadline, signature);
    }

    function test_given_the_signature_of_the_account() external {
        bytes memory signature = _signed(researcher, researcher, key, 0, deadline);
        vm.recordLogs();
        _registerFor(researcher, key, deadline, signature);
        emit IKeyRegistry.KeyRegistered(researcher, 1, keccak256(key), key);
        _saw(address(keys));
        vm.assertEq(keys.keyOf(researcher).keyHash, keccak256(key));
        vm.assertFalse(keys.hasKey(stranger));
        vm.assertEq(keys.nonces(researcher), 1);
    }

    function test_given_a_signature_that_was_used() external {
        bytes memory signature = _signed(researcher, researcher, key, 0, deadline);
        _registerFor(researcher, key, deadline, signature);
        _register(other);
        _refuses(researcher, key, deadline, signature);
        vm.assertEq(keys.keyOf(researcher).keyHash, keccak256(other));
    }

    function test_given_a_contract() external {
        address wallet = address(new Wallet1271(stranger));
        _refuses(wallet, key, deadline, _signed(researcher, wallet, key, 0, deadline));
        _registerFor(wallet, key, deadline, _signed(stranger, wallet, key, 0, deadline));
        vm.assertTrue(keys.hasKey(wallet));
    }

    function _registerFor(address account, bytes memory publicKey, uint256 until, bytes memory signature) private {
        vm.prank(stranger);
        keys.registerFor(account, publicKey, until, signature);
    }

    function _refuses(address account, bytes memory publicKey, uint256 until, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.KeyRegistry_BadSignature.selector, account));
        _registerFor(account, publicKey, until, signature);
    }
}
