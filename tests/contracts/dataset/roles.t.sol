// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

contract DatasetRolesTest is DatasetScene {
    IDatasetNFT.Role private constant CUSTODIAN = IDatasetNFT.Role.Custodian;
    IDatasetNFT.Role private constant OPERATOR = IDatasetNFT.Role.Operator;
    IDatasetNFT.Role private constant COMMITTEE = IDatasetNFT.Role.Committee;

    function test_grantRole_given_a_dataset_that_does_not_exist() external {
        _refusesMissing(7);
        _grant(hospital, 7, CUSTODIAN, hospital);
    }

    function test_grantRole_given_another_sender_than_the_owner() external {
        address[2] memory senders = [stranger, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesNotOwner(dataset, senders[i]);
            _grant(senders[i], dataset, OPERATOR, senders[i]);
        }
    }

    function test_grantRole_given_the_zero_address() external {
        _refusesEmpty("account");
        _grant(hospital, dataset, CUSTODIAN, address(0));
    }

    function test_grantRole_given_what_was_granted_before() external {
        _grant(hospital, dataset, OPERATOR, stranger);
        _refusesSecondGrant(OPERATOR, stranger);
        _grant(hospital, dataset, OPERATOR, stranger);
        _refusesSecondGrant(CUSTODIAN, custodian);
        _grant(hospital, dataset, CUSTODIAN, custodian);
        _assertRole(CUSTODIAN, custodian, true, true);
    }

    function test_grantRole_given_an_account() external {
        vm.recordLogs();
        _grant(hospital, dataset, CUSTODIAN, stranger);
        emit IDatasetNFT.RoleGranted(dataset, CUSTODIAN, stranger, hospital);
        _saw(address(datasets));
        _assertRole(CUSTODIAN, stranger, true, false);
        _assertReleases(stranger, false, false);
    }

    function test_acceptRole_given_what_was_not_proposed() external {
        _grant(hospital, dataset, OPERATOR, stranger);
        _refusesProposal(CUSTODIAN, stranger);
        _accept(stranger, dataset, CUSTODIAN);
        _refusesProposal(OPERATOR, worker);
        _accept(worker, dataset, OPERATOR);
        uint256 other = _publish(second, _publication());
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_NotProposed.selector, other, OPERATOR, stranger));
        _accept(stranger, other, OPERATOR);
    }

    function test_acceptRole_given_what_was_accepted_before() external {
        _refusesProposal(CUSTODIAN, custodian);
        _accept(custodian, dataset, CUSTODIAN);
    }

    function test_acceptRole_given_a_proposal() external {
        _grant(hospital, dataset, CUSTODIAN, stranger);
        vm.recordLogs();
        _accept(stranger, dataset, CUSTODIAN);
        emit IDatasetNFT.RoleAccepted(dataset, CUSTODIAN, stranger);
        _saw(address(datasets));
        _assertRole(CUSTODIAN, stranger, true, true);
        _assertRole(OPERATOR, stranger, false, false);
        _assertRole(COMMITTEE, stranger, false, false);
        _assertReleases(stranger, true, false);
    }

    function test_acceptRole_given_several_accounts() external {
        _appoint(hospital, dataset, CUSTODIAN, stranger);
        _appoint(hospital, dataset, OPERATOR, stranger);
        _appoint(hospital, dataset, CUSTODIAN, worker);
        _assertRole(CUSTODIAN, stranger, true, true);
        _assertRole(OPERATOR, stranger, true, true);
        _assertReleases(worker, true, false);
        _assertReleases(custodian, true, false);
    }

    function test_revokeRole_given_another_sender_than_the_owner_or_the_account_itself() external {
        _appoint(hospital, dataset, CUSTODIAN, stranger);
        address[2] memory senders = [stranger, worker];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesNotOwner(dataset, senders[i]);
            _revokeRole(senders[i], dataset, CUSTODIAN, custodian);
        }
        _assertRole(CUSTODIAN, custodian, true, true);
    }

    function test_revokeRole_given_no_such_role() external {
        _refusesRole(OPERATOR, custodian);
        _revokeRole(hospital, dataset, OPERATOR, custodian);
        _refusesRole(CUSTODIAN, stranger);
        _revokeRole(stranger, dataset, CUSTODIAN, stranger);
    }

    function test_revokeRole_given_the_owner() external {
        _appoint(hospital, dataset, OPERATOR, custodian);
        vm.recordLogs();
        _revokeRole(hospital, dataset, CUSTODIAN, custodian);
        emit IDatasetNFT.RoleRevoked(dataset, CUSTODIAN, custodian, hospital);
        _saw(address(datasets));
        _assertRole(CUSTODIAN, custodian, false, false);
        _assertRole(OPERATOR, custodian, true, true);
        _assertReleases(custodian, false, false);
        _assertReleases(hospital, true, false);
    }

    function test_revokeRole_given_the_account_itself() external {
        vm.recordLogs();
        _revokeRole(custodian, dataset, CUSTODIAN, custodian);
        emit IDatasetNFT.RoleRevoked(dataset, CUSTODIAN, custodian, custodian);
        _saw(address(datasets));
        _assertReleases(custodian, false, false);
        _refusesProposal(CUSTODIAN, custodian);
        _accept(custodian, dataset, CUSTODIAN);
    }

    function test_revokeRole_given_a_proposal() external {
        _grant(hospital, dataset, COMMITTEE, stranger);
        _revokeRole(hospital, dataset, COMMITTEE, stranger);
        _refusesProposal(COMMITTEE, stranger);
        _accept(stranger, dataset, COMMITTEE);
        _appoint(hospital, dataset, COMMITTEE, stranger);
        _assertRole(COMMITTEE, stranger, true, true);
    }

    function test_hasRole_given_a_new_dataset() external {
        uint256 datasetId = _publish(second, _publication());
        address[5] memory others = [hospital, custodian, stranger, address(0), address(datasets)];
        for (uint8 role = 0; role < 3; ++role) {
            vm.assertTrue(datasets.hasRole(datasetId, IDatasetNFT.Role(role), second));
            for (uint256 i = 0; i < 5; ++i) {
                vm.assertFalse(datasets.hasRole(datasetId, IDatasetNFT.Role(role), others[i]));
            }
        }
        (bool entitled, bool withdrawn,) = datasets.releaseOf(datasetId, 1, second);
        vm.assertTrue(entitled);
        vm.assertFalse(withdrawn);
    }

    function _refusesSecondGrant(IDatasetNFT.Role role, address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetNFT.DatasetNFT_RoleGrantedBefore.selector, dataset, role, account)
        );
    }
}
