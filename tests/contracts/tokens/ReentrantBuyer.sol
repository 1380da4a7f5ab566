// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reentry} from "./Reentry.sol";

/// @notice A contract that buys, sells and collects (by `execute`), and calls back when ETH reaches it.
contract ReentrantBuyer is Reentry {
    receive() external payable override {
        _callBack();
    }
}
