// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
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
        uint40 since = lens.licenseOf(licenseId).deadline;
        _wait(3 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TooLate.selector, licenseId, since));
        _dispute(licenseId);
    }

    function test_given_a_delivered_licence() external {
        uint256 licenseId = _delivered();
        vm.recordLogs();
        _dispute(licenseId);
        emit IAccessLicense.LicenseDisputed(licenseId, researcher, REASON);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Disputed);
        vm.assertEq(lens.licenseOf(licenseId).deadline, _now() + 30 days);
        vm.assertFalse(licenses.isActive(licenseId));
        _refusesState(licenseId, IAccessLicense.State.Disputed);
        _dispute(licenseId);
    }

    function test_given_no_arbiter() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.arbiter = address(0);
        uint256 licenseId = _deliver(_buy(_createOffer(hospital, terms)));
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NoArbiter.selector, licenseId));
        _dispute(licenseId);
        _wait(3 days + 1);
        licenses.claim(licenseId);
        _assertOwed(hospital, PRICE);
    }

    function test_given_a_first_use() external {
        uint256 licenseId = _deliver(_buy(_ofLength(30 days, 1)));
        _consume(researcher, licenseId);
        _refusesState(licenseId, IAccessLicense.State.Settled);
        _dispute(licenseId);
    }

    /// @dev Else an owner could deliver what it likes in a visa's last second.
    function test_given_a_visa_that_has_expired() external {
        IVisaRegistry.Visa memory visa = _status();
        visa.expires = _now() + 1 days;
        uint256 licenseId = _deliver(_buyWithVisa(visa));
        _wait(1 days);
        _dispute(licenseId);
        _assertState(licenseId, IAccessLicense.State.Disputed);
    }

    /// @dev Else an owner could end a dispute before it begins, by its own issuer.
    function test_given_a_visa_that_was_revoked() external {
        IVisaRegistry.Visa memory visa = _status();
        uint256 licenseId = _deliver(_buyWithVisa(visa));
        _revokeVisa(visa);
        _dispute(licenseId);
        _assertState(licenseId, IAccessLicense.State.Disputed);
    }
}
