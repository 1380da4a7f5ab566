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
        emit IVisaRegistry.IssuerTrusted(hospital, issuer, ACCEPTED_TERMS | GRANT);
        _saw(address(visas));
        vm.assertEq(visas.trustedTypes(hospital, issuer), ACCEPTED_TERMS | GRANT);
        vm.assertEq(visas.trustedTypes(hospital, stranger), 0);
        vm.assertEq(visas.trustedTypes(second, issuer), 0);
        _trust(hospital, issuer, RESEARCHER);
        vm.assertEq(visas.trustedTypes(hospital, issuer), RESEARCHER);
    }

    function test_given_none() external {
        _trust(hospital, issuer, 15);
        vm.recordLogs();
        _trust(hospital, issuer, 0);
        emit IVisaRegistry.IssuerTrusted(hospital, issuer, 0);
        _saw(address(visas));
        vm.assertEq(visas.trustedTypes(hospital, issuer), 0);
    }
}
