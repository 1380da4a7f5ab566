// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {CodecKind, ModelVersion} from "../../../contracts/types/Rounds.sol";
import {vm} from "../Vm.sol";
import {ModelScene} from "./ModelScene.sol";

contract ModelTest is ModelScene {
    function test_register_given_an_empty_field() external {
        string[4] memory names = ["architecture", "card", "weightsRoot", "weights"];
        for (uint256 i = 0; i < 4; ++i) {
            bytes32[4] memory f = [bytes32("architecture"), "card", "weightsRoot", "weights"];
            f[i] = 0;
            vm.prank(modelOwner);
            _refusesEmpty(names[i]);
            models.register(f[0], f[1], f[2], f[3]);
        }
    }

    function test_register_given_all_fields() external {
        uint256 next = model + 1;
        vm.recordLogs();
        vm.prank(modelOwner);
        models.register("architecture", "card", "weightsRoot", "weights");
        emit IERC721.Transfer(address(0), modelOwner, next);
        emit IModelRegistry.ModelRegistered(next, modelOwner, "architecture", "card", "weightsRoot", "weights");
        _saw(address(models));
        vm.assertEq(models.ownerOf(next), modelOwner);
        vm.assertEq(models.latestVersion(next), 1);
        vm.assertEq(models.modelCount(), next);
        vm.assertEq(models.architectureOf(next), "architecture");
        vm.assertEq(models.cardOf(next), "card");
        string memory digest = "6361726400000000000000000000000000000000000000000000000000000000";
        vm.assertEq(models.tokenURI(next), string.concat("ipfs://f01701220", digest));
        ModelVersion memory version = models.versionOf(next, 1);
        vm.assertEq(version.weightsRoot, "weightsRoot");
        vm.assertEq(version.weights, "weights");
        vm.assertEq(version.roundId, 0);
        vm.assertEq(version.publishedAt, _now());
    }

    function test_publishVersion_given_another_sender_than_the_owner() external {
        _refusesModelOwner(stranger);
        _publishWeights(stranger, model, "r", "w");
        _refusesMissing(9);
        _publishWeights(stranger, 9, "r", "w");
    }

    function test_publishVersion_given_an_open_round() external {
        uint256 roundId = _round();
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_RoundOpen.selector, model, roundId));
        _publishWeights(modelOwner, model, "r", "w");
    }

    function test_publishVersion_given_an_empty_field() external {
        _refusesEmpty("weightsRoot");
        _publishWeights(modelOwner, model, 0, "w");
        _refusesEmpty("weights");
        _publishWeights(modelOwner, model, "r", 0);
    }

    function test_publishVersion_given_the_owner() external {
        vm.recordLogs();
        _publishWeights(modelOwner, model, "r", "w");
        emit IModelRegistry.ModelVersionPublished(model, 2, "r", "w", 0, modelOwner);
        _saw(address(models));
        vm.assertEq(models.latestVersion(model), 2);
        vm.assertEq(models.versionOf(model, 1).weights, "weights 1");
        vm.assertEq(models.versionOf(model, 2).roundId, 0);
    }

    function test_grantCodec_given_another_sender_or_an_empty_field() external {
        _refusesModelOwner(stranger);
        _grant(stranger, stranger, "e");
        _refusesEmpty("account");
        _grant(modelOwner, address(0), "e");
        _refusesEmpty("envelope");
        _grant(modelOwner, hospital, 0);
    }

    function test_grantCodec_given_an_envelope() external {
        vm.recordLogs();
        _grant(modelOwner, hospital, "e");
        emit IModelRegistry.CodecGranted(model, hospital, CodecKind(1), "e", modelOwner);
        _saw(address(models));
        vm.assertEq(models.codecOf(model, hospital, CodecKind(1)), "e");
        vm.assertEq(models.codecOf(model, hospital, CodecKind(0)), 0);
    }

    function test_transfer_given_an_open_round() external {
        uint256 roundId = _round();
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_RoundOpen.selector, model, roundId));
        vm.prank(modelOwner);
        IERC721(address(models)).transferFrom(modelOwner, stranger, model);
    }

    function test_transfer_given_none() external {
        vm.prank(modelOwner);
        IERC721(address(models)).transferFrom(modelOwner, stranger, model);
        vm.assertEq(IERC721(address(models)).ownerOf(model), stranger);
    }

    function test_views_given_a_model_that_does_not_exist() external {
        _refusesMissing(9);
        models.latestVersion(9);
        _refusesMissing(9);
        models.architectureOf(9);
        _refusesMissing(9);
        models.cardOf(9);
        _refusesMissing(9);
        models.tokenURI(9);
    }

    function test_views_given_a_version_that_does_not_exist() external {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_UnknownVersion.selector, model, 2));
        models.versionOf(model, 2);
    }

    function _publishWeights(address by, uint256 modelId, bytes32 root, bytes32 weights) private {
        vm.prank(by);
        models.publishVersion(modelId, root, weights);
    }

    function _grant(address by, address account, bytes32 envelope) private {
        vm.prank(by);
        models.grantCodec(model, account, CodecKind(1), envelope);
    }
}
