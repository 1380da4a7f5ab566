// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @notice The few cheat codes of forge that these tests use.
interface Vm {
    function prank(address sender) external;
    function deal(address account, uint256 balance) external;
    function warp(uint256 timestamp) external;
    /// @dev The optimiser takes `block.timestamp` to be the same all through a call, which a `warp` in it makes false.
    function getBlockTimestamp() external view returns (uint256);
    function pauseGasMetering() external;
    function assume(bool condition) external pure;
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 privateKey) external pure returns (address);
    function readFile(string calldata path) external view returns (string memory);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address account) external view returns (uint64);
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
