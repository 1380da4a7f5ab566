// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that nobody should take: says that it moved what it did not, and misreports balances.
contract LyingToken is ERC20 {
    enum Lie {
        None, // 0: an ordinary token
        MoveNothing, // 1: transfers succeed, and nothing moves
        PretendToMove, // 2: nothing moves, but the receiver's balance says that it did
        Shrink // 3: the receiver's balance gets smaller with what it receives
    }

    Lie public lie;
    mapping(address account => uint256) public pretended;
    mapping(address account => uint256) public hidden;

    constructor() ERC20("Lying Token", "LIE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setLie(Lie next) external {
        lie = next;
    }

    function balanceOf(address account) public view override returns (uint256) {
        uint256 balance = super.balanceOf(account) + pretended[account];
        return balance > hidden[account] ? balance - hidden[account] : 0;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _doesLie(to, amount) || super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return _doesLie(to, amount) || super.transferFrom(from, to, amount);
    }

    function _doesLie(address to, uint256 amount) private returns (bool) {
        if (lie == Lie.PretendToMove) pretended[to] += amount;
        if (lie == Lie.Shrink) hidden[to] += amount;
        return lie != Lie.None;
    }
}
