// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseCancelOrdersTest is LicenseScene {
    IAccessLicense.Order private order;

    function setUp() public override {
        super.setUp();
        _registerKey(researcher);
        order = _order(_offer());
    }

    function test_given_an_order_that_the_sender_signed() external {
        bytes memory signature = _signOrder(researcher, order);
        vm.recordLogs();
        _cancel(researcher);
        emit IAccessLicense.OrdersCancelled(researcher, 0);
        _saw(address(licenses));
        vm.assertEq(licenses.nonces(researcher), 1);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, researcher, 1));
        _relay(signature);
        vm.assertEq(lens.licenseCount(), 0);
    }

    function test_given_an_order_of_somebody_else() external {
        _cancel(stranger);
        _relay(_signOrder(researcher, order));
        _assertState(1, IAccessLicense.State.Purchased);
    }

    function test_given_an_order_that_was_signed_with_the_next_nonce() external {
        _cancel(researcher);
        _cancel(researcher);
        order.nonce = 2;
        _relay(_signOrder(researcher, order));
        _assertState(1, IAccessLicense.State.Purchased);
        vm.assertEq(licenses.nonces(researcher), 3);
    }

    function _cancel(address by) private {
        vm.prank(by);
        licenses.cancelOrders();
    }

    function _relay(bytes memory signature) private {
        _submit(stranger, order, signature, _noEvidence(), _direct());
    }
}
