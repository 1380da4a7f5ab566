// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {DiseaseTree} from "../invariant/DiseaseTree.sol";
import {vm} from "../Vm.sol";
import {IERC721Errors, LicenseScene} from "./LicenseScene.sol";

contract LicenseViewsTest is LicenseScene {
    function test_given_an_offer_that_does_not_exist() external {
        _refusesOfferId(9);
        lens.offerOf(9);
        _refusesOfferId(9);
        lens.assess(9, IAccessLicense.ResearchPurpose(HMB, 0, 0), new bytes32[](0));
    }

    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        lens.licenseOf(9);
        _refusesUnknown(9);
        lens.licenseOf(9).expiresAt;
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 9));
        licenses.tokenURI(9);
        _refusesUnknown(9);
        licenses.sharesOf(9);
        vm.assertFalse(licenses.isActive(9));
    }

    function test_given_a_licence_that_expires() external {
        uint256 licenseId = _settled();
        vm.warp(lens.licenseOf(licenseId).expiresAt - 1);
        vm.assertTrue(licenses.isActive(licenseId));
        _wait(1);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    function test_given_a_withdrawn_version() external {
        uint256 download = _settled();
        uint256 training = _grant(_buy(_ofRight(IAccessLicense.Right.Train)));
        uint256 inference = _grant(_buy(_ofRight(IAccessLicense.Right.Infer)));
        vm.assertTrue(licenses.isActive(training));
        _withdraw(hospital, dataset, 1);
        vm.assertFalse(licenses.isActive(training));
        vm.assertTrue(licenses.isActive(inference));
        vm.assertTrue(licenses.isActive(download));
    }

    function test_given_another_version_that_is_withdrawn() external {
        uint256 training = _grant(_buy(_ofRight(IAccessLicense.Right.Train)));
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        _withdraw(hospital, dataset, 2);
        vm.assertTrue(licenses.isActive(training));
        _withdraw(hospital, dataset, 1);
        vm.assertFalse(licenses.isActive(training));
    }

    function test_given_a_purpose_to_assess() external {
        uint256 offerId = _offer();
        for (uint256 i = 0; i < 2; ++i) {
            _assess(offerId, HMB, 0, new bytes32[](0), DuoPolicy.Decision.Approve);
            _assess(offerId, HMB | DuoPolicy.COMMERCIAL, 0, new bytes32[](0), DuoPolicy.Decision.Deny);
            _assess(offerId, DuoPolicy.METHODS, 0, new bytes32[](0), DuoPolicy.Decision.Review);
            _assess(offerId, HMB | DuoPolicy.SENSITIVE, 0, new bytes32[](0), DuoPolicy.Decision.Review);
            if (i == 0) _withdraw(hospital, dataset, 1);
        }
    }

    function test_given_a_disease_to_assess() external {
        uint32[] memory permitted = new uint32[](2);
        (permitted[0], permitted[1]) = (5068, 5148);
        IDatasetNFT.Publication memory p = _publication("cardiac", DuoPolicy.DS);
        p.diseases = DiseaseTree.root(permitted);
        uint256 offerId = _createOffer(hospital, _terms(_publish(hospital, p)));
        bytes32[] memory proof = DiseaseTree.proof(permitted, 0);
        _assess(offerId, DuoPolicy.DS, 5068, proof, DuoPolicy.Decision.Approve);
        _assess(offerId, DuoPolicy.DS, 5068, new bytes32[](0), DuoPolicy.Decision.Review);
        _assess(offerId, DuoPolicy.DS, 0, proof, DuoPolicy.Decision.Review);
        _assess(offerId, DuoPolicy.POA, 5068, proof, DuoPolicy.Decision.Deny);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_BadDiseaseProof.selector, 5148, p.diseases));
        lens.assess(offerId, IAccessLicense.ResearchPurpose(DuoPolicy.DS, 5148, 0), proof);
    }

    function test_given_a_dataset_of_this_contract_on_this_chain() external view {
        vm.assertEq(licenses.grantOf(7), keccak256(abi.encode(block.chainid, address(datasets), 7)));
        vm.assertTrue(licenses.grantOf(8) != licenses.grantOf(7));
    }

    function test_given_a_new_version() external {
        uint256 licenseId = _purchased();
        string memory uri = datasets.tokenURI(dataset);
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        vm.assertEq(licenses.tokenURI(licenseId), uri);
        vm.assertTrue(keccak256(bytes(datasets.tokenURI(dataset))) != keccak256(bytes(uri)));
    }

    function test_given_a_settled_licence() external {
        uint256 offerId = _offer();
        uint256 licenseId = _settle(_buy(offerId));
        ILicenseLens.License memory wanted = ILicenseLens.License({
            offerId: offerId,
            datasetId: dataset,
            licensee: researcher,
            version: 1,
            state: IAccessLicense.State.Settled,
            right: IAccessLicense.Right.Download,
            usesLeft: UNCOUNTED,
            price: PRICE,
            currency: ETH,
            deadline: 0,
            expiresAt: _now() + 30 days,
            proRata: false,
            earned: 0
        });
        vm.assertEq(abi.encode(lens.licenseOf(licenseId)), abi.encode(wanted));
        vm.assertEq(lens.licenseOf(licenseId).expiresAt, wanted.expiresAt);
    }

    function _assess(uint256 offerId, uint64 duo, uint32 disease, bytes32[] memory proof, DuoPolicy.Decision wanted)
        private
        view
    {
        DuoPolicy.Decision got = lens.assess(offerId, IAccessLicense.ResearchPurpose(duo, disease, 0), proof);
        vm.assertEq(uint256(got), uint256(wanted));
    }

    function _refusesOfferId(uint256 offerId) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_UnknownOffer.selector, offerId));
    }
}
