// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseRefundTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _refund(researcher, 9);
    }

    function test_given_a_delivered_or_settled_licence() external {
        uint256 licenseId = _delivered();
        _wait(60 days);
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _refund(researcher, licenseId);
        licenses.claim(licenseId);
        _refusesState(licenseId, IAccessLicense.State.Settled);
        _refund(researcher, licenseId);
    }

    function test_given_that_the_deadline_of_the_delivery_has_not_passed() external {
        uint256 licenseId = _purchased();
        uint40 until = licenses.licenseOf(licenseId).deadline;
        _wait(2 days);
        _refusesEarly(licenseId, until);
        _refund(researcher, licenseId);
    }

    function test_given_that_the_deadline_of_the_delivery_has_passed() external {
        uint256 licenseId = _purchased();
        _wait(2 days + 1);
        vm.recordLogs();
        _refund(stranger, licenseId);
        emit IAccessLicense.LicenseRefunded(licenseId, PRICE);
        _saw(address(licenses));
        IAccessLicense.License memory got = licenses.licenseOf(licenseId);
        _assertState(licenseId, IAccessLicense.State.Refunded);
        vm.assertEq(got.deadline, 0);
        vm.assertEq(got.expiresAt, 0);
        _assertOwed(researcher, PRICE);
        vm.assertFalse(_hasDownload(researcher));
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _refund(stranger, licenseId);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _deliver(licenseId);
    }

    function test_given_a_review_left_alone() external {
        uint256 licenseId = _inReview();
        _refusesEarly(licenseId, licenses.licenseOf(licenseId).deadline);
        _refund(stranger, licenseId);
        _wait(2 days + 1);
        _refund(stranger, licenseId);
        _assertState(licenseId, IAccessLicense.State.Refunded);
        _assertOwed(researcher, PRICE);
    }

    function test_given_a_version_withdrawn_before_the_delivery() external {
        uint256 licenseId = _purchased();
        _withdraw(hospital, dataset, 1);
        _refund(stranger, licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_given_a_visa_that_expired() external {
        IVisaRegistry.Visa memory visa = _status();
        visa.expires = _now() + 1 days;
        uint256 licenseId = _buyWithVisa(visa);
        _refusesEarly(licenseId, licenses.licenseOf(licenseId).deadline);
        _refund(stranger, licenseId);
        _wait(1 days);
        _refund(stranger, licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_given_training_on_a_version_that_was_withdrawn() external {
        uint256 offerId = _ofRight(IAccessLicense.Right.Train);
        (uint256 settled, uint256 licenseId) = (_settle(_buy(offerId)), _deliver(_buy(offerId)));
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _refund(stranger, licenseId);
        _withdraw(hospital, dataset, 1);
        vm.recordLogs();
        _refund(stranger, licenseId);
        emit IAccessLicense.LicenseRefunded(licenseId, PRICE);
        _saw(address(licenses));
        _assertOwed(researcher, PRICE);
        _refusesState(settled, IAccessLicense.State.Settled);
        _refund(stranger, settled);
    }

    function test_given_a_withdrawal_after_the_delivery() external {
        uint256 licenseId = _delivered();
        _withdraw(hospital, dataset, 1);
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _refund(researcher, licenseId);
    }

    function test_given_a_dispute_and_a_withdrawal() external {
        uint256 licenseId = _disputed();
        _withdraw(hospital, dataset, 1);
        _refusesEarly(licenseId, licenses.licenseOf(licenseId).deadline);
        _refund(researcher, licenseId);
    }

    function test_given_a_silent_arbiter() external {
        uint256 licenseId = _disputed();
        _refusesEarly(licenseId, licenses.licenseOf(licenseId).deadline);
        _refund(researcher, licenseId);
        _wait(30 days + 1);
        vm.recordLogs();
        _refund(stranger, licenseId);
        emit IAccessLicense.LicenseRefunded(licenseId, PRICE);
        _saw(address(licenses));
        _assertOwed(researcher, PRICE);
        _assertOwed(hospital, 0);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        vm.prank(arbiter);
        licenses.resolve(licenseId, true);
    }

    function test_given_dollars() external {
        uint256 licenseId = _buyForDollars();
        _wait(2 days + 1);
        _refund(researcher, licenseId);
        vm.assertEq(licenses.owed(researcher, address(dollar)), DOLLARS);
        _assertOwed(researcher, 0);
    }

    function test_given_another_purchase_after_it() external {
        uint256 offerId = _offer();
        uint256 licenseId = _buy(offerId);
        _wait(2 days + 1);
        _refund(researcher, licenseId);
        _deliver(_buy(offerId));
        vm.assertTrue(_hasDownload(researcher));
    }
}
