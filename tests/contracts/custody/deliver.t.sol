// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IGuardedCustody} from "../../../contracts/interfaces/IGuardedCustody.sol";
import {ReentrantGuardian} from "../tokens/ReentrantGuardian.sol";
import {Wallet1271} from "../tokens/Wallet1271.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";
import {CustodyScene} from "./CustodyScene.sol";

contract CustodyDeliverTest is CustodyScene {
    uint256 private licenseId;
    bytes32 private set;

    function setUp() public override {
        super.setUp();
        licenseId = _purchased();
        set = custody.setOf(dataset, 1, _guardians());
    }

    function test_given_fewer_signatures_than_the_threshold() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        for (uint256 count = 0; count < 2; ++count) {
            _refusesFew(count);
            _send(d, _signed(d, set, _guardians(), count));
        }
    }

    function test_given_a_signature_of_somebody_else_or_of_one_guardian_in_two_places() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        address[] memory named = _guardians().accounts;
        bytes[] memory signatures = _signed(d);
        signatures[1] = _sign(hospital, Typed.approval(address(custody), d, set));
        _refusesSigner(named[1]);
        _send(d, signatures);
        signatures[1] = signatures[0];
        _refusesSigner(named[1]);
        _send(d, signatures);
        (signatures[1], signatures[2]) = (bytes(""), signatures[0]);
        _refusesSigner(named[2]);
        _send(d, signatures);
        signatures[2] = new bytes(65);
        _refusesSigner(named[2]);
        _send(d, signatures);
    }

    function test_given_more_or_fewer_places_than_guardians() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        bytes[][2] memory others = [new bytes[](2), new bytes[](4)];
        for (uint256 i = 0; i < 2; ++i) {
            (others[i][0], others[i][1]) = (signatures[0], signatures[1]);
            vm.expectRevert(
                abi.encodeWithSelector(IGuardedCustody.GuardedCustody_WrongNumber.selector, others[i].length, 3)
            );
            _send(d, others[i]);
        }
    }

    function test_given_another_field_than_was_signed() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        address first = _guardians().accounts[0];
        d.licenseId = uint48(_purchased());
        _refusesSigner(first);
        _send(d, signatures);
        d = _delivery(licenseId);
        d.licensee = stranger;
        _refusesSigner(first);
        _send(d, signatures);
        d = _delivery(licenseId);
        d.envelope = "another";
        _refusesSigner(first);
        _send(d, signatures);
        d = _delivery(licenseId);
        d.commitments = "another";
        _refusesSigner(first);
        _send(d, signatures);
        d = _delivery(licenseId);
        d.deadline += 1;
        _refusesSigner(first);
        _send(d, signatures);
        _assertState(licenseId, IAccessLicense.State.Purchased);
    }

    function test_given_a_signature_for_another_chain_or_contract() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        bytes[] memory elsewhere = _signed(d);
        elsewhere[0] = _sign(_guardians().accounts[0], Typed.approval(address(licenses), d, set));
        _refusesSigner(_guardians().accounts[0]);
        _send(d, elsewhere);
        vm.chainId(block.chainid + 1);
        _refusesSigner(_guardians().accounts[0]);
        _send(d, signatures);
    }

    function test_given_a_passed_deadline() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        _wait(1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(IGuardedCustody.GuardedCustody_Expired.selector, d.deadline));
        _send(d, signatures);
    }

    function test_given_guardians_named_anew_since_they_signed() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        uint256 before = vm.snapshotState();
        _name(hospital, dataset, 1, _guardians(worker, second, modelOwner));
        _refusesGuardians(dataset, 1);
        _send(d, signatures);
        vm.revertToState(before);
        _name(hospital, dataset, 1, _guardians());
        _refusesSigner(_guardians().accounts[0]);
        _send(d, signatures);
        _send(d, _signed(d));
        _assertState(licenseId, IAccessLicense.State.Delivered);
    }

    function test_given_a_licence_for_another_dataset_or_version_or_none() external {
        // The stranger's own guardians are as willing as can be, and the contract is the hospital's custodian.
        uint256 own = _publish(stranger, _publication());
        _propose(stranger, own);
        IGuardedCustody.Guardians memory willing = _guardians(stranger, researcher, issuer);
        _name(stranger, own, 1, willing);
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d, custody.setOf(own, 1, willing), willing, 3);
        _refusesGuardians(dataset, 1);
        _send(d, willing, signatures);

        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        d = _delivery(_purchased());
        signatures = _signed(d, set, _guardians(), 2);
        _refusesGuardians(dataset, 2);
        _send(d, signatures);

        d.licenseId = 99;
        _refusesGuardians(0, 0);
        _send(d, signatures);
    }

    function test_given_other_guardians_than_were_named() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        IGuardedCustody.Guardians memory others = _guardians();
        bytes[] memory signatures = _signed(d, set, others, 1);
        others.threshold = 1;
        _refusesGuardians(dataset, 1);
        _send(d, others, signatures);
        others = _guardians(worker, second, stranger);
        signatures = _signed(d, set, others, 3);
        _refusesGuardians(dataset, 1);
        _send(d, others, signatures);
    }

    function test_given_enough_signatures() external {
        for (uint256 count = 2; count <= 3; ++count) {
            uint256 id = _purchased();
            IGuardedCustody.Delivery memory d = _delivery(id);
            vm.assertEq(custody.approvalHash(d, set), Typed.approval(address(custody), d, set));
            bytes[] memory signatures = _signed(d, set, _guardians(), count);
            vm.recordLogs();
            _send(d, signatures);
            emit IGuardedCustody.DeliveryApproved(id, set, ENVELOPE, count == 2 ? 3 : 7, stranger);
            emit IAccessLicense.LicenseDelivered(id, address(custody), ENVELOPE);
            _saw(address(custody), address(licenses));
            _refusesState(id, IAccessLicense.State.Delivered);
            _send(d, signatures);
        }
    }

    function test_given_a_right_without_a_key() external {
        IGuardedCustody.Delivery memory d = _delivery(_buy(_ofRight(IAccessLicense.Right.Train)));
        d.envelope = 0;
        _send(d, _signed(d));
        vm.assertTrue(licenses.isActive(d.licenseId));
    }

    function test_given_a_version_that_was_withdrawn() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        _withdraw(hospital, dataset, 1);
        _refusesWithdrawn(dataset, 1);
        _send(d, signatures);
    }

    function test_given_a_licence_that_was_revoked_refunded_is_in_review_or_of_another_licensee() external {
        IGuardedCustody.Delivery memory d = _delivery(_delivered());
        _revoke(hospital, d.licenseId);
        bytes[] memory signatures = _signed(d);
        _refusesState(d.licenseId, IAccessLicense.State.Revoked);
        _send(d, signatures);
        d.again = 1;
        signatures = _signed(d);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotActive.selector, d.licenseId));
        _send(d, signatures);

        d = _delivery(licenseId);
        d.licensee = stranger;
        signatures = _signed(d);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OtherLicense.selector, licenseId));
        _send(d, signatures);

        uint256 judged = _inReview();
        _propose(hospital, 2);
        _name(hospital, 2, 1, _guardians());
        d = _delivery(judged);
        signatures = _signed(d, custody.setOf(2, 1, _guardians()), _guardians(), 2);
        _refusesState(judged, IAccessLicense.State.InReview);
        _send(d, signatures);

        _wait(2 days + 1);
        _refund(stranger, licenseId);
        d = _delivery(licenseId);
        signatures = _signed(d);
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _send(d, signatures);
    }

    function test_given_a_key_to_deliver_again() external {
        IGuardedCustody.Delivery memory d = _delivery(_settled());
        d.again = 1;
        bytes[] memory signatures = _signed(d);
        vm.recordLogs();
        _send(d, signatures);
        emit IGuardedCustody.DeliveryApproved(d.licenseId, set, ENVELOPE, 3, stranger);
        emit IAccessLicense.KeyRedelivered(d.licenseId, address(custody), ENVELOPE);
        _saw(address(custody), address(licenses));
        _refusesOrder(d, 2);
        _send(d, signatures);
        signatures = _signed(d, set, _guardians(), 3);
        _refusesOrder(d, 2);
        _send(d, signatures);
    }

    function test_given_keys_to_deliver_again_of_which_one_was_signed_and_not_sent() external {
        IGuardedCustody.Delivery memory old = _delivery(_settled());
        (old.again, old.envelope) = (1, "old");
        bytes[] memory ofOld = _signed(old);
        IGuardedCustody.Delivery memory d = _delivery(old.licenseId);
        d.again = 2;
        bytes[] memory signatures = _signed(d);
        _refusesOrder(d, 1);
        _send(d, signatures);
        d.again = 1;
        _send(d, _signed(d));
        vm.assertEq(custody.redeliveries(d.licenseId), 1);
        _refusesOrder(old, 2);
        _send(old, ofOld);
        d.again = 2;
        _send(d, signatures);
        vm.assertEq(custody.redeliveries(d.licenseId), 2);
        vm.assertEq(custody.redeliveries(licenseId), 0);
    }

    function test_given_signatures_for_a_first_delivery() external {
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes[] memory signatures = _signed(d);
        _send(d, signatures);
        d.again = 1;
        _refusesSigner(_guardians().accounts[0]);
        _send(d, signatures);

        d = _delivery(_purchased());
        d.again = 1;
        signatures = _signed(d);
        d.again = 0;
        _refusesSigner(_guardians().accounts[0]);
        _send(d, signatures);
    }

    function test_given_guardians_that_are_contract_wallets() external {
        address first = address(new Wallet1271(worker));
        address other = address(new Wallet1271(issuer));
        IGuardedCustody.Guardians memory guardians = _guardians(first, other, second);
        _name(hospital, dataset, 1, guardians);
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes32 hash = Typed.approval(address(custody), d, custody.setOf(dataset, 1, guardians));
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            // The one wallet by somebody who is not its owner.
            if (guardians.accounts[i] == first) signatures[i] = _sign(worker, hash);
            if (guardians.accounts[i] == other) signatures[i] = _sign(stranger, hash);
        }
        _refusesSigner(other);
        _send(d, guardians, signatures);
        for (uint256 i = 0; i < 3; ++i) {
            if (guardians.accounts[i] == other) signatures[i] = _sign(issuer, hash);
        }
        _send(d, guardians, signatures);
        _assertState(licenseId, IAccessLicense.State.Delivered);
    }

    function test_given_a_guardian_that_calls_while_it_is_asked() external {
        ReentrantGuardian caller = new ReentrantGuardian();
        IGuardedCustody.Guardians memory guardians = _guardians(address(caller), worker, second);
        _name(hospital, dataset, 1, guardians);
        IGuardedCustody.Delivery memory d = _delivery(_settled());
        d.again = 1;
        bytes32 hash = Typed.approval(address(custody), d, custody.setOf(dataset, 1, guardians));
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            if (guardians.accounts[i] == worker) signatures[i] = _sign(worker, hash);
            if (guardians.accounts[i] == address(caller)) signatures[i] = "any";
        }
        caller.prepare(address(custody), abi.encodeCall(IGuardedCustody.deliver, (d, guardians, signatures)));
        vm.recordLogs();
        _send(d, guardians, signatures);
        vm.assertEq(vm.getRecordedLogs().length, 2);
    }

    /// @param kinds of each guardian's signature, two bits each: none, its own, another's, its own of something else
    function testFuzz_given_any_signatures(uint8 kinds, uint8 threshold) external {
        IGuardedCustody.Guardians memory guardians = _guardians();
        guardians.threshold = 2 + threshold % 2;
        _name(hospital, dataset, 1, guardians);
        IGuardedCustody.Delivery memory d = _delivery(licenseId);
        bytes32 hash = Typed.approval(address(custody), d, custody.setOf(dataset, 1, guardians));
        bytes[] memory signatures = new bytes[](3);
        (uint256 signed, address wrong) = (0, address(0));
        for (uint256 i = 0; i < 3; ++i) {
            uint8 kind = kinds >> (2 * i) & 3;
            address account = guardians.accounts[i];
            if (kind == 0) continue;
            signatures[i] = _sign(kind == 2 ? guardians.accounts[(i + 1) % 3] : account, kind == 3 ? set : hash);
            if (kind == 1) ++signed;
            else if (wrong == address(0)) wrong = account;
        }
        if (wrong != address(0)) {
            _refusesSigner(wrong);
        } else if (signed < guardians.threshold) {
            vm.expectRevert(
                abi.encodeWithSelector(IGuardedCustody.GuardedCustody_TooFew.selector, signed, guardians.threshold)
            );
        }
        bool delivers = wrong == address(0) && signed >= guardians.threshold;
        _send(d, guardians, signatures);
        _assertState(licenseId, delivers ? IAccessLicense.State.Delivered : IAccessLicense.State.Purchased);
    }

    function _refusesFew(uint256 got) private {
        vm.expectRevert(abi.encodeWithSelector(IGuardedCustody.GuardedCustody_TooFew.selector, got, 2));
    }

    function _refusesOrder(IGuardedCustody.Delivery memory d, uint32 next) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGuardedCustody.GuardedCustody_NotNext.selector, d.licenseId, d.again, next)
        );
    }
}
