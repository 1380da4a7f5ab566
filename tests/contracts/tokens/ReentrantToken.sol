// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Reentry} from "./Reentry.sol";

/// @notice Moves what it should, and calls back on the way, as an ERC-777 does by its hooks: before the balances change, or after.
contract ReentrantToken is ERC20, Reentry {
    bool public callsBefore;

    constructor() ERC20("Reentrant Token", "REENTER") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function callBefore(bool yes) external {
        callsBefore = yes;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (callsBefore) _callBack();
        super.transfer(to, amount);
        if (!callsBefore) _callBack();
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (callsBefore) _callBack();
        super.transferFrom(from, to, amount);
        if (!callsBefore) _callBack();
        return true;
    }
}
