// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

contract VisaRevokeTest is LicenseScene {
    IVisaRegistry.Visa private visa;
    bytes32 private visaHash;

    function setUp() public override {
        super.setUp();
        visa = _status();
        visaHash = visas.hashOf(visa);
    }

    function test_given_a_hash_that_the_sender_revoked_before() external {
        address[2] memory senders = [stranger, issuer];
        for (uint256 i = 0; i < 2; ++i) {
            _revokeAs(senders[i]);
        }
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IVisaRegistry.VisaRegistry_AlreadyRevoked.selector, senders[i], visaHash)
            );
            _revokeAs(senders[i]);
        }
    }

    function test_given_another_sender_than_the_issuer() external {
        uint256 licenseId = _deliver(_buyWithVisa(visa));
        _revokeAs(stranger);
        _revokeAs(hospital);
        vm.assertTrue(licenses.isActive(licenseId));
    }

    function test_given_a_visa() external {
        uint256 offerId = lens.licenseOf(_buyWithVisa(visa)).offerId;
        vm.recordLogs();
        _revokeAs(issuer);
        emit IVisaRegistry.VisaRevoked(issuer, visaHash);
        _saw(address(visas));
        vm.assertTrue(visas.isRevoked(visas.idOf(issuer, visaHash)));
        vm.assertEq(visas.revokedAt(visas.idOf(issuer, visaHash)), _now());
        vm.assertEq(visas.revokedAt(visas.idOf(stranger, visaHash)), 0);
        vm.assertFalse(visas.isRevoked(visas.idOf(stranger, visaHash)));
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        IAccessLicense.Order memory order = _order(offerId);
        order.nonce = 1;
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Revoked.selector, issuer, visaHash));
        _submit(order, shown);
    }

    function test_given_a_licence_that_rests_on_it() external {
        uint256 delivered = _deliver(_buyWithVisa(visa));
        _endsWithTheVisa(delivered);
    }

    function test_given_a_settled_licence_that_rests_on_it() external {
        uint256 settled = _settle(_buyWithVisa(visa));
        _endsWithTheVisa(settled);
    }

    function test_given_a_licence_that_was_not_delivered_yet() external {
        uint256 licenseId = _buyWithVisa(visa);
        _refusesEarly(licenseId, lens.licenseOf(licenseId).deadline);
        _refund(stranger, licenseId);
        _revokeAs(issuer);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_VisaLapsed.selector, licenseId));
        _deliver(licenseId);
        vm.recordLogs();
        _refund(stranger, licenseId);
        _emitRefunded(stranger, licenseId, PRICE);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Refunded);
        _assertOwed(researcher, PRICE);
    }

    function test_given_a_dispute() external {
        uint256 licenseId = _deliver(_buyWithVisa(visa));
        _dispute(licenseId);
        _revokeAs(issuer);
        _resolve(arbiter, licenseId, true);
        _assertState(licenseId, IAccessLicense.State.Settled);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    function _revokeAs(address sender) private {
        vm.prank(sender);
        visas.revoke(visaHash);
    }

    function _endsWithTheVisa(uint256 licenseId) private {
        vm.assertTrue(licenses.isActive(licenseId));
        _revokeAs(issuer);
        vm.assertFalse(licenses.isActive(licenseId));
        _refusesInactive(licenseId);
        _consume(researcher, licenseId);
    }
}
