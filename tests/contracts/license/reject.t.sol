// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseRejectTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _reject(hospital, 9);
    }

    function test_given_neither_owner_nor_committee() external {
        uint256 licenseId = _inReview();
        uint256 judged = lens.licenseOf(licenseId).datasetId;
        address[3] memory senders = [stranger, custodian, researcher];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesCommittee(judged, senders[i]);
            _reject(senders[i], licenseId);
        }
    }

    function test_given_a_delivered_or_refunded_licence() external {
        uint256 licenseId = _delivered();
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _reject(hospital, licenseId);
        licenseId = _purchased();
        _wait(2 days + 1);
        _refund(researcher, licenseId);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _reject(hospital, licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_given_a_licence_in_review() external {
        uint256 licenseId = _inReview();
        vm.recordLogs();
        _reject(hospital, licenseId);
        emit IAccessLicense.LicenseRejected(licenseId, hospital, "no");
        _emitRefunded(hospital, licenseId, PRICE);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Rejected);
        vm.assertEq(lens.licenseOf(licenseId).deadline, 0);
        vm.assertEq(lens.licenseOf(licenseId).expiresAt, 0);
        _assertOwed(researcher, PRICE);
        _refusesState(licenseId, IAccessLicense.State.Rejected);
        _reject(hospital, licenseId);
    }

    function test_given_a_purchase_after_its_deadline() external {
        uint256 licenseId = _purchased();
        _wait(2 days + 1);
        _reject(hospital, licenseId);
        _assertState(licenseId, IAccessLicense.State.Rejected);
        _assertOwed(researcher, PRICE);
    }

    function test_given_dollars() external {
        _reject(hospital, _buyForDollars());
        vm.assertEq(licenses.owed(researcher, address(dollar)), DOLLARS);
        _assertOwed(researcher, 0);
    }

    function _reject(address by, uint256 licenseId) private {
        vm.prank(by);
        licenses.reject(licenseId, "no");
    }

    function test_given_the_committee() external {
        uint256 licenseId = _inReview();
        uint256 judged = lens.licenseOf(licenseId).datasetId;
        vm.prank(hospital);
        datasets.grantRole(judged, IDatasetNFT.Role.Committee, second);
        _refusesCommittee(judged, second);
        _reject(second, licenseId);
        vm.prank(second);
        datasets.acceptRole(judged, IDatasetNFT.Role.Committee);
        _reject(second, licenseId);
        _assertState(licenseId, IAccessLicense.State.Rejected);
    }
}
