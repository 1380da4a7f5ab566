// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @notice The cheat codes of forge that these tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    // The next call, and accounts.
    function prank(address sender) external;
    function deal(address account, uint256 balance) external;
    function label(address account, string calldata name) external;
    function expectRevert(bytes calldata answer) external;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address account) external view returns (uint64);

    /// @dev As at the beginning of a transaction: the first look at each of the account's slots costs 2,100 gas.
    function cool(address account) external;

    /// @dev What is in a slot. It is no call, so that it may stand between what is expected and the call that it is of.
    function load(address account, bytes32 slot) external view returns (bytes32);

    // Time.
    function chainId(uint256 chain) external;
    function warp(uint256 timestamp) external;
    function snapshotState() external returns (uint256);
    function revertToState(uint256 snapshot) external returns (bool);
    /// @dev The optimiser takes `block.timestamp` to be the same all through a call, which a `warp` in it makes false.
    function getBlockTimestamp() external view returns (uint256);

    // Signatures. The hashes are forge's own, as a wallet's are.
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function eip712HashStruct(string calldata definition, bytes calldata encoded) external pure returns (bytes32);

    // Logs since `recordLogs`, or since they were last read.
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);

    // Files.
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function readFile(string calldata path) external view returns (string memory);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonBytes32Array(string calldata json, string calldata key) external pure returns (bytes32[] memory);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonKeys(string calldata json, string calldata key) external pure returns (string[] memory);
    function toString(uint256 value) external pure returns (string memory);
    function toString(bytes32 value) external pure returns (string memory);

    // Assertions, which say both values.
    function assertTrue(bool condition) external pure;
    function assertFalse(bool condition) external pure;
    function assertEq(bool got, bool wanted) external pure;
    function assertEq(uint256 got, uint256 wanted) external pure;
    function assertEq(address got, address wanted) external pure;
    function assertEq(bytes32 got, bytes32 wanted) external pure;
    function assertEq(bytes calldata got, bytes calldata wanted) external pure;
    function assertEq(string calldata got, string calldata wanted) external pure;
    function assertEq(uint256[] calldata got, uint256[] calldata wanted) external pure;
    function assertEq(bytes32[] calldata got, bytes32[] calldata wanted) external pure;

    // Fuzzing.
    function assume(bool condition) external pure;
    function pauseGasMetering() external;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
