// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dollar} from "./Dollar.sol";

/// @notice The dollar as a stablecoin's contract is compiled for a chain, by way of Yul (foundry.toml), for the gas snapshot.
contract MeasuredDollar is Dollar {}
