// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC5192} from "../interfaces/IERC5192.sol";
import {Cid} from "../libraries/Cid.sol";
import {StoredLicense} from "../types/Licensing.sol";
import {LicenseState} from "./LicenseState.sol";

/// @title A licence as a token (ERC-721) that stays with its holder (ERC-5192)
/// @dev The holder is the licensee of a licence that is not over: one that was refunded, rejected or revoked is burnt.
/// What moves tokens always reverts, so there are no approvals to keep. Not `pure`, though it could be: ERC-721 has these
/// functions as transactions, and so must the ABI.
abstract contract Soulbound is LicenseState, IERC721, IERC721Metadata, IERC5192 {
    /// @inheritdoc IERC721Metadata
    string public constant name = "BioDeSci Access Licence";
    /// @inheritdoc IERC721Metadata
    string public constant symbol = "BDSL";

    function approve(address, uint256 licenseId) external {
        revert AccessLicense_Soulbound(licenseId);
    }

    function setApprovalForAll(address, bool) external {
        revert AccessLicense_Soulbound(0);
    }

    function transferFrom(address, address, uint256 licenseId) external {
        revert AccessLicense_Soulbound(licenseId);
    }

    function safeTransferFrom(address, address, uint256 licenseId) external {
        revert AccessLicense_Soulbound(licenseId);
    }

    function safeTransferFrom(address, address, uint256 licenseId, bytes calldata) external {
        revert AccessLicense_Soulbound(licenseId);
    }

    /// @notice How many licences `account` holds that are not over.
    function balanceOf(address account) external view returns (uint256) {
        if (account == address(0)) revert IERC721Errors.ERC721InvalidOwner(account);
        return _balances[account];
    }

    /// @inheritdoc IERC721
    function ownerOf(uint256 licenseId) external view returns (address) {
        return _held(licenseId).licensee;
    }

    /// @notice The card of the licensed version, on IPFS.
    function tokenURI(uint256 licenseId) external view returns (string memory) {
        StoredLicense storage license = _held(licenseId);
        return Cid.uri(DATASETS.versionOf(_offerOf(license).datasetId, license.version).card);
    }

    /// @inheritdoc IERC721
    function getApproved(uint256 licenseId) external view returns (address) {
        _held(licenseId);
        return address(0);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 licenseId) external view returns (bool) {
        _held(licenseId);
        return true;
    }

    /// @inheritdoc IERC721
    function isApprovedForAll(address, address) external pure returns (bool) {
        return false;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC721).interfaceId
            || interfaceId == type(IERC721Metadata).interfaceId || interfaceId == 0xb45a3c0e; // ERC-5192
    }

    function _mint(address licensee, uint256 licenseId) internal {
        ++_balances[licensee];
        emit Transfer(address(0), licensee, licenseId);
        emit Locked(licenseId);
    }

    function _burn(uint256 licenseId, StoredLicense storage license, State end) internal {
        address licensee = license.licensee;
        license.state = end;
        --_balances[licensee];
        emit Transfer(licensee, address(0), licenseId);
    }

    function _held(uint256 licenseId) private view returns (StoredLicense storage license) {
        license = _licenses[licenseId];
        State state = license.state;
        bool over = state == State.Refunded || state == State.Rejected || state == State.Revoked;
        if (state == State.None || over) revert IERC721Errors.ERC721NonexistentToken(licenseId);
    }
}
