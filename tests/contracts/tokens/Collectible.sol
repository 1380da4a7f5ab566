// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice An ERC-721 that pretends to be money: it has decimals, too.
contract Collectible is ERC721 {
    uint8 public constant decimals = 0;

    constructor() ERC721("Collectible", "ART") {}

    function mint(address to, uint256 tokenId) external {
        _mint(to, tokenId);
    }
}
