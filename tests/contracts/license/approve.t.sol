// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseApproveTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _review(hospital, 9);
    }

    function test_given_neither_owner_nor_committee() external {
        uint256 licenseId = _inReview();
        uint256 judged = lens.licenseOf(licenseId).datasetId;
        address[3] memory senders = [stranger, custodian, researcher];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesCommittee(judged, senders[i]);
            _review(senders[i], licenseId);
        }
    }

    function test_given_a_licence_that_is_not_in_review() external {
        uint256 licenseId = _purchased();
        _refusesState(licenseId, IAccessLicense.State.Purchased);
        _review(hospital, licenseId);
    }

    function test_given_another_licensee_or_another_purchase_with_its_number() external {
        uint256 licenseId = _inReview();
        uint40 deadline = _stored(licenseId).since;
        IAccessLicense own = IAccessLicense(address(licenses));
        vm.prank(hospital);
        _refusesOther(licenseId);
        own.approve(licenseId, stranger, deadline);
        vm.prank(hospital);
        _refusesOther(licenseId);
        own.approve(licenseId, researcher, deadline + 1);
        _assertState(licenseId, IAccessLicense.State.InReview);
    }

    function test_given_that_the_deadline_has_passed() external {
        uint256 licenseId = _inReview();
        uint40 deadline = lens.licenseOf(licenseId).deadline;
        _wait(2 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TooLate.selector, licenseId, deadline));
        _review(hospital, licenseId);
    }

    function test_given_a_licence_in_review() external {
        uint256 licenseId = _inReview();
        _refusesState(licenseId, IAccessLicense.State.InReview);
        _deliver(hospital, licenseId);
        _wait(1 days);
        vm.recordLogs();
        _review(hospital, licenseId);
        emit IAccessLicense.LicenseApproved(licenseId, hospital);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Purchased);
        vm.assertEq(lens.licenseOf(licenseId).deadline, _now() + 2 days);
        _refusesState(licenseId, IAccessLicense.State.Purchased);
        _review(hospital, licenseId);
        _deliver(hospital, licenseId);
        vm.assertTrue(licenses.isActive(licenseId));
    }

    function test_given_the_committee() external {
        uint256 licenseId = _inReview();
        uint256 judged = lens.licenseOf(licenseId).datasetId;
        vm.prank(hospital);
        datasets.grantRole(judged, IDatasetNFT.Role.Committee, second);
        _refusesCommittee(judged, second);
        _review(second, licenseId);
        vm.prank(second);
        datasets.acceptRole(judged, IDatasetNFT.Role.Committee);
        _review(second, licenseId);
        _assertState(licenseId, IAccessLicense.State.Purchased);
    }
}
