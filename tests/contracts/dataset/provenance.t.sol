// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

/// @notice The hospital's dataset is for health research that is not commercial (`TERMS`).
contract DatasetProvenanceTest is DatasetScene {
    uint64 private constant NARROWER = TERMS | DuoPolicy.PUB;
    uint64 private constant WIDER = DuoPolicy.HMB;

    function test_given_a_source_that_the_publisher_owns() external {
        _publishVersion(hospital, dataset, _publication("revised", NARROWER));
        _assertParent(_derive(hospital, NARROWER, 0), 2, true);
        _refusesWider(NARROWER, TERMS);
        _derive(hospital, TERMS, 0);
        IDatasetNFT.Publication memory p = _publication("by disease", DuoPolicy.DS);
        p.diseases = "root";
        uint256 parent = _publish(hospital, p);
        p.diseases = "other root";
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetNFT.DatasetNFT_WiderThanParent.selector, parent, DuoPolicy.DS, DuoPolicy.DS)
        );
        _publishFrom(hospital, p, parent, 0);
        p.diseases = "root";
        _publishFrom(hospital, p, parent, 0);
        _withdraw(hospital, dataset, 2);
        _refusesParent(dataset, 2);
        _derive(hospital, NARROWER, 0);
    }

    function test_given_a_licence_for_the_source() external {
        uint256 licenseId = _delivered();
        _publishVersion(hospital, dataset, _publication("revised", DuoPolicy.GRU));
        _assertParent(_derive(researcher, NARROWER, licenseId), 1, true);
        _refusesWider(TERMS, WIDER);
        _derive(researcher, WIDER, licenseId);
    }

    function test_given_a_licence_that_does_not_prove_it() external {
        uint256 licenseId = _delivered();
        _refusesLicense(dataset, licenseId);
        _derive(stranger, TERMS, licenseId);
        uint256 other = _publish(second, _publication());
        _refusesLicense(other, licenseId);
        _publishFrom(researcher, _publication(), other, licenseId);
        uint256 undelivered = _purchased();
        _refusesLicense(dataset, undelivered);
        _derive(researcher, TERMS, undelivered);
        uint256 answers = _grant(_buy(_ofRight(IAccessLicense.Right.Infer)));
        vm.assertTrue(licenses.isActive(answers));
        _refusesLicense(dataset, answers);
        _derive(researcher, TERMS, answers);
        _revoke(hospital, licenseId);
        _refusesLicense(dataset, licenseId);
        _derive(researcher, TERMS, licenseId);
    }

    function test_given_neither() external {
        _assertParent(_derive(stranger, DuoPolicy.NRES, 0), 1, false);
        _delivered();
        _assertParent(_derive(researcher, DuoPolicy.NRES, 0), 1, false);
        _withdraw(hospital, dataset, 1);
        _assertParent(_derive(stranger, DuoPolicy.NRES, 0), 1, false);
    }

    function test_given_a_new_version() external {
        uint256 child = _derive(hospital, NARROWER, 0);
        uint256 claimed = _derive(stranger, DuoPolicy.NRES, 0);
        _refusesWider(TERMS, WIDER);
        _publishVersion(hospital, child, _publication("wider", WIDER));
        _publishVersion(hospital, child, _publication("as wide", TERMS));
        _transfer(hospital, second, child);
        _refusesWider(TERMS, WIDER);
        _publishVersion(second, child, _publication("wider", WIDER));
        _withdraw(hospital, dataset, 1);
        _refusesParent(dataset, 1);
        _publishVersion(second, child, _publication("again", TERMS));
        _publishVersion(stranger, claimed, _publication("again", DuoPolicy.NRES));
        _assertParent(child, 1, true);
    }

    function test_given_a_proven_parent_whose_consent_is_withdrawn_afterwards() external {
        uint256 child = _derive(hospital, TERMS, 0);
        uint256 grandchild = _publishFrom(hospital, _publication("derived twice", TERMS), child, 0);
        uint256 claimed = _derive(stranger, TERMS, 0);
        _publishVersion(hospital, grandchild, _publication("revised", TERMS));
        uint256 offerId = _createOffer(hospital, _terms(grandchild));
        uint256 opened = _buy(offerId);
        _deliver(hospital, opened);
        uint256 waits = _buy(offerId);
        _assertWithdrawn(grandchild, 2, 0);
        _withdraw(hospital, dataset, 1);
        uint40 since = uint40(block.timestamp);
        _assertWithdrawn(child, 1, since);
        _assertWithdrawn(grandchild, 1, since);
        _assertWithdrawn(grandchild, 2, since);
        _assertWithdrawn(claimed, 1, 0);
        (, uint64 terms,) = datasets.saleOf(grandchild);
        vm.assertEq(terms, TERMS);
        vm.prank(researcher);
        _refusesWithdrawn(grandchild, 2);
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 2, HMB, true);
        _refusesWithdrawn(grandchild, 2);
        _deliver(hospital, waits);
        _refund(stranger, waits);
        vm.assertTrue(licenses.isActive(opened));
        _refusesParent(child, 1);
        _publishFrom(hospital, _publication("late", TERMS), child, 0);
        vm.warp(block.timestamp + 1);
        _withdraw(hospital, grandchild, 2);
        _assertWithdrawn(grandchild, 2, since);
        _refusesSecondWithdrawal(grandchild, 2);
        _withdraw(hospital, grandchild, 2);
    }

    function test_given_a_proven_parent_of_which_another_version_is_withdrawn() external {
        uint256 child = _derive(hospital, TERMS, 0);
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        _withdraw(hospital, dataset, 2);
        _assertWithdrawn(child, 1, 0);
        _withdraw(hospital, child, 1);
        uint40 since = uint40(block.timestamp);
        vm.warp(block.timestamp + 1);
        _withdraw(hospital, dataset, 1);
        _assertWithdrawn(child, 1, since);
    }

    function test_given_a_long_line_of_proven_parents() external {
        uint256 child = dataset;
        for (uint256 i = 0; i < 32; ++i) {
            child = _publishFrom(hospital, _publication("derived", TERMS), child, 0);
        }
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_TooManyParents.selector, 33, 32));
        _publishFrom(hospital, _publication("derived", TERMS), child, 0);
        _assertWithdrawn(child, 1, 0);
        uint256 before = gasleft();
        datasets.saleOf(child);
        vm.assertTrue(before - gasleft() < 350_000);
        _withdraw(hospital, dataset, 1);
        _assertWithdrawn(child, 1, uint40(block.timestamp));
        // A wide line counts as well as a long one.
        uint256 left = _publish(hospital, _publication());
        IDatasetNFT.Source[] memory sources = new IDatasetNFT.Source[](2);
        (sources[0].datasetId, sources[1].datasetId) = (left, left);
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(hospital);
            left = datasets.publish(_publication("derived", TERMS), sources);
            (sources[0].datasetId, sources[1].datasetId) = (left, left);
        }
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_TooManyParents.selector, 62, 32));
        vm.prank(hospital);
        datasets.publish(_publication("derived", TERMS), sources);
    }

    /// @dev Claims cost nobody anything, so a stranger can add them to a line that others pay to look at.
    function test_given_a_long_line_of_parents_with_claims() external {
        IDatasetNFT.Source[] memory sources = new IDatasetNFT.Source[](32);
        for (uint256 i = 0; i < 31; ++i) {
            sources[i].datasetId = dataset;
        }
        uint256 child = _publish(second, _publication());
        for (uint256 i = 0; i < 32; ++i) {
            sources[31].datasetId = child;
            vm.prank(second);
            child = datasets.publish(_publication("derived", TERMS), sources);
        }
        vm.cool(address(datasets));
        uint256 before = gasleft();
        datasets.saleOf(child);
        vm.assertTrue(before - gasleft() < 400_000);
        IDatasetNFT.Parent[] memory parents = datasets.parentsOf(child);
        vm.assertEq(parents.length, 32);
        vm.assertTrue(parents[0].proven && parents[0].datasetId == child - 1);
        vm.assertFalse(parents[31].proven);
        vm.assertEq(parents[31].datasetId, dataset);
        _withdraw(hospital, dataset, 1);
        _assertWithdrawn(child, 1, 0);
    }

    function _derive(address publisher, uint64 terms, uint256 licenseId) private returns (uint256) {
        return _publishFrom(publisher, _publication("derived", terms), dataset, licenseId);
    }

    function _publishFrom(address publisher, IDatasetNFT.Publication memory p, uint256 parent, uint256 licenseId)
        private
        returns (uint256)
    {
        IDatasetNFT.Source[] memory sources = new IDatasetNFT.Source[](1);
        sources[0] = IDatasetNFT.Source(parent, licenseId);
        vm.prank(publisher);
        return datasets.publish(p, sources);
    }

    function _assertParent(uint256 child, uint32 version, bool proven) private view {
        IDatasetNFT.Parent[] memory wanted = new IDatasetNFT.Parent[](1);
        wanted[0] = IDatasetNFT.Parent(uint64(dataset), version, proven);
        vm.assertEq(abi.encode(datasets.parentsOf(child)), abi.encode(wanted));
    }

    function _refusesWider(uint64 allowed, uint64 got) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_WiderThanParent.selector, dataset, allowed, got));
    }

    function _assertWithdrawn(uint256 datasetId, uint32 version, uint40 since) private view {
        vm.assertEq(datasets.versionOf(datasetId, version).withdrawnAt, since);
        vm.assertEq(datasets.isWithdrawn(datasetId, version), since != 0);
        (, bool withdrawn,) = datasets.releaseOf(datasetId, version, hospital);
        vm.assertEq(withdrawn, since != 0);
        (uint32 latest,, bool isSold) = datasets.saleOf(datasetId);
        if (latest == version) vm.assertEq(isSold, since != 0);
    }

    function _refusesParent(uint256 parent, uint32 version) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_ParentWithdrawn.selector, parent, version));
    }

    function _refusesLicense(uint256 parent, uint256 licenseId) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_NoRightToDerive.selector, parent, licenseId));
    }
}
