// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";
import {DatasetState} from "./DatasetState.sol";

/// @title Who acts for a dataset besides its owner
/// @dev The owner names an account, and it counts once the account has accepted.
abstract contract Roles is DatasetState, EIP712 {
    bytes32 private constant ACCEPTANCE_TYPEHASH = keccak256(
        "RoleAcceptance(uint256 datasetId,uint8 role,address account,address owner,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IDatasetNFT
    function grantRole(uint256 datasetId, Role role, address account) external {
        _checkOwner(datasetId);
        if (account == address(0)) revert DatasetNFT_EmptyField("account");
        Mandate storage mandate = _present(datasetId, account);
        if (mandate.granted & _bit(role) != 0) revert DatasetNFT_RoleGrantedBefore(datasetId, role, account);
        mandate.granted |= _bit(role);
        mandate.proposals += uint96(1) << (32 * uint8(role));
        emit RoleGranted(datasetId, role, account, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function acceptRole(uint256 datasetId, Role role) external {
        _accept(datasetId, role, msg.sender);
    }

    /// @inheritdoc IDatasetNFT
    function acceptRoleFor(RoleAcceptance calldata a, bytes calldata signature) external {
        if (block.timestamp > a.deadline) revert DatasetNFT_SignatureExpired(a.deadline);
        if (a.owner != _requireOwned(a.datasetId) || a.nonce != proposalOf(a.datasetId, a.role, a.account)) {
            revert DatasetNFT_OtherProposal(a.datasetId, a.role, a.account);
        }
        if (!SignatureChecker.isValidSignatureNowCalldata(a.account, acceptanceHash(a), signature)) {
            revert DatasetNFT_BadSignature(a.account);
        }
        _accept(a.datasetId, a.role, a.account);
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
    function proposalOf(uint256 datasetId, Role role, address account) public view returns (uint256 nonce) {
        uint32 proposals = uint32(_present(datasetId, account).proposals >> (32 * uint8(role)));
        return uint256(_datasets[datasetId].handovers) << 32 | proposals;
    }

    /// @inheritdoc IDatasetNFT
    function acceptanceHash(RoleAcceptance calldata a) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ACCEPTANCE_TYPEHASH, a)));
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

    function _accept(uint256 datasetId, Role role, address account) private {
        Mandate storage mandate = _present(datasetId, account);
        uint8 bit = _bit(role);
        if (mandate.granted & ~mandate.accepted & bit == 0) revert DatasetNFT_NotProposed(datasetId, role, account);
        mandate.accepted |= bit;
        emit RoleAccepted(datasetId, role, account);
    }

    function _present(uint256 datasetId, address account) private view returns (Mandate storage) {
        _requireOwned(datasetId);
        return _mandate(datasetId, _datasets[datasetId].handovers, account);
    }
}
