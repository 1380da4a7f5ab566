// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Application} from "../../../contracts/types/Rounds.sol";
import {vm} from "../Vm.sol";
import {ModelScene} from "./ModelScene.sol";

contract LicensedTest is ModelScene {
    IAccessLicense.Right private constant TRAIN = IAccessLicense.Right.Train;

    function test_enrol_under_a_licence_given_the_model_owners() external {
        uint256 licenseId = _license(modelOwner, TRAIN);
        vm.prank(hospital);
        datasets.publishVersion(sets[0], _publication("later", DuoPolicy.GRU));
        uint256 roundId = _round();
        _enrol(roundId, hospital, _under(licenseId));
        // A site that enrols may still do nothing.
        vm.assertEq(lens.licenseOf(licenseId).usesLeft, 2);
        vm.assertEq(uint256(lens.licenseOf(licenseId).state), uint256(IAccessLicense.State.Delivered));
        // It is trained on the version that was bought.
        vm.assertEq(models.rosterOf(roundId)[0].version, 1);
    }

    function test_enrol_under_a_licence_given_an_accepted_operator() external {
        uint256 licenseId = _license(modelOwner, TRAIN);
        uint256 roundId = _round();
        vm.prank(hospital);
        datasets.grantRole(sets[0], IDatasetNFT.Role.Operator, stranger);
        Application memory application = _under(licenseId);
        application.roundKeys = _keysOf(stranger);
        _refusesNode(sets[0], stranger);
        _enrol(roundId, stranger, application);
        vm.prank(stranger);
        datasets.acceptRole(sets[0], IDatasetNFT.Role.Operator);
        _enrol(roundId, stranger, application);
        vm.assertEq(models.rosterOf(roundId)[0].node, stranger);
    }

    function test_enrol_under_a_licence_given_its_licensee() external {
        uint256 licenseId = _license(modelOwner, TRAIN);
        uint256 roundId = _round();
        _refusesNode(sets[0], modelOwner);
        _enrol(roundId, modelOwner, _under(licenseId));
    }

    function test_enrol_under_a_licence_given_another_licensee_right_or_dataset() external {
        uint256 roundId = _round();
        uint256 theirs = _license(researcher, TRAIN);
        _refusesLicense(theirs, sets[0]);
        _enrol(roundId, hospital, _under(theirs));
        uint256 download = _license(modelOwner, IAccessLicense.Right.Download);
        _refusesLicense(download, sets[0]);
        _enrol(roundId, hospital, _under(download));
        uint256 other = _license(modelOwner, TRAIN);
        Application memory application = _under(other);
        (application.datasetId, application.roundKeys) = (sets[1], _keysOf(second));
        _refusesLicense(other, sets[1]);
        _enrol(roundId, second, application);
    }

    function test_enrol_under_a_licence_given_one_that_is_used_up_or_withdrawn_from() external {
        uint256 licenseId = _license(modelOwner, TRAIN);
        for (uint256 i = 0; i < 2; ++i) {
            _trained(_again(i), licenseId, i);
        }
        uint256 third = _again(2);
        _refusesLicense(licenseId, sets[0]);
        _enrol(third, hospital, _under(licenseId, 2));
        uint256 withdrawn = _license(modelOwner, TRAIN);
        _withdraw(hospital, sets[0], 1);
        _refusesLicense(withdrawn, sets[0]);
        _enrol(third, hospital, _under(withdrawn, 2));
    }

    function test_commitUpdate_under_a_licence_given_an_active_one() external {
        uint256 licenseId = _license(modelOwner, TRAIN);
        _trained(_again(0), licenseId, 0);
        vm.assertEq(lens.licenseOf(licenseId).usesLeft, 1);
        // Whether it was served well is for the licensee to say.
        vm.assertEq(uint256(lens.licenseOf(licenseId).state), uint256(IAccessLicense.State.Delivered));
    }

    function test_commitUpdate_under_a_licence_given_one_that_was_used_up_or_revoked_meanwhile() external {
        uint256 licenseId = _license(modelOwner, TRAIN);
        uint256 roundId = _dealtUnder(_again(0), licenseId, 0);
        _revoke(hospital, licenseId);
        _refusesInactive(licenseId);
        _commit(hospital, roundId, "masked");
        _commit(second, roundId, "masked");
    }

    /// @dev The first hospital under the licence, the second of its own will; dealers are fixed.
    function _dealtUnder(uint256 roundId, uint256 licenseId, uint256 attempt) private returns (uint256) {
        _enrol(roundId, hospital, _under(licenseId, attempt));
        Application memory application = _application(second, sets[1]);
        application.plan = _planned(attempt).plan;
        _enrol(roundId, second, application);
        return _fix(aggregator, _start(aggregator, roundId), BOTH);
    }

    function _trained(uint256 roundId, uint256 licenseId, uint256 attempt) private {
        _commit(hospital, _dealtUnder(roundId, licenseId, attempt), "masked");
        vm.prank(modelOwner);
        models.abort(roundId, "why");
    }

    /// @dev Delivered, for two uses of the first hospital's dataset.
    function _license(address buyer, IAccessLicense.Right right) private returns (uint256 licenseId) {
        IAccessLicense.Offer memory terms = _terms(sets[0]);
        (terms.right, terms.uses) = (right, 2);
        vm.deal(buyer, buyer.balance + terms.price);
        licenseId = _buy(buyer, _createOffer(hospital, terms), DuoPolicy.GRU);
        _deliver(hospital, licenseId, right == TRAIN ? bytes32(0) : ENVELOPE);
    }

    function _again(uint256 attempt) private returns (uint256) {
        vm.prank(modelOwner);
        return models.openRound(model, _planned(attempt));
    }

    function _refusesLicense(uint256 licenseId, uint256 datasetId) private {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotLicensed.selector, licenseId, datasetId));
    }

    function _under(uint256 licenseId) private view returns (Application memory application) {
        application = _application(hospital, sets[0]);
        application.licenseId = licenseId;
    }

    function _under(uint256 licenseId, uint256 attempt) private view returns (Application memory application) {
        application = _under(licenseId);
        application.plan = _planned(attempt).plan;
    }
}
