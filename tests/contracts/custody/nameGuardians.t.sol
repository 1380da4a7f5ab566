// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IGuardedCustody} from "../../../contracts/interfaces/IGuardedCustody.sol";
import {vm} from "../Vm.sol";
import {CustodyScene} from "./CustodyScene.sol";

contract CustodyNameGuardiansTest is CustodyScene {
    function test_given_somebody_who_does_not_own_the_dataset() external {
        address[4] memory others = [custodian, worker, researcher, address(custody)];
        for (uint256 i = 0; i < 4; ++i) {
            _refusesOwner(others[i]);
            _name(others[i], dataset, 1, _guardians());
        }
        _transfer(hospital, second, dataset);
        _refusesOwner(hospital);
        _name(hospital, dataset, 1, _guardians());
    }

    function test_given_more_guardians_than_are_allowed() external {
        vm.expectRevert(abi.encodeWithSelector(IGuardedCustody.GuardedCustody_TooMany.selector, 33, 32));
        _name(hospital, dataset, 1, _many(33));
    }

    function test_given_a_threshold_of_less_than_two_or_of_more_than_there_are() external {
        uint8[4] memory wrong = [0, 1, 4, 255];
        for (uint256 i = 0; i < 4; ++i) {
            IGuardedCustody.Guardians memory guardians = _guardians();
            guardians.threshold = wrong[i];
            vm.expectRevert(
                abi.encodeWithSelector(IGuardedCustody.GuardedCustody_BadThreshold.selector, wrong[i], 2, 3)
            );
            _name(hospital, dataset, 1, guardians);
        }
    }

    function test_given_a_guardian_twice_nobody_or_guardians_out_of_order() external {
        IGuardedCustody.Guardians memory guardians = _guardians();
        guardians.accounts[1] = guardians.accounts[0];
        _refusesOrder(guardians, guardians.accounts[0]);
        guardians = _guardians();
        guardians.accounts[0] = address(0);
        _refusesOrder(guardians, address(0));
        guardians = _guardians();
        (guardians.accounts[0], guardians.accounts[1]) = (guardians.accounts[1], guardians.accounts[0]);
        _refusesOrder(guardians, guardians.accounts[1]);
    }

    function test_given_that_the_role_was_not_proposed() external {
        uint256 other = _publish(hospital, _publication("other", TERMS));
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetNFT.DatasetNFT_NotProposed.selector, other, CUSTODIAN, address(custody))
        );
        _name(hospital, other, 1, _guardians());
        _refusesGuardians(other, 1);
        custody.setOf(other, 1, _guardians());
    }

    function test_given_the_owner_and_the_role_proposed() external {
        uint256 other = _publish(hospital, _publication("other", TERMS));
        _propose(hospital, other);
        IGuardedCustody.Guardians memory guardians = _many(32);
        uint256 proposal = datasets.proposalOf(other, CUSTODIAN, address(custody));
        bytes32 set = keccak256(abi.encode(other, uint32(1), uint256(1), proposal, guardians));
        vm.recordLogs();
        _name(hospital, other, 1, guardians);
        emit IGuardedCustody.GuardiansNamed(other, 1, set, 2, guardians.accounts, hospital);
        emit IDatasetNFT.RoleAccepted(other, CUSTODIAN, address(custody));
        _saw(address(custody), address(datasets));
        vm.assertTrue(datasets.hasRole(other, CUSTODIAN, address(custody)));
        vm.assertEq(custody.setOf(other, 1, guardians), set);
        guardians.threshold = 3;
        _refusesGuardians(other, 1);
        custody.setOf(other, 1, guardians);
        _refusesGuardians(other, 2);
        custody.setOf(other, 2, guardians);
        _refusesGuardians(other, 1);
        custody.setOf(other, 1, _guardians());
    }

    function test_given_the_role_taken_before() external {
        bytes32 first = custody.setOf(dataset, 1, _guardians());
        vm.recordLogs();
        _name(hospital, dataset, 1, _guardians());
        bytes32 next = custody.setOf(dataset, 1, _guardians());
        vm.assertTrue(next != first);
        emit IGuardedCustody.GuardiansNamed(dataset, 1, next, 2, _guardians().accounts, hospital);
        _saw(address(custody));
        IGuardedCustody.Guardians memory others = _guardians(worker, second, modelOwner);
        _name(hospital, dataset, 1, others);
        _refusesGuardians(dataset, 1);
        custody.setOf(dataset, 1, _guardians());
        vm.assertTrue(custody.setOf(dataset, 1, others) != next);
    }

    function test_given_a_role_that_was_revoked() external {
        uint256 licenseId = _purchased();
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        vm.prank(hospital);
        datasets.revokeRole(dataset, CUSTODIAN, address(custody));
        _refusesCustodian();
        _send(d, signatures);
        _propose(hospital, dataset);
        // Those of other versions do not come back with it either.
        _name(hospital, dataset, 2, _guardians());
        _refusesGuardians(dataset, 1);
        _send(d, signatures);
        _name(hospital, dataset, 1, _guardians());
        _send(d, _signed(d));
        _assertState(licenseId, IAccessLicense.State.Delivered);
    }

    function test_given_a_dataset_that_was_transferred() external {
        uint256 licenseId = _purchased();
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        _transfer(hospital, modelOwner, dataset);
        _refusesGuardians(dataset, 1);
        _send(d, signatures);
        // The contract itself, should somebody send it the token, is an owner without guardians.
        uint256 before = vm.snapshotState();
        _transfer(modelOwner, address(custody), dataset);
        _refusesGuardians(dataset, 1);
        _send(d, signatures);
        vm.revertToState(before);
        _transfer(modelOwner, hospital, dataset);
        _refusesGuardians(dataset, 1);
        _send(d, signatures);
        _propose(hospital, dataset);
        _name(hospital, dataset, 2, _guardians());
        _refusesGuardians(dataset, 1);
        _send(d, signatures);
        _name(hospital, dataset, 1, _guardians());
        _refusesSigner(_guardians().accounts[0]);
        _send(d, signatures);
    }

    function _refusesOrder(IGuardedCustody.Guardians memory guardians, address account) private {
        vm.expectRevert(abi.encodeWithSelector(IGuardedCustody.GuardedCustody_NotAscending.selector, account));
        _name(hospital, dataset, 1, guardians);
    }

    function _refusesOwner(address got) private {
        vm.expectRevert(abi.encodeWithSelector(IGuardedCustody.GuardedCustody_NotDatasetOwner.selector, dataset, got));
    }

    function _refusesCustodian() private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessLicense.AccessLicense_NotCustodian.selector, dataset, address(custody))
        );
    }

    function _many(uint160 count) private pure returns (IGuardedCustody.Guardians memory guardians) {
        address[] memory accounts = new address[](count);
        for (uint160 i = 0; i < count; ++i) {
            accounts[i] = address(1000 + i);
        }
        guardians = IGuardedCustody.Guardians(2, accounts);
    }
}
