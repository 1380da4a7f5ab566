// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseResolveTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _resolve(arbiter, 9, true);
    }

    function test_given_another_sender_than_the_offers_arbiter() external {
        uint256 licenseId = _disputed();
        address[3] memory senders = [hospital, researcher, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesArbiter(licenseId, senders[i]);
            _resolve(senders[i], licenseId, true);
        }
    }

    function test_given_an_arbiter_that_has_become_the_datasets_owner() external {
        uint256 licenseId = _disputed();
        _transfer(hospital, arbiter, dataset);
        _refusesArbiter(licenseId, arbiter);
        _resolve(arbiter, licenseId, true);
        _refusesArbiter(licenseId, arbiter);
        _resolve(arbiter, licenseId, false);
        _wait(30 days + 1); // and there is a way out
        _refund(researcher, licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_given_no_dispute() external {
        uint256 licenseId = _delivered();
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _resolve(arbiter, licenseId, true);
    }

    function test_given_a_decision_for_the_owner() external {
        uint256 licenseId = _disputed();
        vm.recordLogs();
        _resolve(arbiter, licenseId, true);
        emit IAccessLicense.DisputeResolved(licenseId, true);
        emit IAccessLicense.LicenseSettled(licenseId, PRICE);
        _saw(address(licenses));
        _assertOwed(hospital, PRICE);
        _assertOwed(researcher, 0);
        vm.assertTrue(_hasDownload(researcher));
        _refusesState(licenseId, IAccessLicense.State.Settled);
        _resolve(arbiter, licenseId, false);
    }

    function test_given_a_decision_for_the_buyer() external {
        uint256 licenseId = _disputed();
        vm.recordLogs();
        _resolve(arbiter, licenseId, false);
        emit IAccessLicense.DisputeResolved(licenseId, false);
        emit IAccessLicense.LicenseRefunded(licenseId, PRICE);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Refunded);
        _assertOwed(hospital, 0);
        _assertOwed(researcher, PRICE);
        vm.assertFalse(licenses.isActive(licenseId));
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _resolve(arbiter, licenseId, true);
    }

    function test_given_a_late_decision_before_anybody_refunded() external {
        uint256 licenseId = _disputed();
        _wait(40 days);
        _resolve(arbiter, licenseId, true);
        _assertOwed(hospital, PRICE);
    }

    function test_given_an_owner_who_concedes() external {
        uint256 licenseId = _disputed();
        _revoke(hospital, licenseId, 0);
        _assertState(licenseId, IAccessLicense.State.Revoked);
        _assertOwed(researcher, PRICE);
    }

    function _resolve(address by, uint256 licenseId, bool payOwner) private {
        vm.prank(by);
        licenses.resolve(licenseId, payOwner);
    }

    function _refusesArbiter(uint256 licenseId, address got) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotArbiter.selector, licenseId, got));
    }
}
