// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Refuses to change an approval that is not zero, as Tether's token does.
contract StubbornToken is ERC20 {
    constructor() ERC20("Stubborn Token", "STUB") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        require(amount == 0 || allowance(msg.sender, spender) == 0, "approve 0 first");
        return super.approve(spender, amount);
    }
}
