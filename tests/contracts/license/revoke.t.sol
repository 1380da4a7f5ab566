// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseRevokeTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _revoke(hospital, 9, 0);
    }

    function test_given_another_sender_than_the_datasets_owner() external {
        uint256 licenseId = _settled();
        address[3] memory senders = [custodian, researcher, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesOwner(dataset, senders[i]);
            _revoke(senders[i], licenseId, 0);
        }
    }

    function test_given_an_undelivered_or_refunded_licence() external {
        uint256 licenseId = _purchased();
        _refusesState(licenseId, IAccessLicense.State.Purchased);
        _revoke(hospital, licenseId, 0);
        _wait(2 days + 1);
        _refund(researcher, licenseId);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _revoke(hospital, licenseId, 0);
    }

    function test_given_a_delivered_licence() external {
        uint256 licenseId = _delivered();
        _refusesPrice(1, 0);
        _revoke(hospital, licenseId, 1);
        vm.recordLogs();
        _revoke(hospital, licenseId, 0);
        emit IAccessLicense.LicenseRevoked(licenseId, "misuse");
        emit IAccessLicense.LicenseRefunded(licenseId, PRICE);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Revoked);
        _assertOwed(researcher, PRICE);
        vm.assertFalse(_hasDownload(researcher));
    }

    function test_given_a_disputed_licence() external {
        _revoke(hospital, _disputed(), 0);
        _assertOwed(researcher, PRICE);
        _assertOwed(hospital, 0);
    }

    function test_given_a_delivered_licence_with_proRata() external {
        uint256 licenseId = _deliver(_buy(_ofParts(PRICE, 30 days, 0)));
        _wait(1 days);
        vm.assertEq(licenses.refundDue(licenseId), 0); // of the owner's: it has got nothing yet
        _revoke(hospital, licenseId, 0);
        _assertOwed(researcher, PRICE);
    }

    function test_given_a_settled_licence_without_proRata() external {
        uint256 licenseId = _settled();
        vm.assertEq(licenses.refundDue(licenseId), 0);
        _refusesPrice(1, 0);
        _revoke(hospital, licenseId, 1);
        vm.recordLogs();
        _revoke(hospital, licenseId, 0);
        emit IAccessLicense.LicenseRevoked(licenseId, "misuse");
        _saw(address(licenses));
        _assertOwed(hospital, PRICE);
        _assertOwed(researcher, 0);
        vm.assertFalse(licenses.isActive(licenseId));
        _refusesState(licenseId, IAccessLicense.State.Revoked);
        _revoke(hospital, licenseId, 0);
    }

    function test_given_a_settled_licence_with_proRata_by_time() external {
        uint256 licenseId = _settle(_buy(_ofParts(PRICE, 30 days, 0)));
        vm.assertTrue(licenses.licenseOf(licenseId).proRata);
        _wait(10 days);
        uint256 due = uint256(PRICE) * 2 / 3 + 1;
        vm.assertEq(licenses.refundDue(licenseId), due);
        uint256 sent = due + 1e15;
        vm.recordLogs();
        _revoke(hospital, licenseId, sent);
        emit IAccessLicense.LicenseRevoked(licenseId, "misuse");
        emit IAccessLicense.LicenseRefunded(licenseId, due);
        _saw(address(licenses));
        _assertOwed(researcher, due);
        _assertOwed(hospital, PRICE + sent - due); // the surplus is the owner's again
        vm.assertEq(address(licenses).balance, PRICE + sent);
        vm.assertEq(licenses.refundDue(licenseId), 0);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    function test_given_a_settled_licence_with_proRata_by_uses() external {
        uint128[5] memory prices = [PRICE, 10, 9, 1, 0];
        uint256[5] memory dues = [uint256(PRICE) * 2 / 3 + 1, 7, 6, 1, 0];
        (uint256 owners, uint256 buyers) = (0, 0);
        for (uint256 i = 0; i < 5; ++i) {
            uint256 licenseId = _settle(_buy(_ofParts(prices[i], 0, 3)));
            _consume(researcher, licenseId);
            vm.assertEq(licenses.refundDue(licenseId), dues[i]);
            vm.recordLogs();
            _revoke(hospital, licenseId, dues[i]);
            emit IAccessLicense.LicenseRevoked(licenseId, "misuse");
            if (dues[i] != 0) emit IAccessLicense.LicenseRefunded(licenseId, dues[i]);
            _saw(address(licenses));
            (owners, buyers) = (owners + prices[i], buyers + dues[i]);
            _assertOwed(hospital, owners);
            _assertOwed(researcher, buyers);
        }
    }

    function test_given_too_little() external {
        uint256 licenseId = _settle(_buy(_ofParts(PRICE, 0, 4)));
        _consume(researcher, licenseId);
        uint256 due = uint256(PRICE) * 3 / 4;
        _refusesPrice(0, due);
        _revoke(hospital, licenseId, 0);
        _refusesPrice(due - 1, due);
        _revoke(hospital, licenseId, due - 1);
        vm.assertTrue(licenses.isActive(licenseId));
    }

    function test_given_time_and_uses() external {
        uint256 licenseId = _settle(_buy(_ofParts(PRICE, 30 days, 10)));
        vm.assertEq(licenses.refundDue(licenseId), PRICE);
        _wait(3 days);
        vm.assertEq(licenses.refundDue(licenseId), uint256(PRICE) * 27 / 30); // of time a little is gone
        for (uint256 i = 0; i < 5; ++i) {
            _consume(researcher, licenseId);
        }
        vm.assertEq(licenses.refundDue(licenseId), PRICE / 2); // by uses
        _wait(17 days);
        vm.assertEq(licenses.refundDue(licenseId), uint256(PRICE) / 3 + 1); // by time
    }

    function test_given_that_the_licence_has_ended() external {
        uint256 licenseId = _settle(_buy(_ofParts(PRICE, 30 days, 3)));
        _wait(30 days);
        vm.assertEq(licenses.refundDue(licenseId), 0);
        vm.recordLogs();
        _revoke(hospital, licenseId, 0);
        emit IAccessLicense.LicenseRevoked(licenseId, "misuse");
        _saw(address(licenses));
        _assertOwed(researcher, 0);
    }

    function test_given_dollars() external {
        uint256 licenseId = _halfUsed();
        _approve(hospital, DOLLARS);
        uint256 before = dollar.balanceOf(hospital);
        vm.recordLogs();
        _revoke(hospital, licenseId, 0);
        emit IAccessLicense.LicenseRevoked(licenseId, "misuse");
        emit IAccessLicense.LicenseRefunded(licenseId, DOLLARS / 2);
        emit IERC20.Transfer(hospital, address(licenses), DOLLARS / 2);
        _saw(address(licenses), address(dollar));
        vm.assertEq(licenses.owed(researcher, address(dollar)), DOLLARS / 2);
        vm.assertEq(licenses.owed(hospital, address(dollar)), DOLLARS);
        vm.assertEq(dollar.balanceOf(hospital), before - DOLLARS / 2);
        vm.assertEq(dollar.balanceOf(address(licenses)), DOLLARS + DOLLARS / 2);
    }

    function test_given_dollars_without_an_allowance() external {
        uint256 licenseId = _halfUsed();
        _refusesAllowance(0, DOLLARS / 2);
        _revoke(hospital, licenseId, 0);
        vm.assertTrue(licenses.isActive(licenseId));
    }

    function test_given_ETH_for_dollars() external {
        uint256 licenseId = _halfUsed();
        _approve(hospital, DOLLARS);
        _refusesPrice(1, 0);
        _revoke(hospital, licenseId, 1);
    }

    /// @dev A settled licence for dollars, of which the owner would pay back half.
    function _halfUsed() private returns (uint256 licenseId) {
        IAccessLicense.Offer memory terms = _dollarTerms();
        (terms.duration, terms.uses, terms.proRata) = (0, 2, true);
        _approve(researcher, DOLLARS);
        licenseId = _settle(_buy(_createOffer(hospital, terms)));
        _consume(researcher, licenseId);
    }
}
