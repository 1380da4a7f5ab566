// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseConsumeTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _consume(researcher, 9);
    }

    function test_given_neither_licensee_nor_owner_nor_custodian() external {
        uint256 licenseId = _settled();
        address[2] memory senders = [stranger, arbiter];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesLicensee(licenseId, senders[i]);
            _consume(senders[i], licenseId);
        }
    }

    function test_given_a_licence_that_is_not_delivered_or_disputed_or_ended() external {
        uint256[3] memory ids = [_purchased(), _disputed(), _settled()];
        _wait(30 days);
        for (uint256 i = 0; i < 3; ++i) {
            _refusesInactive(ids[i]);
            _consume(researcher, ids[i]);
        }
    }

    function test_given_a_licence_that_is_just_bought_or_disputed() external {
        uint256[2] memory ids = [_purchased(), _disputed()];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesInactive(ids[i]);
            _consume(researcher, ids[i]);
        }
    }

    function test_given_counted_uses() external {
        uint256 licenseId = _deliver(_buy(_ofLength(30 days, 3)));
        address[3] memory senders = [researcher, hospital, custodian];
        for (uint32 i = 0; i < 3; ++i) {
            vm.recordLogs();
            _consume(senders[i], licenseId);
            emit IAccessLicense.LicenseConsumed(licenseId, 2 - i);
            _saw(address(licenses));
            vm.assertEq(licenses.licenseOf(licenseId).usesLeft, 2 - i);
        }
        vm.assertFalse(_hasDownload(researcher));
        _refusesInactive(licenseId);
        _consume(researcher, licenseId);
    }

    function test_given_uncounted_uses() external {
        uint256 licenseId = _settled();
        vm.recordLogs();
        _consume(researcher, licenseId);
        emit IAccessLicense.LicenseConsumed(licenseId, UNCOUNTED);
        _saw(address(licenses));
        vm.assertEq(licenses.licenseOf(licenseId).usesLeft, UNCOUNTED);
    }

    function test_given_training_on_a_version_that_was_withdrawn() external {
        uint256 download = _settled();
        uint256 training = _deliver(_buy(_ofRight(IAccessLicense.Right.Train)));
        _consume(researcher, training);
        _withdraw(hospital, dataset, 1);
        _refusesInactive(training);
        _consume(researcher, training);
        _refusesInactive(training);
        _consume(hospital, training);
        _consume(researcher, download);
    }
}
