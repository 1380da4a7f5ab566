// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseDeliverTest is LicenseScene {
    function test_given_a_licence_that_is_not_purchased() external {
        uint256 licenseId = _delivered();
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _deliver(licenseId);
        _refusesUnknown(99);
        _deliver(99);
    }

    function test_given_that_the_deadline_has_passed() external {
        uint256 licenseId = _purchased();
        uint40 deadline = lens.licenseOf(licenseId).deadline;
        _wait(2 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TooLate.selector, licenseId, deadline));
        _deliver(licenseId);
    }

    function test_given_another_licensee_or_other_data_with_its_number() external {
        uint256 licenseId = _purchased();
        (bytes32 data, address licensee) = (_dataOf(licenseId), _licenseeOf(licenseId));
        vm.prank(custodian);
        _refusesOther(licenseId);
        licenses.deliver(uint48(licenseId), ENVELOPE, data, stranger);
        vm.prank(custodian);
        _refusesOther(licenseId);
        licenses.deliver(uint48(licenseId), ENVELOPE, "other data", licensee);
        _assertState(licenseId, IAccessLicense.State.Purchased);
    }

    function test_given_an_empty_envelope() external {
        uint256 licenseId = _purchased();
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_EmptyField.selector, "envelope"));
        _deliver(custodian, licenseId, 0);
    }

    function test_given_neither_owner_nor_custodian() external {
        uint256 licenseId = _purchased();
        address[3] memory senders = [researcher, stranger, arbiter];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAccessLicense.AccessLicense_NotCustodian.selector, dataset, senders[i])
            );
            _deliver(senders[i], licenseId);
        }
    }

    function test_given_a_version_that_was_withdrawn() external {
        uint256 licenseId = _purchased();
        _withdraw(hospital, dataset, 1);
        _refusesWithdrawn(dataset, 1);
        _deliver(hospital, licenseId);
    }

    function test_given_a_visa_that_lapsed() external {
        IVisaRegistry.Visa memory visa = _status();
        uint256 licenseId = _buyWithVisa(visa);
        _revokeVisa(visa);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_VisaLapsed.selector, licenseId));
        _deliver(licenseId);
    }

    function test_given_owner_or_custodian() external {
        address[2] memory senders = [hospital, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 licenseId = _purchased();
            vm.recordLogs();
            _deliver(senders[i], licenseId);
            emit IAccessLicense.LicenseDelivered(licenseId, senders[i], ENVELOPE);
            _saw(address(licenses));
            ILicenseLens.License memory got = lens.licenseOf(licenseId);
            _assertState(licenseId, IAccessLicense.State.Delivered);
            vm.assertEq(got.deadline, _now() + 3 days);
            vm.assertEq(got.expiresAt, _now() + 30 days);
            vm.assertEq(lens.licenseOf(licenseId).expiresAt, _now() + 30 days);
            vm.assertTrue(licenses.isActive(licenseId));
        }
    }

    function test_given_no_duration() external {
        vm.assertEq(lens.licenseOf(_deliver(_buy(_ofLength(0, 0)))).expiresAt, FOREVER);
    }

    function test_given_a_newer_version() external {
        uint256 licenseId = _purchased();
        string memory uri = datasets.tokenURI(dataset);
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        _deliver(licenseId);
        vm.assertEq(lens.licenseOf(licenseId).version, 1);
        vm.assertEq(licenses.tokenURI(licenseId), uri);
    }

    function test_given_training_or_inference() external {
        for (uint256 i = 2; i < 4; ++i) {
            IAccessLicense.Right right = IAccessLicense.Right(i);
            uint256 licenseId = _buy(_ofRight(right));
            vm.expectRevert(
                abi.encodeWithSelector(IAccessLicense.AccessLicense_NoKeyWithRight.selector, licenseId, right)
            );
            _deliver(licenseId);
            vm.recordLogs();
            _grant(licenseId);
            emit IAccessLicense.LicenseDelivered(licenseId, custodian, 0);
            _saw(address(licenses));
            vm.assertTrue(licenses.isActive(licenseId));
        }
    }
}
