// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
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
        uint40 until = lens.licenseOf(licenseId).deadline;
        _wait(3 days);
        _refusesEarly(licenseId, until);
        licenses.claim(licenseId);
        _wait(1);
        vm.recordLogs();
        vm.prank(stranger);
        licenses.claim(licenseId);
        _emitSettled(stranger, licenseId);
        _saw(address(licenses));
        _assertOwed(hospital, PRICE);
        _assertState(licenseId, IAccessLicense.State.Settled);
        _refusesState(licenseId, IAccessLicense.State.Settled);
        licenses.claim(licenseId);
        _assertOwed(hospital, PRICE);
    }

    function test_given_training_on_a_version_that_was_withdrawn() external {
        uint256 licenseId = _grant(_buy(_ofRight(IAccessLicense.Right.Train)));
        _withdraw(hospital, dataset, 1);
        _wait(3 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TakenAway.selector, licenseId));
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
        uint256 licenseId = _deliver(_buy(_ofLength(3 days, 0)));
        _wait(3 days + 1);
        licenses.claim(licenseId);
        _assertOwed(hospital, PRICE);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    /// @dev Who has no key has nothing left; who has one keeps it.
    function test_given_a_visa_that_was_revoked() external {
        for (uint256 i = 1; i < 4; ++i) {
            IVisaRegistry.Visa memory visa = _status();
            visa.value = bytes32(i);
            _trust(hospital, issuer, RESEARCHER);
            IAccessLicense.Offer memory terms = _terms(dataset);
            (terms.visas, terms.right) = (RESEARCHER, IAccessLicense.Right(i));
            if (i == 1) _registerKey(researcher);
            IAccessLicense.Order memory order = _order(_createOffer(hospital, terms));
            order.nonce = i - 1;
            _submit(order, _shown(visa));
            _deliver(custodian, i, i == 1 ? ENVELOPE : bytes32(0));
            _revokeVisa(visa);
        }
        _wait(3 days + 1);
        licenses.claim(1);
        for (uint256 i = 2; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TakenAway.selector, i));
            licenses.claim(i);
            _refund(stranger, i);
        }
        _assertOwed(hospital, PRICE);
        _assertOwed(researcher, 2 * PRICE);
    }

    function test_given_proRata() external {
        uint256 licenseId = _grant(_buy(_createOffer(hospital, _proRata())));
        _wait(3 days + 1);
        licenses.claim(licenseId);
        _assertState(licenseId, IAccessLicense.State.Settled);
        _assertOwed(hospital, 0);
        licenses.claimEarned(licenseId);
        _assertOwed(hospital, uint256(PRICE) * (3 days + 1) / 30 days);
    }
}
