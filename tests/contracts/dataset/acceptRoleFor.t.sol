// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {Wallet1271} from "../tokens/Wallet1271.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

/// @notice The hospital proposed to the researcher, who has no ether, to be an operator.
contract DatasetAcceptRoleForTest is DatasetScene {
    IDatasetNFT.Role private constant CUSTODIAN = IDatasetNFT.Role.Custodian;
    IDatasetNFT.Role private constant OPERATOR = IDatasetNFT.Role.Operator;

    function setUp() public override {
        super.setUp();
        _grant(hospital, dataset, OPERATOR, researcher);
    }

    function test_given_a_passed_deadline() external {
        IDatasetNFT.RoleAcceptance memory a = _acceptance(researcher);
        bytes memory signature = _signed(researcher, a);
        _wait(1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_SignatureExpired.selector, a.deadline));
        _submit(a, signature);
    }

    function test_given_a_signature_of_somebody_else_or_none() external {
        IDatasetNFT.RoleAcceptance memory a = _acceptance(researcher);
        _refusesSignature(a, _signed(stranger, a));
        _refusesSignature(a, _signed(hospital, a));
        _refusesSignature(a, "");
        _refusesSignature(a, new bytes(65));
    }

    function test_given_another_field_than_was_signed() external {
        _grant(hospital, dataset, CUSTODIAN, researcher);
        _grant(hospital, dataset, OPERATOR, stranger);
        IDatasetNFT.RoleAcceptance memory a = _acceptance(researcher);
        bytes memory signature = _signed(researcher, a);
        a.role = CUSTODIAN;
        _refusesSignature(a, signature);
        a = _acceptance(researcher);
        a.deadline += 1;
        _refusesSignature(a, signature);
        _refusesSignature(_acceptance(stranger), signature);
        uint256 other = _publish(hospital, _publication());
        _grant(hospital, other, OPERATOR, researcher);
        a = _acceptance(researcher);
        a.datasetId = other;
        _refusesSignature(a, signature);
        a = _acceptance(researcher);
        a.owner = stranger;
        _refusesOther(a, _signed(researcher, a));
        a = _acceptance(researcher);
        a.nonce += 1;
        _refusesOther(a, _signed(researcher, a));
        _assertRole(OPERATOR, researcher, true, false);
        _assertRole(CUSTODIAN, researcher, true, false);
    }

    function test_given_a_signature_for_another_chain_or_contract() external {
        IDatasetNFT.RoleAcceptance memory a = _acceptance(researcher);
        _refusesSignature(a, _sign(researcher, Typed.acceptance(address(licenses), a)));
        bytes memory signature = _signed(researcher, a);
        vm.chainId(block.chainid + 1);
        _refusesSignature(a, signature);
    }

    function test_given_the_signature_of_the_account() external {
        IDatasetNFT.RoleAcceptance memory a = _acceptance(researcher);
        bytes memory signature = _signed(researcher, a);
        vm.assertEq(datasets.acceptanceHash(a), Typed.acceptance(address(datasets), a));
        vm.recordLogs();
        _submit(a, signature);
        emit IDatasetNFT.RoleAccepted(dataset, OPERATOR, researcher);
        _saw(address(datasets));
        _assertRole(OPERATOR, researcher, true, true);
        _assertRole(CUSTODIAN, researcher, false, false);
        _assertRole(OPERATOR, stranger, false, false);
        _refusesProposal(OPERATOR, researcher);
        _submit(a, signature);
    }

    function test_given_a_role_that_was_revoked_and_proposed_again() external {
        IDatasetNFT.RoleAcceptance memory a = _acceptance(researcher);
        bytes memory signature = _signed(researcher, a);
        _revokeRole(hospital, dataset, OPERATOR, researcher);
        _grant(hospital, dataset, OPERATOR, researcher);
        _refusesOther(a, signature);
        a = _acceptance(researcher);
        signature = _signed(researcher, a);
        _submit(a, signature);
        _revokeRole(researcher, dataset, OPERATOR, researcher);
        _refusesProposal(OPERATOR, researcher);
        _submit(a, signature);
        _grant(hospital, dataset, OPERATOR, researcher);
        _refusesOther(a, signature);
        _assertRole(OPERATOR, researcher, true, false);
    }

    function test_given_what_was_not_proposed() external {
        IDatasetNFT.RoleAcceptance memory a = _acceptance(stranger);
        bytes memory signature = _signed(stranger, a);
        _refusesProposal(OPERATOR, stranger);
        _submit(a, signature);
    }

    function test_given_a_dataset_that_was_transferred() external {
        IDatasetNFT.RoleAcceptance memory a = _acceptance(researcher);
        bytes memory signature = _signed(researcher, a);
        _transfer(hospital, second, dataset);
        _grant(second, dataset, OPERATOR, researcher);
        _refusesOther(a, signature);
        _transfer(second, hospital, dataset);
        _grant(hospital, dataset, OPERATOR, researcher);
        _refusesOther(a, signature);
        _assertRole(OPERATOR, researcher, true, false);
    }

    function test_given_a_contract_wallet() external {
        address wallet = address(new Wallet1271(stranger));
        _grant(hospital, dataset, OPERATOR, wallet);
        IDatasetNFT.RoleAcceptance memory a = _acceptance(wallet);
        _refusesSignature(a, _signed(researcher, a));
        _submit(a, _signed(stranger, a));
        _assertRole(OPERATOR, wallet, true, true);
    }

    function _acceptance(address account) private view returns (IDatasetNFT.RoleAcceptance memory) {
        return IDatasetNFT.RoleAcceptance({
            datasetId: dataset,
            role: OPERATOR,
            account: account,
            owner: datasets.ownerOf(dataset),
            nonce: datasets.proposalOf(dataset, OPERATOR, account),
            deadline: _now() + 1 hours
        });
    }

    function _signed(address signer, IDatasetNFT.RoleAcceptance memory a) private view returns (bytes memory) {
        return _sign(signer, Typed.acceptance(address(datasets), a));
    }

    function _submit(IDatasetNFT.RoleAcceptance memory a, bytes memory signature) private {
        vm.prank(worker);
        datasets.acceptRoleFor(a, signature);
    }

    function _refusesSignature(IDatasetNFT.RoleAcceptance memory a, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_BadSignature.selector, a.account));
        _submit(a, signature);
    }

    function _refusesOther(IDatasetNFT.RoleAcceptance memory a, bytes memory signature) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetNFT.DatasetNFT_OtherProposal.selector, a.datasetId, a.role, a.account)
        );
        _submit(a, signature);
    }
}
