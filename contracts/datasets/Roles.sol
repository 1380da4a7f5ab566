// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";
import {DatasetState} from "./DatasetState.sol";

/// @title Who acts for a dataset besides its owner
/// @dev The owner names an account, and it counts once the account has accepted.
abstract contract Roles is DatasetState {
    /// @inheritdoc IDatasetNFT
    function grantRole(uint256 datasetId, Role role, address account) external {
        _checkOwner(datasetId);
        if (account == address(0)) revert DatasetNFT_EmptyField("account");
        Mandate storage mandate = _present(datasetId, account);
        if (mandate.granted & _bit(role) != 0) revert DatasetNFT_RoleGrantedBefore(datasetId, role, account);
        mandate.granted |= _bit(role);
        emit RoleGranted(datasetId, role, account, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function acceptRole(uint256 datasetId, Role role) external {
        Mandate storage mandate = _present(datasetId, msg.sender);
        uint8 bit = _bit(role);
        if (mandate.granted & ~mandate.accepted & bit == 0) revert DatasetNFT_NotProposed(datasetId, role, msg.sender);
        mandate.accepted |= bit;
        emit RoleAccepted(datasetId, role, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function revokeRole(uint256 datasetId, Role role, address account) external {
        if (account != msg.sender) _checkOwner(datasetId);
        Mandate storage mandate = _present(datasetId, account);
        uint8 bit = _bit(role);
        if (mandate.granted & bit == 0) revert DatasetNFT_NoSuchRole(datasetId, role, account);
        mandate.granted &= ~bit;
        mandate.accepted &= ~bit;
        emit RoleRevoked(datasetId, role, account, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function hasRole(uint256 datasetId, Role role, address account) external view returns (bool) {
        return _present(datasetId, account).accepted & _bit(role) != 0 || _ownerOf(datasetId) == account;
    }

    /// @inheritdoc IDatasetNFT
    function rolesOf(uint256 datasetId, address account) external view returns (uint8 granted, uint8 accepted) {
        Mandate storage mandate = _present(datasetId, account);
        return (mandate.granted, mandate.accepted);
    }

    function _bit(Role role) internal pure returns (uint8) {
        return uint8(1 << uint8(role));
    }

    function _present(uint256 datasetId, address account) private view returns (Mandate storage) {
        _requireOwned(datasetId);
        return _mandate(datasetId, _datasets[datasetId].handovers, account);
    }
}
