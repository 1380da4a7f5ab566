// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {Cid} from "../libraries/Cid.sol";
import {CodecKind, ModelVersion, StoredModel} from "../types/Rounds.sol";
import {RegistryState} from "./RegistryState.sol";

/// @title Models and their versions
abstract contract Models is ERC721, RegistryState {
    /// @inheritdoc IModelRegistry
    function register(bytes32 architecture, bytes32 card, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint256 modelId)
    {
        if (architecture == 0) revert ModelRegistry_EmptyField("architecture");
        if (card == 0) revert ModelRegistry_EmptyField("card");
        _checkWeights(weightsRoot, weights);
        modelId = ++modelCount;
        _models[modelId].architecture = architecture;
        _models[modelId].card = card;
        _versions[modelId][1] = ModelVersion(weightsRoot, weights, 0, uint40(block.timestamp));
        _mint(msg.sender, modelId);
        emit ModelRegistered(modelId, msg.sender, architecture, card, weightsRoot, weights);
    }

    /// @inheritdoc IModelRegistry
    function publishVersion(uint256 modelId, bytes32 weightsRoot, bytes32 weights) external returns (uint32 version) {
        _checkOwner(modelId);
        uint64 open = _models[modelId].openRound;
        if (open != 0) revert ModelRegistry_RoundOpen(modelId, open);
        return _publishVersion(modelId, weightsRoot, weights, 0);
    }

    /// @inheritdoc IModelRegistry
    function grantCodec(uint256 modelId, address account, CodecKind kind, bytes32 envelope) external {
        _checkOwner(modelId);
        if (account == address(0)) revert ModelRegistry_EmptyField("account");
        if (envelope == 0) revert ModelRegistry_EmptyField("envelope");
        _codecs[modelId][account][kind] = envelope;
        emit CodecGranted(modelId, account, kind, envelope, msg.sender);
    }

    /// @inheritdoc IModelRegistry
    function latestVersion(uint256 modelId) external view returns (uint32) {
        _requireOwned(modelId);
        return _models[modelId].laterVersions + 1;
    }

    /// @inheritdoc IModelRegistry
    function versionOf(uint256 modelId, uint32 version) external view returns (ModelVersion memory stored) {
        stored = _versions[modelId][version];
        if (stored.publishedAt == 0) revert ModelRegistry_UnknownVersion(modelId, version);
    }

    /// @inheritdoc IModelRegistry
    function architectureOf(uint256 modelId) external view returns (bytes32) {
        _requireOwned(modelId);
        return _models[modelId].architecture;
    }

    /// @inheritdoc IModelRegistry
    function cardOf(uint256 modelId) external view returns (bytes32) {
        _requireOwned(modelId);
        return _models[modelId].card;
    }

    /// @inheritdoc IModelRegistry
    function codecOf(uint256 modelId, address account, CodecKind kind) external view returns (bytes32 envelope) {
        return _codecs[modelId][account][kind];
    }

    /// @inheritdoc IModelRegistry
    function openRoundOf(uint256 modelId) external view returns (uint256 roundId) {
        return _models[modelId].openRound;
    }

    /// @notice The model's card, on IPFS.
    function tokenURI(uint256 modelId) public view override returns (string memory) {
        _requireOwned(modelId);
        return Cid.uri(_models[modelId].card);
    }

    /// @dev A round is its opener's: given away with the model, it would be held in the name of somebody who never asked,
    /// and use that one's licences.
    function _update(address to, uint256 modelId, address auth) internal override returns (address) {
        uint64 open = _models[modelId].openRound;
        if (open != 0) revert ModelRegistry_RoundOpen(modelId, open);
        return super._update(to, modelId, auth);
    }

    function _publishVersion(uint256 modelId, bytes32 weightsRoot, bytes32 weights, uint256 roundId)
        internal
        returns (uint32 version)
    {
        _checkWeights(weightsRoot, weights);
        StoredModel storage model = _models[modelId];
        model.laterVersions += 1;
        version = model.laterVersions + 1;
        _versions[modelId][version] = ModelVersion(weightsRoot, weights, uint64(roundId), uint40(block.timestamp));
        emit ModelVersionPublished(modelId, version, weightsRoot, weights, roundId, msg.sender);
    }

    function _checkOwner(uint256 modelId) internal view {
        if (_requireOwned(modelId) != msg.sender) revert ModelRegistry_NotOwner(modelId, msg.sender);
    }

    function _checkWeights(bytes32 weightsRoot, bytes32 weights) private pure {
        if (weightsRoot == 0) revert ModelRegistry_EmptyField("weightsRoot");
        if (weights == 0) revert ModelRegistry_EmptyField("weights");
    }
}
