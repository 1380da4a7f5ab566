// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IERC5192} from "../interfaces/IERC5192.sol";

/// @title A token that stays with its holder (ERC-5192)
/// @dev Not `pure`, though they could be: ERC-721 has them as transactions, and so must the ABI.
abstract contract Soulbound is ERC721, IERC5192, IAccessLicense {
    function approve(address, uint256 licenseId) public override {
        revert AccessLicense_Soulbound(licenseId);
    }

    function setApprovalForAll(address, bool) public override {
        revert AccessLicense_Soulbound(0);
    }

    function transferFrom(address, address, uint256 licenseId) public override {
        revert AccessLicense_Soulbound(licenseId);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 licenseId) external view returns (bool) {
        _requireOwned(licenseId);
        return true;
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == 0xb45a3c0e // ERC-5192
            || super.supportsInterface(interfaceId);
    }
}
