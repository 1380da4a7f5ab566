// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

contract VisaCheckTest is LicenseScene {
    bytes32 private constant RESOURCE = "a dataset";
    uint256 private constant ID = 7; // nobody asks whether there is such a dataset

    function test_given_nothing_asked_and_nothing_shown() external view {
        (bytes32[] memory ids, uint40 expires) = _check(0, _none());
        vm.assertEq(ids.length, 0);
        vm.assertEq(expires, FOREVER);
    }

    function test_given_a_visa_of_a_type_that_is_not_asked_for() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory bad = _accepted();
        (bad.issuer, bad.subject, bad.expires) = (stranger, stranger, _now() - 1);
        bytes32 asked = visas.idOf(issuer, visas.hashOf(_status()));
        IVisaRegistry.SignedVisa[] memory shown = _shown(bad, _status());
        shown[0].signature = "none";
        (bytes32[] memory ids, uint40 expires) = _check(RESEARCHER, shown);
        vm.assertEq(ids.length, 1);
        vm.assertEq(ids[0], asked);
        vm.assertEq(expires, _status().expires);
        (ids, expires) = _check(0, shown);
        vm.assertEq(ids.length, 0);
        vm.assertEq(expires, FOREVER);
        _refusesMissing(GRANT, GRANT | RESEARCHER, shown);
    }

    function test_given_two_visas_of_one_type() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory other = _status();
        other.expires += 1 days;
        (bytes32[] memory ids, uint40 expires) = _check(RESEARCHER, _shown(_status(), other));
        vm.assertEq(ids.length, 1);
        vm.assertEq(ids[0], visas.idOf(issuer, visas.hashOf(_status())));
        vm.assertEq(expires, _status().expires);
        (other.issuer, other.expires) = (stranger, _status().expires);
        _check(RESEARCHER, _shown(_status(), other));
        _refusesIssuer(stranger, IVisaRegistry.VisaType.ResearcherStatus, RESEARCHER, _shown(other, _status()));
        _refusesMissing(ACCEPTED_TERMS, RESEARCHER | ACCEPTED_TERMS, _shown(_status(), _status()));
    }

    function test_given_more_visas_than_are_looked_at() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.SignedVisa[] memory shown = new IVisaRegistry.SignedVisa[](17);
        for (uint256 i = 0; i < 17; ++i) {
            shown[i] = _signedBy(issuer, _status());
        }
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_TooMany.selector, 17, 16));
        _check(RESEARCHER, shown);
        assembly ("memory-safe") {
            mstore(shown, 16)
        }
        _check(RESEARCHER, shown);
    }

    function test_given_fewer_than_are_asked_for() external {
        _trust(hospital, issuer, 15);
        _refusesMissing(RESEARCHER, RESEARCHER, _none());
        _refusesMissing(AFFILIATION | GRANT, AFFILIATION | RESEARCHER | GRANT, _shown(_status()));
    }

    function test_given_another_subject() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory visa = _status();
        visa.subject = stranger;
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_WrongSubject.selector, stranger, researcher));
        _check(RESEARCHER, shown);
    }

    function test_given_an_issuer_whom_the_owner_does_not_trust_for_the_type() external {
        _trust(second, issuer, 15); // of another owner: it says nothing here
        _refusesIssuer(issuer, IVisaRegistry.VisaType.ResearcherStatus, RESEARCHER, _shown(_status()));
        _trust(hospital, issuer, 15 ^ RESEARCHER);
        _refusesIssuer(issuer, IVisaRegistry.VisaType.ResearcherStatus, RESEARCHER, _shown(_status()));
    }

    function test_given_an_issuer_whom_the_owner_trusts_for_the_dataset() external {
        _trustFor(hospital, ID + 1, issuer, 15);
        _refusesIssuer(issuer, IVisaRegistry.VisaType.ResearcherStatus, RESEARCHER, _shown(_status()));
        _trustFor(hospital, ID, issuer, 15 ^ RESEARCHER);
        _refusesIssuer(issuer, IVisaRegistry.VisaType.ResearcherStatus, RESEARCHER, _shown(_status()));
        _trustFor(hospital, ID, issuer, RESEARCHER);
        _check(RESEARCHER, _shown(_status()));
        _trustFor(hospital, ID, issuer, 0);
        _refusesIssuer(issuer, IVisaRegistry.VisaType.ResearcherStatus, RESEARCHER, _shown(_status()));
        _trust(hospital, issuer, RESEARCHER);
        _check(RESEARCHER, _shown(_status()));
    }

    function test_given_a_dataset_of_another_owner_than_who_trusts() external {
        _trustFor(second, ID, issuer, 15); // such as an owner of before
        _refusesIssuer(issuer, IVisaRegistry.VisaType.ResearcherStatus, RESEARCHER, _shown(_status()));
    }

    function test_given_a_value_that_the_owner_requires_for_the_dataset() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory visa = _accepted();
        visa.value = "here";
        vm.prank(hospital);
        visas.requireValue(visa.visaType, "everywhere");
        vm.prank(hospital);
        visas.requireValueFor(ID, visa.visaType, "here");
        vm.prank(hospital);
        visas.requireValueFor(ID + 1, visa.visaType, "there");
        _check(ACCEPTED_TERMS, _shown(visa));
        visa.value = "everywhere";
        _refusesValue(visa, "here", RESOURCE);
        vm.prank(hospital);
        visas.requireValueFor(ID, visa.visaType, 0);
        _check(ACCEPTED_TERMS, _shown(visa));
        visa.value = "here";
        _refusesValue(visa, "everywhere", RESOURCE);
    }

    function test_given_another_value_than_the_owner_requires() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory visa = _accepted();
        _check(ACCEPTED_TERMS, _shown(visa));
        bytes32 required = "terms of use, 2nd edition";
        vm.prank(hospital);
        visas.requireValue(IVisaRegistry.VisaType.AcceptedTermsAndPolicies, required);
        _refusesValue(visa, required, RESOURCE);
        visa.value = required;
        _check(ACCEPTED_TERMS, _shown(visa));
    }

    function test_given_a_grant_for_another_dataset() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory grant = _visa(IVisaRegistry.VisaType.ControlledAccessGrants);
        grant.value = RESOURCE;
        _check(GRANT, _shown(grant));
        _refusesValue(grant, "another dataset", "another dataset");
        _refusesValue(grant, 0, 0);
    }

    function test_given_a_visa_asserted_in_the_future() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory visa = _status();
        visa.asserted = _now() + 1;
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_NotYetValid.selector, visa.asserted));
        _check(RESEARCHER, shown);
        _wait(1);
        _check(RESEARCHER, shown);
    }

    function test_given_an_expired_one() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory visa = _status();
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        _wait(60 days - 1);
        _check(RESEARCHER, shown);
        _wait(1);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Expired.selector, visa.expires));
        _check(RESEARCHER, shown);
    }

    function test_given_a_revoked_one() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory visa = _status();
        _revokeVisa(visa);
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        bytes32 visaHash = visas.hashOf(visa);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Revoked.selector, issuer, visaHash));
        _check(RESEARCHER, shown);
    }

    function test_given_anothers_signature_or_another_visa_than_was_signed() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.Visa memory visa = _status();
        _refusesSignature(_signedBy(researcher, visa));
        _refusesSignature(IVisaRegistry.SignedVisa(visa, ""));
        IVisaRegistry.SignedVisa memory signed = _signedBy(issuer, visa);
        _refusesSignature(IVisaRegistry.SignedVisa(visa, abi.encodePacked(bytes32(signed.signature), bytes32(0))));
        visa.expires += 1 days;
        _refusesSignature(IVisaRegistry.SignedVisa(visa, signed.signature));
    }

    /// @dev A registration authority and the owner of the terms are two, and each is believed its own alone.
    function test_given_registered_access() external {
        uint8 both = visas.REGISTERED_ACCESS();
        vm.assertEq(both, RESEARCHER | ACCEPTED_TERMS);
        _trust(hospital, issuer, RESEARCHER);
        _trust(hospital, aggregator, ACCEPTED_TERMS);
        IVisaRegistry.Visa memory status = _status();
        IVisaRegistry.Visa memory terms = _accepted();
        _refusesIssuer(issuer, IVisaRegistry.VisaType.AcceptedTermsAndPolicies, both, _shown(status, terms));
        (terms.issuer, terms.expires) = (aggregator, status.expires - 1 days);
        _refusesMissing(ACCEPTED_TERMS, both, _shown(status));
        _refusesMissing(RESEARCHER, both, _shown(terms));
        (bytes32[] memory ids, uint40 expires) = _check(both, _shown(status, terms));
        vm.assertEq(ids.length, 2);
        vm.assertEq(ids[0], visas.idOf(issuer, visas.hashOf(status)));
        vm.assertEq(ids[1], visas.idOf(aggregator, visas.hashOf(terms)));
        vm.assertEq(expires, terms.expires);
    }

    function test_given_all_types() external {
        _trust(hospital, issuer, 15);
        IVisaRegistry.SignedVisa[] memory shown = new IVisaRegistry.SignedVisa[](4);
        for (uint8 t = 0; t < 4; ++t) {
            IVisaRegistry.Visa memory visa = _visa(IVisaRegistry.VisaType(t));
            visa.value = RESOURCE;
            shown[t] = _signedBy(issuer, visa);
        }
        (bytes32[] memory ids,) = _check(15, shown);
        vm.assertEq(ids.length, 4);
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertEq(ids[i], visas.idOf(issuer, visas.hashOf(shown[i].visa)));
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(ids[i] != ids[j]);
            }
        }
    }

    function test_given_a_contract_as_issuer() external {
        _trust(hospital, address(wallet), RESEARCHER);
        IVisaRegistry.Visa memory visa = _status();
        visa.issuer = address(wallet);
        _refusesSignature(_signedBy(researcher, visa));
        (bytes32[] memory ids,) = _check(RESEARCHER, _shown(_signedBy(stranger, visa)));
        vm.assertEq(ids[0], visas.idOf(address(wallet), visas.hashOf(visa)));
    }

    function test_given_two_visas_that_differ_in_one_field() external view {
        IVisaRegistry.Visa memory visa = _accepted();
        bytes32[7] memory hashes;
        hashes[0] = visas.hashOf(visa);
        for (uint256 i = 1; i < 7; ++i) {
            IVisaRegistry.Visa memory changed = _accepted();
            if (i == 1) changed.subject = stranger;
            if (i == 2) changed.visaType = IVisaRegistry.VisaType.ResearcherStatus;
            if (i == 3) changed.value = "v";
            if (i == 4) changed.issuer = stranger;
            if (i == 5) changed.asserted += 1;
            if (i == 6) changed.expires += 1;
            hashes[i] = visas.hashOf(changed);
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(hashes[i] != hashes[j]);
            }
        }
    }

    function _check(uint8 types, IVisaRegistry.SignedVisa[] memory shown)
        private
        view
        returns (bytes32[] memory ids, uint40 expires)
    {
        return visas.check(_question(RESOURCE, types), shown);
    }

    function _question(bytes32 grant, uint8 types) private view returns (IVisaRegistry.Question memory) {
        return IVisaRegistry.Question(hospital, ID, grant, researcher, types);
    }

    function _trustFor(address owner, uint256 datasetId, address trusted, uint8 types) private {
        vm.prank(owner);
        visas.trustFor(datasetId, trusted, types);
    }

    function _refusesMissing(uint8 missing, uint8 types, IVisaRegistry.SignedVisa[] memory shown) private {
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_Missing.selector, missing));
        _check(types, shown);
    }

    function _refusesIssuer(
        address by,
        IVisaRegistry.VisaType visaType,
        uint8 types,
        IVisaRegistry.SignedVisa[] memory shown
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_UntrustedIssuer.selector, by, visaType));
        _check(types, shown);
    }

    function _refusesValue(IVisaRegistry.Visa memory visa, bytes32 required, bytes32 resource) private {
        IVisaRegistry.SignedVisa[] memory shown = _shown(visa);
        vm.expectRevert(
            abi.encodeWithSelector(IVisaRegistry.VisaRegistry_WrongValue.selector, visa.visaType, visa.value, required)
        );
        visas.check(_question(resource, uint8(1 << uint8(visa.visaType))), shown);
    }

    function _refusesSignature(IVisaRegistry.SignedVisa memory signed) private {
        bytes32 visaHash = visas.hashOf(signed.visa);
        vm.expectRevert(
            abi.encodeWithSelector(IVisaRegistry.VisaRegistry_BadSignature.selector, signed.visa.issuer, visaHash)
        );
        _check(RESEARCHER, _shown(signed));
    }
}
