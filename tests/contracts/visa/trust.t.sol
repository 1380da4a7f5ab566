// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

contract VisaTrustTest is LicenseScene {
    function test_given_types_that_do_not_exist() external {
        uint8[3] memory types = [16, 17, 255];
        for (uint256 i = 0; i < types.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_BadTypes.selector, types[i], 15));
            _trust(hospital, issuer, types[i]);
        }
    }

    function test_given_types() external {
        vm.recordLogs();
        _trust(hospital, issuer, ACCEPTED_TERMS | GRANT);
        emit IVisaRegistry.IssuerTrusted(hospital, 0, issuer, ACCEPTED_TERMS | GRANT);
        _saw(address(visas));
        vm.assertEq(visas.trustedTypes(hospital, 0, issuer), ACCEPTED_TERMS | GRANT);
        vm.assertEq(visas.trustedTypes(hospital, 0, stranger), 0);
        vm.assertEq(visas.trustedTypes(second, 0, issuer), 0);
        _trust(hospital, issuer, RESEARCHER);
        vm.assertEq(visas.trustedTypes(hospital, 0, issuer), RESEARCHER);
    }

    function test_given_none() external {
        _trust(hospital, issuer, 15);
        vm.recordLogs();
        _trust(hospital, issuer, 0);
        emit IVisaRegistry.IssuerTrusted(hospital, 0, issuer, 0);
        _saw(address(visas));
        vm.assertEq(visas.trustedTypes(hospital, 0, issuer), 0);
    }

    function test_given_a_dataset() external {
        vm.recordLogs();
        vm.prank(hospital);
        visas.trustFor(9, issuer, GRANT);
        emit IVisaRegistry.IssuerTrusted(hospital, 9, issuer, GRANT);
        _saw(address(visas));
        vm.assertEq(visas.trustedTypes(hospital, 9, issuer), GRANT);
        vm.assertEq(visas.trustedTypes(hospital, 0, issuer), 0);
        vm.assertEq(visas.trustedTypes(hospital, 8, issuer), 0);
        vm.assertEq(visas.trustedTypes(second, 9, issuer), 0);
        vm.prank(hospital);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_BadTypes.selector, 16, 15));
        visas.trustFor(9, issuer, 16);
    }

    function test_given_the_dataset_0() external {
        vm.prank(hospital);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_NoDataset.selector));
        visas.trustFor(0, issuer, 15);
    }
}
