// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IAccessLicense} from "../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../contracts/interfaces/IDatasetNFT.sol";
import {IGuardedCustody} from "../../contracts/interfaces/IGuardedCustody.sol";
import {IVisaRegistry} from "../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "./Vm.sol";

/// @notice What people sign (EIP-712). The types are written here once more, and forge hashes them, so that a signature
/// checks what the contracts hash.
library Typed {
    /// @dev Of a struct with strings, because forge reads the encoding of one.
    struct Domain {
        string name;
        string version;
        uint256 chainId;
        address verifyingContract;
    }

    string private constant DOMAIN =
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    string private constant ORDER =
        "Order(address buyer,uint256 offerId,bytes32 offerHash,uint32 version,ResearchPurpose purpose,address currency,uint256 price,bool mayReview,uint40 visasUntil,uint256 nonce,uint256 deadline)ResearchPurpose(uint64 duo,uint32 disease,bytes32 statement)";
    string private constant VISA =
        "Visa(address subject,uint8 visaType,bytes32 value,address issuer,uint40 asserted,uint40 expires)";
    string private constant REGISTRATION =
        "Registration(address account,bytes32 keyHash,uint256 nonce,uint256 deadline)";
    string private constant ROLE_ACCEPTANCE =
        "RoleAcceptance(uint256 datasetId,uint8 role,address account,address owner,uint256 nonce,uint256 deadline)";
    string private constant APPROVAL =
        "Approval(uint48 licenseId,address licensee,bytes32 envelope,bytes32 commitments,uint32 again,uint40 deadline,bytes32 set)";
    string private constant PERMIT =
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
    string private constant AUTHORIZATION =
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

    /// @notice What a purchase binds of an offer, by the interface's words.
    function offer(IAccessLicense.Offer memory o) internal pure returns (bytes32) {
        bytes memory amounts = abi.encodePacked(o.disputeWindow, o.deliveryWindow, o.uses, o.duration, o.price);
        bytes memory flags = abi.encodePacked(uint24(0), o.visas, o.proRata, o.currency != address(0), true);
        bytes memory rest = abi.encodePacked(o.right, uint32(o.datasetId), o.arbiter);
        return keccak256(bytes.concat(amounts, flags, rest, abi.encode(o.currency)));
    }

    function order(address licenses, IAccessLicense.Order memory o) internal view returns (bytes32) {
        return _hash("BioDeSci Access Licence", licenses, ORDER, abi.encode(o));
    }

    function visa(address visas, IVisaRegistry.Visa memory v) internal view returns (bytes32) {
        return _hash("BioDeSci Visas", visas, VISA, abi.encode(v));
    }

    function registration(address keys, address account, bytes memory key, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        return _hash("BioDeSci Keys", keys, REGISTRATION, abi.encode(account, keccak256(key), nonce, deadline));
    }

    function acceptance(address datasets, IDatasetNFT.RoleAcceptance memory a) internal view returns (bytes32) {
        return _hash("BioDeSci Datasets", datasets, ROLE_ACCEPTANCE, abi.encode(a));
    }

    function approval(address custody, IGuardedCustody.Delivery memory d, bytes32 set) internal view returns (bytes32) {
        return _hash("BioDeSci Guarded Custody", custody, APPROVAL, abi.encode(d, set));
    }

    /// @notice An ERC-2612 permit.
    function permit(address token, address owner, address spender, uint256 value, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        return _hash(IERC20Metadata(token).name(), token, PERMIT, abi.encode(owner, spender, value, nonce, deadline));
    }

    /// @notice An ERC-3009 authorization to receive `value`, from now on.
    function authorization(address token, address from, address to, uint256 value, uint256 until, bytes32 nonce)
        internal
        view
        returns (bytes32)
    {
        return _hash(IERC20Metadata(token).name(), token, AUTHORIZATION, abi.encode(from, to, value, 0, until, nonce));
    }

    function _hash(string memory name, address target, string memory definition, bytes memory encoded)
        private
        view
        returns (bytes32)
    {
        bytes32 domain = vm.eip712HashStruct(DOMAIN, abi.encode(Domain(name, "1", block.chainid, target)));
        return keccak256(abi.encodePacked(hex"1901", domain, vm.eip712HashStruct(definition, encoded)));
    }
}
