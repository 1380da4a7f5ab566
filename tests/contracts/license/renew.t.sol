// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseRenewTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _renew(9);
    }

    function test_given_another_sender_than_the_licensee() external {
        uint256 licenseId = _settled();
        address[2] memory senders = [stranger, hospital];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesLicensee(licenseId, senders[i]);
            _renew(senders[i], licenseId, PRICE, _none(), _direct());
        }
    }

    function test_given_a_licence_that_is_not_settled() external {
        uint256 licenseId = _delivered();
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _renew(licenseId);
        _confirm(licenseId);
        _revoke(hospital, licenseId, 0);
        _refusesState(licenseId, IAccessLicense.State.Revoked);
        _renew(licenseId);
    }

    function test_given_a_closed_offer() external {
        uint256 licenseId = _settled();
        uint256 offerId = licenses.licenseOf(licenseId).offerId;
        _closeOffer(hospital, offerId);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OfferClosed.selector, offerId));
        _renew(licenseId);
    }

    function test_given_a_withdrawn_version() external {
        uint256 licenseId = _settled();
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        _withdraw(hospital, dataset, 1);
        _refusesWithdrawn(dataset, 1);
        _renew(licenseId);
    }

    function test_given_an_offer_without_duration_or_uses() external {
        uint256 licenseId = _settle(_buy(_ofLength(0, 0)));
        _refusesRenewal(licenseId);
        _renew(licenseId);
    }

    /// @dev The second sum would be 2**32 - 1, which stands for "not counted", or not fit at all.
    function test_given_more_uses_together_than_are_counted() external {
        uint32[2] memory uses = [uint32(2 ** 31), type(uint32).max / 3];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 licenseId = _settle(_buy(_ofLength(30 days, uses[i])));
            while (uint256(licenses.licenseOf(licenseId).usesLeft) + uses[i] < UNCOUNTED) {
                _renew(licenseId);
            }
            uint32 left = licenses.licenseOf(licenseId).usesLeft;
            _refusesRenewal(licenseId);
            _renew(licenseId);
            vm.assertEq(licenses.licenseOf(licenseId).usesLeft, left);
        }
    }

    function test_given_another_amount_than_the_price() external {
        uint256 licenseId = _settled();
        uint256[3] memory values = [uint256(0), PRICE - 1, PRICE + 1];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesPrice(values[i], PRICE);
            _renew(researcher, licenseId, values[i], _none(), _direct());
        }
    }

    function test_given_that_the_licence_has_not_ended() external {
        uint256 licenseId = _settled();
        uint256 end = licenses.expiresAt(licenseId);
        _wait(10 days);
        vm.recordLogs();
        _renew(licenseId);
        emit IAccessLicense.LicenseRenewed(licenseId, uint40(end + 30 days), UNCOUNTED, PRICE);
        _saw(address(licenses));
        vm.assertEq(licenses.expiresAt(licenseId), end + 30 days);
        _assertOwed(hospital, 2 * PRICE);
        vm.assertEq(address(licenses).balance, 2 * PRICE);
        _assertState(licenseId, IAccessLicense.State.Settled);
        vm.assertEq(licenses.licenseOf(licenseId).deadline, 0);
        _renew(licenseId);
        vm.assertEq(licenses.expiresAt(licenseId), end + 60 days);
        _wait(40 days);
        vm.assertTrue(_hasDownload(researcher));
    }

    function test_given_that_the_licence_has_ended() external {
        uint256 licenseId = _settled();
        _wait(100 days);
        vm.assertFalse(_hasDownload(researcher));
        vm.recordLogs();
        _renew(licenseId);
        emit IAccessLicense.LicenseRenewed(licenseId, _now() + 30 days, UNCOUNTED, PRICE);
        _saw(address(licenses));
        vm.assertEq(licenses.expiresAt(licenseId), _now() + 30 days);
        vm.assertTrue(_hasDownload(researcher));
    }

    /// @dev Used up, another took its place; that one ended; renewed, it is looked at again.
    function test_given_a_licence_that_was_used_up() external {
        uint256 licenseId = _settle(_buy(_ofLength(30 days, 1)));
        _consume(researcher, licenseId);
        uint256 other = _settle(_buy(_ofLength(1 days, 0)));
        _revoke(hospital, other, 0);
        vm.assertFalse(_hasDownload(researcher));
        _renew(licenseId);
        vm.assertTrue(_hasDownload(researcher));
    }

    function test_given_counted_uses() external {
        uint256 licenseId = _settle(_buy(_ofLength(0, 2)));
        _consume(researcher, licenseId);
        vm.recordLogs();
        _renew(licenseId);
        emit IAccessLicense.LicenseRenewed(licenseId, FOREVER, 3, PRICE);
        _saw(address(licenses));
        vm.assertEq(licenses.licenseOf(licenseId).usesLeft, 3);
        for (uint256 i = 0; i < 3; ++i) {
            _consume(researcher, licenseId);
        }
        _refusesInactive(licenseId);
        _consume(researcher, licenseId);
        _renew(licenseId);
        vm.assertTrue(licenses.isActive(licenseId));
        vm.assertEq(licenses.licenseOf(licenseId).usesLeft, 2);
    }

    function test_given_uses_and_a_duration() external {
        uint256 licenseId = _settle(_buy(_ofLength(30 days, 2)));
        uint256 end = licenses.expiresAt(licenseId);
        _renew(licenseId);
        vm.assertEq(licenses.expiresAt(licenseId), end + 30 days);
        vm.assertEq(licenses.licenseOf(licenseId).usesLeft, 4);
    }

    function test_given_a_newer_version_of_the_dataset() external {
        uint256 licenseId = _settled();
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        _renew(licenseId);
        vm.assertEq(licenses.licenseOf(licenseId).version, 1);
    }

    function test_given_visas_that_were_not_shown_anew() external {
        IVisaRegistry.Visa memory visa = _status();
        uint256 licenseId = _settle(_buyWithVisa(visa));
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Missing.selector, RESEARCHER));
        _renew(licenseId);
        _revokeVisa(visa);
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        bytes32 visaHash = visas.hashOf(visa);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Revoked.selector, issuer, visaHash));
        _renew(researcher, licenseId, PRICE, shown, _direct());
    }

    function test_given_new_visas() external {
        IVisaRegistry.Visa memory first = _status();
        first.expires = _now() + 20 days;
        uint256 licenseId = _settle(_buyWithVisa(first));
        vm.assertEq(licenses.expiresAt(licenseId), first.expires);
        _revokeVisa(first);
        vm.assertFalse(licenses.isActive(licenseId));
        IVisaRegistry.Visa memory next = _status();
        next.expires = _now() + 50 days;
        _renew(researcher, licenseId, PRICE, _shown(next), _direct());
        vm.assertTrue(licenses.isActive(licenseId));
        vm.assertEq(licenses.expiresAt(licenseId), next.expires); // two months were bought
        _revokeVisa(next);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    function test_given_visas_without_need() external {
        uint256 licenseId = _settled();
        _renew(researcher, licenseId, PRICE, _shown(_accepted()), _direct());
        _revokeVisa(_accepted());
        vm.assertTrue(licenses.isActive(licenseId));
    }

    function test_given_a_resold_dataset() external {
        uint256 licenseId = _settled();
        _transfer(hospital, second, dataset);
        _renew(licenseId);
        _assertOwed(hospital, PRICE + PRICE / 20);
        _assertOwed(second, PRICE - PRICE / 20);
    }

    function test_given_a_free_offer() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.price = 0;
        uint256 licenseId = _settle(_buy(_createOffer(hospital, terms)));
        uint256 end = licenses.expiresAt(licenseId);
        vm.recordLogs();
        _renew(researcher, licenseId, 0, _none(), _direct());
        emit IAccessLicense.LicenseRenewed(licenseId, uint40(end + 30 days), UNCOUNTED, 0);
        _saw(address(licenses));
        _assertOwed(hospital, 0);
    }

    function test_given_dollars() external {
        uint256 licenseId = _settle(_buyForDollars());
        _refusesPrice(1, 0);
        _renew(researcher, licenseId, 1, _none(), _direct());
        _refusesAllowance(0, DOLLARS);
        _renew(researcher, licenseId, 0, _none(), _direct());
        IAccessLicense.Payment[2] memory payments =
            [_permit(researcher, DOLLARS, FOREVER), _authorization(researcher, DOLLARS, FOREVER, "nonce")];
        for (uint256 i = 0; i < 2; ++i) {
            _renew(researcher, licenseId, 0, _none(), payments[i]);
            vm.assertEq(licenses.owed(hospital, address(dollar)), (i + 2) * DOLLARS);
            vm.assertEq(dollar.balanceOf(address(licenses)), (i + 2) * DOLLARS);
        }
    }

    function test_given_a_revocation_of_the_renewed_licence() external {
        uint256 licenseId = _settle(_buy(_ofParts(PRICE, 0, 2)));
        _renew(licenseId);
        _consume(researcher, licenseId);
        uint256 due = uint256(PRICE) * 3 / 2;
        vm.assertEq(licenses.refundDue(licenseId), due);
        _revoke(hospital, licenseId, due);
        _assertOwed(researcher, due);
        _assertOwed(hospital, 2 * PRICE);
    }

    function _renew(uint256 licenseId) private {
        _renew(researcher, licenseId, PRICE, _none(), _direct());
    }

    function _renew(
        address by,
        uint256 licenseId,
        uint256 value,
        IVisaRegistry.SignedVisa[] memory shown,
        IAccessLicense.Payment memory payment
    ) private {
        vm.prank(by);
        licenses.renew{value: value}(licenseId, shown, payment);
    }

    function _refusesRenewal(uint256 licenseId) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotRenewable.selector, licenseId));
    }
}
