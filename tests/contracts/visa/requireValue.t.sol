// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

contract VisaRequireValueTest is LicenseScene {
    function test_given_grants() external {
        vm.prank(hospital);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_GrantIsFixed.selector));
        visas.requireValue(IVisaRegistry.VisaType.ControlledAccessGrants, "mine");
        vm.prank(hospital);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_GrantIsFixed.selector));
        visas.requireValueFor(9, IVisaRegistry.VisaType.ControlledAccessGrants, "mine");
    }

    function test_given_another_type() external {
        bytes32[2] memory values = [bytes32("terms of use"), 0];
        for (uint8 t = 0; t < 3; ++t) {
            IVisaRegistry.VisaType visaType = IVisaRegistry.VisaType(t);
            for (uint256 i = 0; i < values.length; ++i) {
                vm.recordLogs();
                vm.prank(hospital);
                visas.requireValue(visaType, values[i]);
                emit IVisaRegistry.ValueRequired(hospital, 0, visaType, values[i]);
                _saw(address(visas));
                vm.assertEq(visas.requiredValue(hospital, 0, visaType), values[i]);
                vm.assertEq(visas.requiredValue(second, 0, visaType), 0);
            }
        }
    }

    function test_given_a_dataset() external {
        IVisaRegistry.VisaType visaType = IVisaRegistry.VisaType.ResearcherStatus;
        vm.recordLogs();
        vm.prank(hospital);
        visas.requireValueFor(9, visaType, "here");
        emit IVisaRegistry.ValueRequired(hospital, 9, visaType, "here");
        _saw(address(visas));
        vm.assertEq(visas.requiredValue(hospital, 9, visaType), "here");
        vm.assertEq(visas.requiredValue(hospital, 0, visaType), 0);
        vm.assertEq(visas.requiredValue(second, 9, visaType), 0);
        vm.prank(hospital);
        vm.expectRevert(abi.encodeWithSelector(IVisaRegistry.VisaRegistry_NoDataset.selector));
        visas.requireValueFor(0, visaType, "all");
    }
}
