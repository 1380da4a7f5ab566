// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

contract DatasetPublishTest is DatasetScene {
    function test_publish_given_an_empty_field() external {
        string[3] memory fields = ["card", "contentRoot", "keyCommitment"];
        for (uint256 i = 0; i < 3; ++i) {
            IDatasetNFT.Publication memory p = _publication();
            if (i == 0) p.card = 0;
            if (i == 1) p.contentRoot = 0;
            if (i == 2) p.keyCommitment = 0;
            _refusesEmpty(fields[i]);
            _publish(hospital, p);
        }
    }

    function test_publish_given_terms_without_a_permission_or_with_a_bit_that_is_no_term() external {
        uint64[7] memory terms = [
            0,
            DuoPolicy.NCU,
            DuoPolicy.PUB | DuoPolicy.IRB,
            DuoPolicy.GRU | DuoPolicy.METHODS,
            DuoPolicy.GRU | 1 << 6,
            DuoPolicy.GRU | 1 << 32,
            1 << 63
        ];
        for (uint256 i = 0; i < terms.length; ++i) {
            _refusesTerms(terms[i]);
            _publish(hospital, _publication("cohort", terms[i]));
        }
    }

    function test_publish_given_diseases_without_the_term_DS() external {
        IDatasetNFT.Publication memory p = _publication("cohort", DuoPolicy.HMB);
        p.diseases = "root";
        _refusesDiseases(DuoPolicy.HMB);
        _publish(hospital, p);
    }

    function test_publish_given_a_parent_that_does_not_exist() external {
        uint256[4] memory parents = [uint256(0), 2, 3, 2 ** 200]; // 2 would be the dataset itself
        for (uint256 i = 0; i < 4; ++i) {
            _refusesParent(parents[i]);
            _publish(hospital, _publication(), _list(dataset, parents[i]));
        }
    }

    function test_publish_given_more_than_32_parents() external {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_TooManyParents.selector, 33, 32));
        _publish(hospital, _publication(), _repeated(33, dataset, dataset));
    }

    function test_publish_given_a_publication() external {
        vm.assertEq(dataset, 1);
        IDatasetNFT.Publication memory p = _publication("cardiac", DuoPolicy.DS | DuoPolicy.NPU);
        p.diseases = "root";
        vm.recordLogs();
        uint256 datasetId = _publish(second, p);
        _emitPublished(2, second, p, new uint256[](0));
        _saw(address(datasets));
        vm.assertEq(datasetId, 2);
        vm.assertEq(datasets.datasetCount(), 2);
        vm.assertEq(datasets.ownerOf(2), second);
        vm.assertEq(datasets.latestVersion(2), 1);
        _assertVersion(2, 1, second, p, 0);
        (uint32 version, uint64 terms, bool withdrawn) = datasets.saleOf(2);
        vm.assertEq(version, 1);
        vm.assertEq(terms, p.terms);
        vm.assertFalse(withdrawn);
    }

    function test_publish_given_32_parents() external {
        IDatasetNFT.Publication memory p = _publication("pooled", TERMS);
        uint256[] memory parents = _repeated(32, dataset, _publish(second, _publication()));
        vm.recordLogs();
        uint256 datasetId = _publish(stranger, p, parents);
        _emitPublished(datasetId, stranger, p, parents);
        _saw(address(datasets));
        _assertParents(datasetId, parents, 0);
    }

    function test_publishWithOffer_given_a_publication_that_publish_refuses() external {
        IDatasetNFT.Publication memory p = _publication();
        p.card = 0;
        _refusesEmpty("card");
        _publishWithOffer(p, new uint256[](0), _terms(0));
    }

    function test_publishWithOffer_given_an_offer_that_AccessLicense_refuses() external {
        IAccessLicense.Offer memory terms = _terms(0);
        terms.right = IAccessLicense.Right.None;
        _refusesOffer("right");
        _publishWithOffer(_publication(), new uint256[](0), terms);
        terms = _terms(0);
        terms.arbiter = second;
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterHasNotAccepted.selector, second));
        _publishWithOffer(_publication(), new uint256[](0), terms);
        vm.assertEq(datasets.datasetCount(), 1);
        vm.assertEq(lens.offerCount(), 0);
    }

    function test_publishWithOffer_given_a_publication_and_an_offer() external {
        IDatasetNFT.Publication memory p = _publication("with an offer", TERMS);
        uint256[] memory parents = _list(dataset);
        vm.recordLogs();
        (uint256 datasetId, uint256 offerId) = _publishWithOffer(p, parents, _terms(dataset));
        _emitPublished(2, second, p, parents);
        emit IAccessLicense.OfferCreated(1, 2, second, _terms(2));
        _saw(address(datasets), address(licenses));
        vm.assertEq(datasetId, 2);
        vm.assertEq(offerId, 1);
        (IAccessLicense.Offer memory offer, bool open) = lens.offerOf(1);
        vm.assertTrue(open);
        _assertEqual(offer, _terms(2));
    }

    function test_parentsOf_given_a_dataset_that_does_not_exist() external {
        _refusesMissing(9);
        datasets.parentsOf(9);
    }

    function test_parentsOf_given_two_parents() external {
        uint256 other = _publish(stranger, _publication());
        uint256[] memory parents = _list(other, dataset);
        uint256 child = _publish(hospital, _publication(), parents);
        parents = _list(dataset, other);
        _assertParents(child, parents, dataset);
        vm.assertEq(datasets.parentsOf(dataset).length, 0);
        _publishVersion(hospital, child, _publication("revised", TERMS));
        _withdraw(hospital, dataset, 1);
        _transfer(hospital, second, child);
        _assertParents(child, parents, dataset);
    }

    function test_parentsOf_given_a_line_of_descent() external {
        for (uint256 count = 1; count < 4; ++count) {
            uint256[] memory line = new uint256[](count);
            for (uint256 i = 0; i < count; ++i) {
                line[i] = i + 1;
            }
            uint256 child = _publish(hospital, _publication(), line);
            vm.assertEq(child, count + 1);
            vm.assertEq(datasets.parentsOf(child).length, count);
        }
        _refusesParent(5);
        _publish(hospital, _publication(), _list(5));
    }

    function _publishWithOffer(
        IDatasetNFT.Publication memory p,
        uint256[] memory parents,
        IAccessLicense.Offer memory offer
    ) private returns (uint256, uint256) {
        IDatasetNFT.Source[] memory sources = _sources(parents);
        vm.prank(second);
        return datasets.publishWithOffer(p, sources, offer);
    }

    function _emitPublished(
        uint256 datasetId,
        address owner,
        IDatasetNFT.Publication memory p,
        uint256[] memory parents
    ) private {
        emit IERC721.Transfer(address(0), owner, datasetId);
        emit IDatasetNFT.DatasetPublished(
            datasetId, owner, p.card, p.contentRoot, p.keyCommitment, p.terms, p.diseases, _claimed(parents)
        );
    }

    function _claimed(uint256[] memory parents) private pure returns (IDatasetNFT.Parent[] memory list) {
        list = new IDatasetNFT.Parent[](parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            list[i] = IDatasetNFT.Parent(uint64(parents[i]), 1, false);
        }
    }

    /// @param proven the one that its publisher owned; 0: none
    function _assertParents(uint256 datasetId, uint256[] memory parents, uint256 proven) private view {
        IDatasetNFT.Parent[] memory wanted = _claimed(parents);
        for (uint256 i = 0; i < wanted.length; ++i) {
            wanted[i].proven = wanted[i].datasetId == proven;
        }
        vm.assertEq(abi.encode(datasets.parentsOf(datasetId)), abi.encode(wanted));
    }

    function _list(uint256 only) private pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = only;
    }

    function _list(uint256 first, uint256 other) private pure returns (uint256[] memory) {
        return _repeated(2, first, other);
    }

    /// @dev `count` ids, which are `first` and `other` by turns.
    function _repeated(uint256 count, uint256 first, uint256 other) private pure returns (uint256[] memory list) {
        list = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = i % 2 == 0 ? first : other;
        }
    }
}
