// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
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
        uint40 until = lens.licenseOf(licenseId).deadline;
        _wait(2 days);
        _refusesEarly(licenseId, until);
        _refund(researcher, licenseId);
    }

    function test_given_that_the_deadline_of_the_delivery_has_passed() external {
        uint256 licenseId = _purchased();
        _wait(2 days + 1);
        vm.recordLogs();
        _refund(stranger, licenseId);
        _emitRefunded(stranger, licenseId, PRICE);
        _saw(address(licenses));
        ILicenseLens.License memory got = lens.licenseOf(licenseId);
        _assertState(licenseId, IAccessLicense.State.Refunded);
        vm.assertEq(got.deadline, 0);
        vm.assertEq(got.expiresAt, 0);
        _assertOwed(researcher, PRICE);
        vm.assertFalse(licenses.isActive(licenseId));
        vm.assertEq(licenses.balanceOf(researcher), 0);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _refund(stranger, licenseId);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _deliver(licenseId);
    }

    function test_given_a_review_left_alone() external {
        uint256 licenseId = _inReview();
        _refusesEarly(licenseId, lens.licenseOf(licenseId).deadline);
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
        _refusesEarly(licenseId, lens.licenseOf(licenseId).deadline);
        _refund(stranger, licenseId);
        _wait(1 days);
        _refund(stranger, licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_given_training_on_a_version_that_was_withdrawn() external {
        uint256 offerId = _ofRight(IAccessLicense.Right.Train);
        (uint256 settled, uint256 licenseId) = (_grant(_buy(offerId)), _grant(_buy(offerId)));
        _confirm(settled);
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _refund(stranger, licenseId);
        _withdraw(hospital, dataset, 1);
        vm.recordLogs();
        _refund(stranger, licenseId);
        _emitRefunded(stranger, licenseId, PRICE);
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
        _refusesEarly(licenseId, lens.licenseOf(licenseId).deadline);
        _refund(researcher, licenseId);
    }

    function test_given_a_silent_arbiter() external {
        uint256 licenseId = _disputed();
        _refusesEarly(licenseId, lens.licenseOf(licenseId).deadline);
        _refund(researcher, licenseId);
        _wait(30 days + 1);
        vm.recordLogs();
        _refund(stranger, licenseId);
        _emitRefunded(stranger, licenseId, PRICE);
        _saw(address(licenses));
        _assertOwed(researcher, PRICE);
        _assertOwed(hospital, 0);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _resolve(arbiter, licenseId, true);
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
        vm.assertTrue(licenses.isActive(_deliver(_buy(offerId))));
    }

    function test_given_a_settled_licence_with_proRata_whose_version_was_withdrawn() external {
        uint256 licenseId = _soldProRata();
        _refusesState(licenseId, IAccessLicense.State.Settled);
        _refund(stranger, licenseId);
        _wait(3 days);
        _withdraw(hospital, dataset, 1);
        _wait(9 days); // earns nothing more
        uint256 earned = uint256(PRICE) / 10;
        vm.recordLogs();
        _refund(stranger, licenseId);
        emit IERC721.Transfer(researcher, address(0), licenseId);
        emit IAccessLicense.LicenseEarned(licenseId, stranger, hospital, earned, address(0), 0);
        emit IAccessLicense.LicenseRefunded(licenseId, stranger, researcher, PRICE - earned);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Refunded);
        _assertOwed(hospital, earned);
        _assertOwed(researcher, PRICE - earned);
    }

    function test_given_a_settled_licence_with_proRata_whose_time_is_over() external {
        uint256 licenseId = _soldProRata();
        _wait(30 days);
        _withdraw(hospital, dataset, 1);
        _refusesState(licenseId, IAccessLicense.State.Settled);
        _refund(stranger, licenseId);
        licenses.claimEarned(licenseId);
        _assertOwed(hospital, PRICE);
    }

    function test_given_a_settled_licence_with_proRata_whose_visa_lapsed() external {
        for (uint256 i = 0; i < 2; ++i) {
            IVisaRegistry.Visa memory visa = _status();
            visa.expires = _now() + 10 days;
            _trust(hospital, issuer, RESEARCHER);
            IAccessLicense.Offer memory terms = _proRata();
            terms.visas = RESEARCHER;
            if (i == 0) _registerKey(researcher);
            IAccessLicense.Order memory order = _order(_createOffer(hospital, terms));
            order.nonce = i;
            _submit(order, _shown(visa));
            _confirm(_grant(i + 1));
            _wait(6 days);
            if (i == 1) _revokeVisa(visa);
            _wait(20 days);
            _refund(stranger, i + 1);
        }
        uint256 earned = uint256(PRICE) / 3 + uint256(PRICE) / 5; // until it expired, and until it was revoked
        _assertOwed(hospital, earned);
        _assertOwed(researcher, 2 * PRICE - earned);
    }
}
