// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Calls} from "./Calls.sol";

/// @notice Who signs visas, rightly or not, and by whose word data owners go: two issuers that they know, and one that
/// nobody does.
abstract contract Issuers is Calls {
    uint256 private constant ISSUER_KEY = 0x155;
    uint256 private constant KNOWN = 2;
    uint8 private constant TYPES = 4;
    bytes32 private constant VISA_TYPEHASH =
        keccak256("Visa(address subject,uint8 visaType,bytes32 value,address issuer,uint40 asserted,uint40 expires)");

    address[KNOWN + 1] private _issuers;
    uint256 private _visaCount;
    bytes32 private immutable DOMAIN;
    mapping(address subject => mapping(uint8 visaType => IVisaRegistry.SignedVisa)) private _lastOf;

    mapping(bytes32 key => bool) private _isNamed; // by another issuer than the visa's

    constructor(World world) Calls(world) {
        for (uint256 i = 0; i <= KNOWN; ++i) {
            _issuers[i] = vm.addr(ISSUER_KEY + i);
        }
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        DOMAIN = keccak256(
            abi.encode(domainType, keccak256("BioDeSci Visas"), keccak256("1"), block.chainid, address(world.visas()))
        );
    }

    // --------------------------------------------------------------- owners

    /// @param d 0: for all of the owner's datasets
    function _trust(address owner, uint256 d, uint256 issuer, uint8 types) internal {
        bytes memory data = d == 0
            ? abi.encodeCall(IVisaRegistry.trust, (_issuers[issuer], types))
            : abi.encodeCall(IVisaRegistry.trustFor, (d, _issuers[issuer], types));
        _callTo(address(VISAS), owner, 0, data);
        for (uint8 t = 0; t < TYPES; ++t) {
            _trusts[owner][d][_issuers[issuer]][t] = types >> t & 1 != 0;
        }
    }

    function _trustAll(address owner) internal {
        for (uint256 i = 0; i < KNOWN; ++i) {
            _trust(owner, 0, i, 15);
        }
    }

    /// @dev One in three takes the trust away, in whole or for some types; half speak of one dataset.
    function _changeTrust(address owner, uint256 d, uint256 seed) internal {
        uint8 types = seed % 3 == 0 ? uint8(seed >> 8) & uint8(seed >> 16) & 15 : 15;
        _trust(owner, (seed >> 24) % 2 == 0 ? d : 0, seed % KNOWN, types);
    }

    /// @dev Of grants there is nothing to choose.
    function _changeValue(address owner, uint256 d, uint256 seed) internal {
        _askFor(owner, (seed >> 24) % 2 == 0 ? d : 0, uint8(seed % 3), bytes32((seed >> 8) % 3));
    }

    function _askFor(address owner, uint256 d, uint8 visaType, bytes32 value) private {
        IVisaRegistry.VisaType kind = IVisaRegistry.VisaType(visaType);
        bytes memory data = d == 0
            ? abi.encodeCall(IVisaRegistry.requireValue, (kind, value))
            : abi.encodeCall(IVisaRegistry.requireValueFor, (d, kind, value));
        _callTo(address(VISAS), owner, 0, data);
        _asksFor[owner][d][visaType] = value;
    }

    // -------------------------------------------------------------- issuers

    /// @dev Such as the owner takes now: who trusts no issuer for a type comes to trust one.
    function _goodVisas(IVisaRegistry.Question memory asked, uint256 seed)
        internal
        returns (IVisaRegistry.SignedVisa[] memory visas)
    {
        visas = _unsigned(asked, seed);
        for (uint256 i = 0; i < visas.length; ++i) {
            uint8 visaType = uint8(visas[i].visa.visaType);
            if (!_isTrusted(asked, visas[i].visa.issuer, visaType)) _trustAll(asked.owner);
            IVisaRegistry.SignedVisa memory last = _lastOf[asked.subject][visaType];
            bool isReused = (seed >> i) % 3 == 0 && _judgeVisa(asked, last) == 0;
            if (isReused) _reach("a visa shown again");
            visas[i] = isReused ? last : _signed(visas[i].visa);
            _lastOf[asked.subject][visaType] = visas[i];
        }
    }

    /// @dev One thing may be wrong with them, as far as the owner asks for it; or there is one that nobody asks for.
    function _oddVisas(IVisaRegistry.Question memory asked, uint256 seed)
        internal
        returns (IVisaRegistry.SignedVisa[] memory visas)
    {
        visas = _unsigned(asked, seed);
        uint8 types = asked.types;
        (uint256 odd, uint256 kind) = (types == 0 ? 0 : seed % visas.length, (seed >> 16) % 12);
        if (kind == 0) return new IVisaRegistry.SignedVisa[](0);
        if (kind == 1 || types == 0) {
            asked.types = 15;
            visas = _oneMore(visas, _unsigned(asked, seed)[seed % TYPES]);
            asked.types = types;
        }
        IVisaRegistry.Visa memory visa = visas[odd].visa;
        uint8 visaType = uint8(visa.visaType);
        if (kind == 2) visa.subject = address(uint160(asked.subject) ^ 1);
        if (kind == 3) visa.issuer = _issuers[KNOWN];
        if (kind == 4) {
            if (_valueOf(asked, visaType) == 0) {
                _askFor(asked.owner, asked.datasetId * (seed % 2), visaType, visa.value);
            }
            visa.value = bytes32(uint256(visa.value) ^ 1);
        }
        if (kind == 5) visa.asserted = uint40(_now() + 1);
        if (kind == 6) visa.expires = uint40(_now());
        for (uint256 i = 0; i < visas.length; ++i) {
            visas[i] = _signed(visas[i].visa);
        }
        if (kind == 7) _revokeVisa(visa);
        if (kind == 8) visas[odd].signature = _signedBy(ISSUER_KEY + KNOWN, visa);
        if (kind == 9) visas[odd].visa.expires += 1;
        IVisaRegistry.SignedVisa memory last = _lastOf[asked.subject][visaType];
        if (kind == 10 && last.visa.expires != 0) visas[odd] = last;
        // Since it was signed.
        if (kind == 11) _trust(asked.owner, 0, visa.issuer == _issuers[0] ? 0 : 1, uint8(15 ^ 1 << visaType));
    }

    function _revokeVisa(IVisaRegistry.Visa memory visa) internal {
        bytes32 key = _keyOf(visa);
        if (_visaRevokedAt[key] != 0) return;
        _callTo(address(VISAS), visa.issuer, 0, abi.encodeCall(IVisaRegistry.revoke, (_hashOf(visa))));
        _visaRevokedAt[key] = _now();
    }

    /// @dev By an issuer whose visa it is not, which means nothing, and can be done once.
    function _revokeForAnother(IVisaRegistry.Visa memory visa) internal {
        address other = visa.issuer == _issuers[0] ? _issuers[1] : _issuers[0];
        if (_isNamed[_keyOf(visa)]) return;
        _callTo(address(VISAS), other, 0, abi.encodeCall(IVisaRegistry.revoke, (_hashOf(visa))));
        _isNamed[_keyOf(visa)] = true;
    }

    /// @dev By different issuers where the owner trusts both, with different ends: within two days, in some weeks, or never.
    function _unsigned(IVisaRegistry.Question memory asked, uint256 seed)
        private
        returns (IVisaRegistry.SignedVisa[] memory visas)
    {
        visas = new IVisaRegistry.SignedVisa[](4);
        uint256 length;
        for (uint8 t = 0; t < TYPES; ++t) {
            if (asked.types >> t & 1 == 0) continue;
            seed = uint256(keccak256(abi.encode(seed, t)));
            uint256 issuer = length % KNOWN;
            if (!_isTrusted(asked, _issuers[issuer], t)) issuer = 1 - issuer;
            bytes32 value = _valueOf(asked, t);
            uint256 expires = _now() + (seed % 2 == 0 ? 12 hours + seed % 36 hours : 1 days + seed % 40 days);
            if ((seed >> 64) % 8 == 0) expires = (1 << 32) + _now() % 1000;
            visas[length++].visa = IVisaRegistry.Visa(
                asked.subject,
                IVisaRegistry.VisaType(t),
                value == 0 ? bytes32(++_visaCount) : value,
                _issuers[issuer],
                uint40(_now()),
                uint40(expires)
            );
        }
        assembly ("memory-safe") {
            mstore(visas, length)
        }
    }

    function _signed(IVisaRegistry.Visa memory visa) private returns (IVisaRegistry.SignedVisa memory signed) {
        uint256 key = visa.issuer == _issuers[0] ? ISSUER_KEY : ISSUER_KEY + (visa.issuer == _issuers[1] ? 1 : 2);
        signed = IVisaRegistry.SignedVisa(visa, _signedBy(key, visa));
        _isSigned[_keyOf(visa)][keccak256(signed.signature)] = true;
    }

    function _signedBy(uint256 key, IVisaRegistry.Visa memory visa) private view returns (bytes memory) {
        return _sign(key, _hashOf(visa));
    }

    /// @dev EIP-712, by its own words.
    function _hashOf(IVisaRegistry.Visa memory visa) private view returns (bytes32) {
        bytes32 hash = keccak256(
            abi.encode(VISA_TYPEHASH, visa.subject, visa.visaType, visa.value, visa.issuer, visa.asserted, visa.expires)
        );
        return keccak256(abi.encodePacked(hex"1901", DOMAIN, hash));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
