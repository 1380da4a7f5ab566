// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseRedeliverTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _redeliver(hospital, 9, ENVELOPE);
    }

    function test_given_a_right_without_a_key() external {
        uint256 licenseId = _grant(_buy(_ofRight(IAccessLicense.Right.Train)));
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessLicense.AccessLicense_NoKeyWithRight.selector, licenseId, IAccessLicense.Right.Train
            )
        );
        _redeliver(hospital, licenseId, ENVELOPE);
    }

    function test_given_another_licensee_or_other_data_with_its_number() external {
        uint256 licenseId = _delivered();
        (bytes32 data, address licensee) = (_dataOf(licenseId), _licenseeOf(licenseId));
        vm.prank(custodian);
        _refusesOther(licenseId);
        licenses.redeliver(licenseId, ENVELOPE, data, stranger);
        vm.prank(custodian);
        _refusesOther(licenseId);
        licenses.redeliver(licenseId, ENVELOPE, "other data", licensee);
    }

    function test_given_an_empty_envelope() external {
        uint256 licenseId = _delivered();
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_EmptyField.selector, "envelope"));
        _redeliver(hospital, licenseId, 0);
    }

    function test_given_neither_owner_nor_custodian() external {
        uint256 licenseId = _delivered();
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotCustodian.selector, dataset, stranger));
        _redeliver(stranger, licenseId, ENVELOPE);
    }

    function test_given_a_version_that_was_withdrawn() external {
        uint256 licenseId = _settled();
        _withdraw(hospital, dataset, 1);
        _refusesWithdrawn(dataset, 1);
        _redeliver(hospital, licenseId, ENVELOPE);
    }

    function test_given_a_licence_that_is_not_active() external {
        uint256[3] memory ids = [_purchased(), _disputed(), _settled()];
        for (uint256 i = 0; i < 3; ++i) {
            if (i == 2) _wait(30 days);
            _refusesInactive(ids[i]);
            _redeliver(hospital, ids[i], ENVELOPE);
        }
    }

    function test_given_a_delivered_or_settled_licence() external {
        uint256[2] memory ids = [_delivered(), _settled()];
        address[2] memory senders = [custodian, hospital];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory before = abi.encode(lens.licenseOf(ids[i]));
            _wait(1 days);
            vm.recordLogs();
            _redeliver(senders[i], ids[i], "another envelope");
            emit IAccessLicense.KeyRedelivered(ids[i], senders[i], "another envelope");
            _saw(address(licenses));
            vm.assertEq(abi.encode(lens.licenseOf(ids[i])), before);
        }
    }
}
