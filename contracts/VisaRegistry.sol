// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IVisaRegistry} from "./interfaces/IVisaRegistry.sol";

/// @title Visa registry
/// @dev Everybody has power over their own entries alone: owners over whom they trust, issuers over what they revoke.
// slither-disable-next-line unimplemented-functions // a public mapping implements `requiredValue`
contract VisaRegistry is EIP712, IVisaRegistry {
    uint8 public constant ALL_TYPES = 15;

    /// @notice GA4GH registered access: a bona fide researcher who accepted the terms.
    uint8 public constant REGISTERED_ACCESS =
        uint8(1 << uint8(VisaType.ResearcherStatus)) | uint8(1 << uint8(VisaType.AcceptedTermsAndPolicies));

    bytes32 private constant VISA_TYPEHASH =
        keccak256("Visa(address subject,uint8 visaType,bytes32 value,address issuer,uint40 asserted,uint40 expires)");

    /// @inheritdoc IVisaRegistry
    mapping(address owner => mapping(address issuer => uint8)) public trustedTypes;
    /// @inheritdoc IVisaRegistry
    mapping(address owner => mapping(VisaType visaType => bytes32)) public requiredValue;
    /// @inheritdoc IVisaRegistry
    mapping(bytes32 id => bool) public isRevoked;

    constructor() EIP712("BioDeSci Visas", "1") {}

    /// @inheritdoc IVisaRegistry
    function trust(address issuer, uint8 types) external {
        if (types & ~ALL_TYPES != 0) revert VisaRegistry_BadTypes(types, ALL_TYPES);
        trustedTypes[msg.sender][issuer] = types;
        emit IssuerTrusted(msg.sender, issuer, types);
    }

    /// @inheritdoc IVisaRegistry
    function requireValue(VisaType visaType, bytes32 value) external {
        if (visaType == VisaType.ControlledAccessGrants) revert VisaRegistry_GrantIsFixed();
        requiredValue[msg.sender][visaType] = value;
        emit ValueRequired(msg.sender, visaType, value);
    }

    /// @inheritdoc IVisaRegistry
    function revoke(bytes32 visaHash) external {
        bytes32 id = idOf(msg.sender, visaHash);
        if (isRevoked[id]) revert VisaRegistry_AlreadyRevoked(msg.sender, visaHash);
        isRevoked[id] = true;
        emit VisaRevoked(msg.sender, visaHash);
    }

    /// @inheritdoc IVisaRegistry
    function hashOf(Visa calldata visa) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    VISA_TYPEHASH, visa.subject, visa.visaType, visa.value, visa.issuer, visa.asserted, visa.expires
                )
            )
        );
    }

    /// @inheritdoc IVisaRegistry
    function idOf(address issuer, bytes32 visaHash) public pure returns (bytes32) {
        return keccak256(abi.encode(issuer, visaHash));
    }

    /// @inheritdoc IVisaRegistry
    function check(address owner, address subject, bytes32 resource, uint8 types, SignedVisa[] calldata visas)
        external
        view
        returns (bytes32[] memory ids, uint40 expires)
    {
        ids = new bytes32[](visas.length);
        expires = type(uint40).max;
        // Every visa takes a type off the list, so there are four rounds at most.
        for (uint256 i = 0; i < visas.length; ++i) {
            Visa calldata visa = visas[i].visa;
            uint8 bit = uint8(1 << uint8(visa.visaType));
            if (types & bit == 0) revert VisaRegistry_NotNeeded(visa.visaType);
            types ^= bit;
            if (visa.subject != subject) revert VisaRegistry_WrongSubject(visa.subject, subject);
            if (trustedTypes[owner][visa.issuer] & bit == 0) {
                revert VisaRegistry_UntrustedIssuer(visa.issuer, visa.visaType);
            }
            _checkValue(owner, resource, visa);
            if (visa.asserted > block.timestamp) revert VisaRegistry_NotYetValid(visa.asserted);
            if (visa.expires <= block.timestamp) revert VisaRegistry_Expired(visa.expires);
            bytes32 visaHash = hashOf(visa);
            ids[i] = idOf(visa.issuer, visaHash);
            if (isRevoked[ids[i]]) revert VisaRegistry_Revoked(visa.issuer, visaHash);
            if (!SignatureChecker.isValidSignatureNowCalldata(visa.issuer, visaHash, visas[i].signature)) {
                revert VisaRegistry_BadSignature(visa.issuer, visaHash);
            }
            if (visa.expires < expires) expires = visa.expires;
        }
        if (types != 0) revert VisaRegistry_Missing(types);
    }

    function _checkValue(address owner, bytes32 resource, Visa calldata visa) private view {
        bool isGrant = visa.visaType == VisaType.ControlledAccessGrants;
        bytes32 required = isGrant ? resource : requiredValue[owner][visa.visaType];
        if ((isGrant || required != 0) && visa.value != required) {
            revert VisaRegistry_WrongValue(visa.visaType, visa.value, required);
        }
    }
}
