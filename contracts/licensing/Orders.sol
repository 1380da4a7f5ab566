// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";

/// @title Signed orders (EIP-712)
/// @dev Each order takes the buyer's next nonce, so it is carried out once.
abstract contract Orders is IAccessLicense, IERC5267, Nonces {
    string private constant DOMAIN_NAME = "BioDeSci Access Licence";
    string private constant DOMAIN_VERSION = "1";
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant PURPOSE_TYPEHASH =
        keccak256("ResearchPurpose(uint64 duo,uint32 disease,bytes32 statement)");
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address buyer,uint256 offerId,bytes32 offerHash,uint32 version,ResearchPurpose purpose,address currency,uint256 price,bool mayReview,uint40 visasUntil,uint256 nonce,uint256 deadline)ResearchPurpose(uint64 duo,uint32 disease,bytes32 statement)"
    );

    /// @inheritdoc IAccessLicense
    function cancelOrders() external {
        emit OrdersCancelled(msg.sender, _useNonce(msg.sender));
    }

    /// @inheritdoc IAccessLicense
    function orderHash(Order calldata order) public view returns (bytes32) {
        ResearchPurpose calldata purpose = order.purpose;
        bytes32 purposeHash = keccak256(abi.encode(PURPOSE_TYPEHASH, purpose.duo, purpose.disease, purpose.statement));
        // In two parts, each of whole words: for one there are too many values.
        bytes memory what = abi.encode(
            ORDER_TYPEHASH, order.buyer, order.offerId, order.offerHash, order.version, purposeHash, order.currency
        );
        bytes memory how = abi.encode(order.price, order.mayReview, order.visasUntil, order.nonce, order.deadline);
        return MessageHashUtils.toTypedDataHash(_domainSeparator(), keccak256(bytes.concat(what, how)));
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // Name, version, chain and contract.
        return (hex"0f", DOMAIN_NAME, DOMAIN_VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    /// @dev A buyer who calls needs no signature: the transaction's says the same. The nonce is used up all the same, or
    /// somebody else who holds a signature of the order could buy once more; an empty one, too, which some wallets take.
    function _useOrder(Order calldata order, bytes calldata signature) internal {
        if (block.timestamp > order.deadline) revert AccessLicense_OrderExpired(order.deadline);
        bool byBuyer = msg.sender == order.buyer && signature.length == 0;
        if (!byBuyer && !SignatureChecker.isValidSignatureNowCalldata(order.buyer, orderHash(order), signature)) {
            revert AccessLicense_BadSignature(order.buyer);
        }
        _useCheckedNonce(order.buyer, order.nonce);
    }

    /// @dev Made anew each time: a chain that splits off has another id.
    function _domainSeparator() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH,
                keccak256(bytes(DOMAIN_NAME)),
                keccak256(bytes(DOMAIN_VERSION)),
                block.chainid,
                address(this)
            )
        );
    }
}
