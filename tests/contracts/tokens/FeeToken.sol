// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Burns a part of every transfer, so that less arrives than was sent.
contract FeeToken is ERC20 {
    /// @notice In basis points.
    uint256 public fee = 100;
    /// @notice Whether the sender pays it besides the amount, instead of the receiver out of it.
    bool public onTop;

    constructor() ERC20("Fee Token", "FEE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFee(uint256 basisPoints) external {
        fee = basisPoints;
    }

    function setOnTop(bool yes) external {
        onTop = yes;
    }

    function _update(address from, address to, uint256 amount) internal override {
        uint256 burnt = from == address(0) || to == address(0) ? 0 : amount * fee / 10_000;
        super._update(from, to, onTop ? amount : amount - burnt);
        if (burnt != 0) super._update(from, address(0), burnt);
    }
}
