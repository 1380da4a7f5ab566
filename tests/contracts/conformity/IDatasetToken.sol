// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {deployed} from "../Deployed.sol";

/// @notice What solmate's ERC-721 suite calls; see DatasetToken.sol.
interface IDatasetToken is IERC721Metadata {
    function mint(address to, uint256 id) external;
    function safeMint(address to, uint256 id) external;
    function safeMint(address to, uint256 id, bytes memory data) external;
    function burn(uint256 id) external;
}

/// @notice The suite gives its token a name and a symbol; this one has its own.
function datasetToken(string memory, string memory) returns (IDatasetToken) {
    return IDatasetToken(deployed("tests/contracts/conformity/DatasetToken.sol:DatasetToken", ""));
}
