// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseClaimTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        licenses.claim(9);
    }

    function test_given_a_licence_that_is_not_delivered() external {
        (uint256 purchased, uint256 disputed) = (_purchased(), _disputed());
        _wait(10 days);
        _refusesState(purchased, IAccessLicense.State.Purchased);
        licenses.claim(purchased);
        _refusesState(disputed, IAccessLicense.State.Disputed);
        licenses.claim(disputed);
    }

    function test_given_a_delivered_licence() external {
        uint256 licenseId = _delivered();
        uint40 until = licenses.licenseOf(licenseId).deadline;
        _wait(3 days);
        _refusesEarly(licenseId, until);
        licenses.claim(licenseId);
        _wait(1);
        vm.recordLogs();
        vm.prank(stranger);
        licenses.claim(licenseId);
        emit IAccessLicense.LicenseSettled(licenseId, PRICE);
        _saw(address(licenses));
        _assertOwed(hospital, PRICE);
        _assertState(licenseId, IAccessLicense.State.Settled);
        _refusesState(licenseId, IAccessLicense.State.Settled);
        licenses.claim(licenseId);
        _assertOwed(hospital, PRICE);
    }

    function test_given_training_on_a_version_that_was_withdrawn() external {
        uint256 licenseId = _deliver(_buy(_ofRight(IAccessLicense.Right.Train)));
        _withdraw(hospital, dataset, 1);
        _wait(3 days + 1);
        _refusesWithdrawn(dataset, 1);
        licenses.claim(licenseId);
    }

    function test_given_a_download_of_a_version_that_was_withdrawn() external {
        uint256 licenseId = _delivered();
        _withdraw(hospital, dataset, 1);
        _wait(3 days + 1);
        licenses.claim(licenseId);
        _assertOwed(hospital, PRICE);
    }

    function test_given_a_licence_that_has_ended() external {
        uint256 licenseId = _deliver(_buy(_ofLength(1, 0)));
        _wait(3 days + 1);
        licenses.claim(licenseId);
        _assertOwed(hospital, PRICE);
        vm.assertFalse(licenses.isActive(licenseId));
    }
}
