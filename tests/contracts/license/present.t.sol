// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicensePresentTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        licenses.present(9);
    }

    function test_given_a_licence_that_is_not_active() external {
        uint256 licenseId = _purchased();
        _refusesInactive(licenseId);
        licenses.present(licenseId);
    }

    function test_given_that_the_licence_looked_at_has_ended() external {
        (uint256 longer, uint256 shorter) = _two();
        _revoke(hospital, longer, 0);
        vm.assertFalse(_hasDownload(researcher));
        vm.prank(stranger);
        licenses.present(shorter);
        vm.assertTrue(_hasDownload(researcher));
        _refusesInactive(longer);
        licenses.present(longer);
    }

    function test_given_that_the_licence_looked_at_lasts_longer() external {
        (, uint256 shorter) = _two();
        vm.prank(researcher);
        licenses.present(shorter);
        _wait(1 days + 1);
        vm.assertTrue(_hasDownload(researcher));
    }

    function test_given_other_rights_or_other_licensees() external {
        _deliver(_buy(_ofRight(IAccessLicense.Right.Train)));
        _deliver(_buy(stranger, _ofRight(IAccessLicense.Right.Infer), HMB));
        _assertRights(researcher, false, true, false);
        _assertRights(stranger, false, false, true);
    }

    function test_given_a_second_delivery() external {
        uint256 first = _settled();
        uint256 later = _purchased();
        vm.assertTrue(_hasDownload(researcher));
        _wait(1 days);
        _deliver(later);
        _wait(29 days);
        vm.assertFalse(licenses.isActive(first));
        vm.assertTrue(_hasDownload(researcher));
    }

    function _two() private returns (uint256 longer, uint256 shorter) {
        longer = _deliver(_buy(_ofLength(0, 0)));
        shorter = _deliver(_buy(_ofLength(1 days, 0)));
    }

    function _assertRights(address account, bool download, bool train, bool infer) private view {
        vm.assertEq(licenses.hasAccess(dataset, account, IAccessLicense.Right.Download), download);
        vm.assertEq(licenses.hasAccess(dataset, account, IAccessLicense.Right.Train), train);
        vm.assertEq(licenses.hasAccess(dataset, account, IAccessLicense.Right.Infer), infer);
    }
}
