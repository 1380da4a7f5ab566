// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DatasetNFT} from "../../../contracts/DatasetNFT.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";

/// @notice DatasetNFT with the entry points by which solmate's ERC-721 suite makes and burns tokens; see adapt_solmate.py.
contract DatasetToken is DatasetNFT {
    constructor() DatasetNFT(IAccessLicense(address(0))) {}

    /// @dev Published by `to`, as any dataset is, after setting the counter, which never gets as far as many ids of a fuzzer.
    function mint(address to, uint256 id) public {
        if (id == 0 || id > type(uint64).max) return _mint(to, id);
        IDatasetNFT.Publication memory p;
        p.card = bytes32("card");
        p.contentRoot = bytes32("content");
        p.keyCommitment = bytes32("key");
        p.terms = DuoPolicy.GRU;
        _nextId = id;
        vm.prank(to);
        this.publish(p, new IDatasetNFT.Source[](0));
    }

    function safeMint(address to, uint256 id) external {
        _safeMint(to, id);
    }

    function safeMint(address to, uint256 id, bytes memory data) external {
        _safeMint(to, id, data);
    }

    function burn(uint256 id) external {
        _burn(id);
    }
}
