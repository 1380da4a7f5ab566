// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

contract VisaPurchaseTest is LicenseScene {
    uint8 private constant REGISTERED = RESEARCHER | ACCEPTED_TERMS;

    function setUp() public override {
        super.setUp();
        _registerKey(researcher);
        _trust(hospital, issuer, 15);
    }

    function test_given_none_or_too_few() external {
        uint256 offerId = _needing(REGISTERED);
        IVisaRegistry.SignedVisa[] memory shown = _shown(_status());
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Missing.selector, REGISTERED));
        _submit(_order(offerId), _none());
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Missing.selector, ACCEPTED_TERMS));
        _submit(_order(offerId), shown);
        vm.assertEq(lens.licenseCount(), 0);
        vm.assertEq(address(licenses).balance, 0);
    }

    function test_given_the_short_form() external {
        uint256 offerId = _needing(REGISTERED);
        vm.prank(researcher);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessLicense.AccessLicense_VisasRequired.selector, offerId, REGISTERED)
        );
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 1, HMB, true);
    }

    function test_given_visas_for_an_offer_that_requires_none() external {
        _submit(_order(_offer()), _shown(_status()));
        _deliver(1);
        vm.assertEq(lens.licenseOf(1).expiresAt, _now() + 30 days);
        _revokeVisa(_status()); // on which nothing rests
        vm.assertTrue(licenses.isActive(1));
    }

    /// @dev Neither instead of what is missing, nor for what rests on the others.
    function test_given_a_visa_of_another_type_besides() external {
        IVisaRegistry.Visa memory idle = _accepted();
        idle.expires = _now() + 1;
        uint256 offerId = _needing(RESEARCHER);
        IVisaRegistry.SignedVisa[] memory shown = _shown(idle);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Missing.selector, RESEARCHER));
        _submit(_order(offerId), shown);
        _submit(_order(offerId), _shown(idle, _status()));
        _deliver(1);
        _revokeVisa(idle);
        vm.assertTrue(licenses.isActive(1));
        vm.assertEq(lens.licenseOf(1).expiresAt, _now() + 30 days);
        _revokeVisa(_status());
        vm.assertFalse(licenses.isActive(1));
    }

    /// @dev The owner's word ends with the ownership, although it was given for this dataset.
    function test_given_an_issuer_trusted_for_the_dataset() external {
        _trust(hospital, issuer, 0);
        uint256 offerId = _needing(RESEARCHER);
        uint256 another = _publish(hospital, _publication("other", TERMS));
        IVisaRegistry.SignedVisa[] memory shown = _shown(_status());
        bytes memory untrusted = abi.encodeWithSelector(
            IVisaRegistry.VisaRegistry_UntrustedIssuer.selector, issuer, IVisaRegistry.VisaType.ResearcherStatus
        );
        vm.prank(hospital);
        visas.trustFor(another, issuer, RESEARCHER);
        vm.expectRevert(untrusted);
        _submit(_order(offerId), shown);
        vm.prank(hospital);
        visas.trustFor(dataset, issuer, RESEARCHER);
        IAccessLicense.Order memory order = _order(offerId);
        _submit(order, shown);
        _transfer(hospital, second, dataset);
        order.nonce = 1;
        vm.expectRevert(untrusted);
        _submit(order, shown);
    }

    function test_given_a_grant_for_another_dataset() external {
        uint256 offerId = _needing(GRANT);
        uint256 another = _publish(hospital, _publication("other", TERMS));
        (bytes32 here, bytes32 there) = (licenses.grantOf(dataset), licenses.grantOf(another));
        vm.assertTrue(here != there);
        IVisaRegistry.Visa memory grant = _visa(IVisaRegistry.VisaType.ControlledAccessGrants);
        grant.value = there;
        IVisaRegistry.SignedVisa[] memory shown = _shown(grant);
        vm.expectRevert(
            abi.encodeWithSelector(IVisaRegistry.VisaRegistry_WrongValue.selector, grant.visaType, there, here)
        );
        _submit(_order(offerId), shown);
        grant.value = here;
        _submit(_order(offerId), _shown(grant));
        _assertState(1, IAccessLicense.State.Purchased);
    }

    /// @dev A relayer could show an older visa of the buyer's.
    function test_given_visas_that_end_before_the_order_says() external {
        IAccessLicense.Order memory order = _order(_needing(RESEARCHER));
        order.visasUntil = _now() + 30 days;
        IVisaRegistry.Visa memory visa = _status();
        visa.expires = order.visasUntil - 1;
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessLicense.AccessLicense_VisasTooShort.selector, visa.expires, order.visasUntil)
        );
        _submit(order, shown);
        visa.expires = order.visasUntil;
        _submit(order, _shown(visa));
        vm.assertEq(lens.licenseCount(), 1);
    }

    function test_given_all_of_them() external {
        (IVisaRegistry.Visa memory status, IVisaRegistry.Visa memory terms) = (_status(), _accepted());
        terms.expires -= 1 days;
        uint256 offerId = _needing(REGISTERED);
        IVisaRegistry.SignedVisa[] memory shown = _shown(status, terms);
        vm.recordLogs();
        _submit(_order(offerId), shown);
        bytes32[] memory ids = new bytes32[](2);
        (ids[0], ids[1]) = (visas.idOf(issuer, visas.hashOf(status)), visas.idOf(issuer, visas.hashOf(terms)));
        emit IAccessLicense.VisasShown(1, ids, terms.expires);
        emit IERC721.Transfer(address(0), researcher, 1);
        emit IERC5192.Locked(1);
        emit IAccessLicense.LicensePurchased(1, dataset, researcher, offerId, 1, HMB, false, researcher);
        _saw(address(licenses));
        vm.assertFalse(licenses.isActive(1));
        _deliver(1);
        vm.assertTrue(licenses.isActive(1));
    }

    function test_given_a_visa_that_ends_before_the_duration() external {
        uint32[2] memory durations = [uint32(0), 90 days];
        for (uint256 i = 0; i < durations.length; ++i) {
            IVisaRegistry.Visa memory first = _status();
            first.expires = _now() + 20 days;
            IAccessLicense.Offer memory terms = _terms(dataset);
            (terms.visas, terms.duration) = (REGISTERED, durations[i]);
            IAccessLicense.Order memory order = _order(_createOffer(hospital, terms));
            order.nonce = i;
            _submit(order, _shown(_accepted(), first));
            uint256 licenseId = _deliver(lens.licenseCount());
            vm.assertEq(lens.licenseOf(licenseId).expiresAt, first.expires);
            _wait(20 days - 1);
            vm.assertTrue(licenses.isActive(licenseId));
            _wait(1);
            vm.assertFalse(licenses.isActive(licenseId));
        }
    }

    function test_given_visas_that_end_after_the_duration() external {
        _submit(_order(_needing(REGISTERED)), _shown(_accepted(), _status()));
        _deliver(1);
        vm.assertEq(lens.licenseOf(1).expiresAt, _now() + 30 days);
    }

    function test_given_a_visa_beyond_the_century() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.visas, terms.duration) = (ACCEPTED_TERMS, 0);
        IVisaRegistry.Visa memory visa = _accepted();
        visa.expires = FOREVER;
        _submit(_order(_createOffer(hospital, terms)), _shown(visa));
        _deliver(1);
        vm.assertEq(lens.licenseOf(1).expiresAt, type(uint32).max); // 2106
    }

    function test_given_a_visa_that_lapses_before_the_delivery() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.visas, terms.deliveryWindow) = (ACCEPTED_TERMS, 10 days);
        IVisaRegistry.Visa memory visa = _accepted();
        visa.expires = _now() + 1 days;
        _submit(_order(_createOffer(hospital, terms)), _shown(visa));
        _wait(1 days);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_VisaLapsed.selector, 1));
        _deliver(1);
        _refund(stranger, 1);
        _assertOwed(researcher, PRICE);
        vm.assertEq(lens.licenseOf(1).expiresAt, 0);
    }

    function test_given_an_issuer_that_is_trusted_no_more() external {
        uint256 offerId = _needing(ACCEPTED_TERMS);
        IVisaRegistry.SignedVisa[] memory shown = _shown(_accepted());
        IAccessLicense.Order memory order = _order(offerId);
        _submit(order, shown);
        _trust(hospital, issuer, 0);
        _deliver(1);
        vm.assertTrue(licenses.isActive(1));
        vm.expectRevert(
            abi.encodeWithSelector(
                IVisaRegistry.VisaRegistry_UntrustedIssuer.selector,
                issuer,
                IVisaRegistry.VisaType.AcceptedTermsAndPolicies
            )
        );
        order.nonce = 1;
        _submit(order, shown);
    }
}
