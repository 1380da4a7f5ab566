// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseDisputeTest is LicenseScene {
    bytes32 private constant REASON = "the key does not open it";

    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _dispute(9);
    }

    function test_given_another_sender_than_the_licensee() external {
        uint256 licenseId = _delivered();
        address[2] memory senders = [stranger, hospital];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(senders[i]);
            _refusesLicensee(licenseId, senders[i]);
            licenses.dispute(licenseId, REASON);
        }
    }

    function test_given_a_licence_that_is_not_delivered() external {
        (uint256 purchased, uint256 settled) = (_purchased(), _settled());
        _refusesState(purchased, IAccessLicense.State.Purchased);
        _dispute(purchased);
        _refusesState(settled, IAccessLicense.State.Settled);
        _dispute(settled);
    }

    function test_given_that_the_window_is_over() external {
        uint256 licenseId = _delivered();
        uint40 since = licenses.licenseOf(licenseId).deadline;
        _wait(3 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TooLate.selector, licenseId, since));
        _dispute(licenseId);
    }

    function test_given_a_delivered_licence() external {
        uint256 licenseId = _delivered();
        vm.recordLogs();
        _dispute(licenseId);
        emit IAccessLicense.LicenseDisputed(licenseId, REASON);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Disputed);
        vm.assertEq(licenses.licenseOf(licenseId).deadline, _now() + 30 days);
        vm.assertFalse(licenses.isActive(licenseId));
        vm.assertFalse(_hasDownload(researcher));
        _refusesState(licenseId, IAccessLicense.State.Disputed);
        _dispute(licenseId);
    }

    function test_given_no_arbiter() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.arbiter = address(0);
        uint256 licenseId = _deliver(_buy(_createOffer(hospital, terms)));
        vm.recordLogs();
        _dispute(licenseId);
        emit IAccessLicense.LicenseDisputed(licenseId, REASON);
        emit IAccessLicense.LicenseRefunded(licenseId, PRICE);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Refunded);
        _assertOwed(researcher, PRICE);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    function test_given_no_arbiter_and_dollars() external {
        IAccessLicense.Offer memory terms = _dollarTerms();
        terms.arbiter = address(0);
        _approve(researcher, DOLLARS);
        _dispute(_deliver(_buy(_createOffer(hospital, terms))));
        vm.assertEq(licenses.owed(researcher, address(dollar)), DOLLARS);
        _assertOwed(researcher, 0);
    }
}
