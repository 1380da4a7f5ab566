// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseRevokeTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _revoke(hospital, 9);
    }

    function test_given_another_sender_than_the_datasets_owner() external {
        uint256 licenseId = _settled();
        address[3] memory senders = [custodian, researcher, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesOwner(dataset, senders[i]);
            _revoke(senders[i], licenseId);
        }
    }

    function test_given_another_licensee_with_its_number() external {
        uint256 licenseId = _settled();
        vm.prank(hospital);
        _refusesOther(licenseId);
        licenses.revoke(licenseId, "misuse", stranger);
        vm.assertTrue(licenses.isActive(licenseId));
    }

    function test_given_an_undelivered_or_refunded_licence() external {
        uint256 licenseId = _purchased();
        _refusesState(licenseId, IAccessLicense.State.Purchased);
        _revoke(hospital, licenseId);
        _wait(2 days + 1);
        _refund(researcher, licenseId);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _revoke(hospital, licenseId);
    }

    function test_given_a_delivered_licence() external {
        uint256 licenseId = _delivered();
        vm.recordLogs();
        _revoke(hospital, licenseId);
        emit IAccessLicense.LicenseRevoked(licenseId, hospital, "misuse");
        _emitRefunded(hospital, licenseId, PRICE);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Revoked);
        _assertOwed(researcher, PRICE);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    function test_given_a_disputed_licence() external {
        _revoke(hospital, _disputed());
        _assertOwed(researcher, PRICE);
        _assertOwed(hospital, 0);
    }

    function test_given_a_delivered_licence_with_proRata() external {
        uint256 licenseId = _grant(_buy(_createOffer(hospital, _proRata())));
        _wait(1 days);
        _assertShares(licenseId, 0, 0); // all of it is in escrow
        _revoke(hospital, licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_given_a_settled_licence_without_proRata() external {
        uint256 licenseId = _settled();
        _assertShares(licenseId, 0, 0);
        vm.recordLogs();
        _revoke(hospital, licenseId);
        emit IAccessLicense.LicenseRevoked(licenseId, hospital, "misuse");
        emit IERC721.Transfer(researcher, address(0), licenseId);
        _saw(address(licenses));
        _assertOwed(hospital, PRICE);
        _assertOwed(researcher, 0);
        vm.assertFalse(licenses.isActive(licenseId));
        _refusesState(licenseId, IAccessLicense.State.Revoked);
        _revoke(hospital, licenseId);
    }

    function test_given_a_settled_licence_with_proRata() external {
        uint256 licenseId = _soldProRata();
        _wait(10 days);
        uint256 earned = uint256(PRICE) / 3;
        _assertShares(licenseId, earned, PRICE - earned);
        vm.recordLogs();
        _revoke(hospital, licenseId);
        emit IAccessLicense.LicenseRevoked(licenseId, hospital, "misuse");
        emit IERC721.Transfer(researcher, address(0), licenseId);
        emit IAccessLicense.LicenseEarned(licenseId, hospital, hospital, earned, address(0), 0);
        emit IAccessLicense.LicenseRefunded(licenseId, hospital, researcher, PRICE - earned);
        _saw(address(licenses));
        _assertOwed(hospital, earned);
        _assertOwed(researcher, PRICE - earned);
        vm.assertEq(address(licenses).balance, PRICE);
        _assertShares(licenseId, 0, 0);
    }

    function test_given_that_part_of_it_was_claimed() external {
        uint256 licenseId = _soldProRata();
        _wait(10 days);
        licenses.claimEarned(licenseId);
        _wait(5 days);
        _revoke(hospital, licenseId);
        _assertOwed(hospital, PRICE / 2);
        _assertOwed(researcher, PRICE / 2);
    }

    function test_given_that_the_licence_has_ended() external {
        uint256 licenseId = _soldProRata();
        _wait(31 days);
        _assertShares(licenseId, PRICE, 0);
        _revoke(hospital, licenseId);
        _assertOwed(hospital, PRICE);
        _assertOwed(researcher, 0);
    }

    function test_given_that_its_visa_was_revoked_before() external {
        IVisaRegistry.Visa memory visa = _status();
        _trust(hospital, issuer, RESEARCHER);
        _registerKey(researcher);
        IAccessLicense.Offer memory terms = _proRata();
        terms.visas = RESEARCHER;
        _submit(_order(_createOffer(hospital, terms)), _shown(visa));
        _confirm(_grant(1));
        _wait(3 days);
        _revokeVisa(visa);
        _wait(10 days); // of which nothing is earned
        _revoke(hospital, 1);
        _assertOwed(hospital, PRICE / 10);
        _assertOwed(researcher, PRICE - PRICE / 10);
    }

    function test_given_dollars() external {
        IAccessLicense.Offer memory terms = _proRata();
        (terms.price, terms.currency) = (DOLLARS, address(dollar));
        _approve(researcher, DOLLARS);
        uint256 licenseId = _grant(_buy(_createOffer(hospital, terms)));
        _confirm(licenseId);
        _wait(15 days);
        _revoke(hospital, licenseId);
        vm.assertEq(licenses.owed(researcher, address(dollar)), DOLLARS / 2);
        vm.assertEq(licenses.owed(hospital, address(dollar)), DOLLARS / 2);
        vm.assertEq(dollar.balanceOf(address(licenses)), DOLLARS);
    }

    function _assertShares(uint256 licenseId, uint256 toOwner, uint256 toLicensee) private view {
        (uint256 owners, uint256 licensees) = licenses.sharesOf(licenseId);
        vm.assertEq(owners, toOwner);
        vm.assertEq(licensees, toLicensee);
    }
}
