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

    function _trust(address owner, uint256 issuer, uint8 types) internal {
        _callTo(address(VISAS), owner, 0, abi.encodeCall(IVisaRegistry.trust, (_issuers[issuer], types)));
        for (uint8 t = 0; t < TYPES; ++t) {
            _trusts[owner][_issuers[issuer]][t] = types >> t & 1 != 0;
        }
    }

    function _trustAll(address owner) internal {
        for (uint256 i = 0; i < KNOWN; ++i) {
            _trust(owner, i, 15);
        }
    }

    /// @dev One in three takes the trust away, in whole or for some types.
    function _changeTrust(address owner, uint256 seed) internal {
        _trust(owner, seed % KNOWN, seed % 3 == 0 ? uint8(seed >> 8) & uint8(seed >> 16) & 15 : 15);
    }

    /// @dev Of grants there is nothing to choose.
    function _changeValue(address owner, uint256 seed) internal {
        _askFor(owner, uint8(seed % 3), bytes32((seed >> 8) % 3));
    }

    function _askFor(address owner, uint8 visaType, bytes32 value) private {
        bytes memory data = abi.encodeCall(IVisaRegistry.requireValue, (IVisaRegistry.VisaType(visaType), value));
        _callTo(address(VISAS), owner, 0, data);
        _asksFor[owner][visaType] = value;
    }

    // -------------------------------------------------------------- issuers

    /// @dev Such as the owner takes now: who trusts no issuer for a type comes to trust one.
    function _goodVisas(address owner, address subject, bytes32 grant, uint8 types, uint256 seed)
        internal
        returns (IVisaRegistry.SignedVisa[] memory visas)
    {
        visas = _unsigned(owner, subject, grant, types, seed);
        for (uint256 i = 0; i < visas.length; ++i) {
            uint8 visaType = uint8(visas[i].visa.visaType);
            if (!_trusts[owner][visas[i].visa.issuer][visaType]) _trustAll(owner);
            IVisaRegistry.SignedVisa memory last = _lastOf[subject][visaType];
            bool isReused = (seed >> i) % 3 == 0 && _judgeVisa(owner, subject, grant, last) == 0;
            if (isReused) _reach("a visa shown again");
            visas[i] = isReused ? last : _signed(visas[i].visa);
            _lastOf[subject][visaType] = visas[i];
        }
    }

    /// @dev One thing may be wrong with them, as far as the owner asks for it.
    function _oddVisas(address owner, address subject, bytes32 grant, uint8 types, uint256 seed)
        internal
        returns (IVisaRegistry.SignedVisa[] memory visas)
    {
        visas = _unsigned(owner, subject, grant, types, seed);
        (uint256 odd, uint256 kind) = (types == 0 ? 0 : seed % visas.length, (seed >> 16) % 12);
        if (kind == 0) return new IVisaRegistry.SignedVisa[](0);
        if (kind == 1 || types == 0) visas = _oneMore(visas, _unsigned(owner, subject, grant, 15, seed)[seed % TYPES]);
        IVisaRegistry.Visa memory visa = visas[odd].visa;
        uint8 visaType = uint8(visa.visaType);
        if (kind == 2) visa.subject = address(uint160(subject) ^ 1);
        if (kind == 3) visa.issuer = _issuers[KNOWN];
        if (kind == 4) {
            if (visaType != 3 && _asksFor[owner][visaType] == 0) _askFor(owner, visaType, visa.value);
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
        if (kind == 10 && _lastOf[subject][visaType].visa.expires != 0) visas[odd] = _lastOf[subject][visaType];
        if (kind == 11) _trust(owner, visa.issuer == _issuers[0] ? 0 : 1, uint8(15 ^ 1 << visaType)); // since it was signed
    }

    function _revokeVisa(IVisaRegistry.Visa memory visa) internal {
        bytes32 key = _keyOf(visa);
        if (_isVisaRevoked[key]) return;
        _callTo(address(VISAS), visa.issuer, 0, abi.encodeCall(IVisaRegistry.revoke, (_hashOf(visa))));
        _isVisaRevoked[key] = true;
    }

    /// @dev By an issuer whose visa it is not, which means nothing, and can be done once.
    function _revokeForAnother(IVisaRegistry.Visa memory visa) internal {
        address other = visa.issuer == _issuers[0] ? _issuers[1] : _issuers[0];
        if (_isNamed[_keyOf(visa)]) return;
        _callTo(address(VISAS), other, 0, abi.encodeCall(IVisaRegistry.revoke, (_hashOf(visa))));
        _isNamed[_keyOf(visa)] = true;
    }

    /// @dev By different issuers where the owner trusts both, with different ends: within two days, in some weeks, or never.
    function _unsigned(address owner, address subject, bytes32 grant, uint8 types, uint256 seed)
        private
        returns (IVisaRegistry.SignedVisa[] memory visas)
    {
        visas = new IVisaRegistry.SignedVisa[](4);
        uint256 length;
        for (uint8 t = 0; t < TYPES; ++t) {
            if (types >> t & 1 == 0) continue;
            seed = uint256(keccak256(abi.encode(seed, t)));
            uint256 issuer = length % KNOWN;
            if (!_trusts[owner][_issuers[issuer]][t]) issuer = 1 - issuer;
            bytes32 value = t == 3 ? grant : _asksFor[owner][t];
            uint256 expires = _now() + (seed % 2 == 0 ? 12 hours + seed % 36 hours : 1 days + seed % 40 days);
            if ((seed >> 64) % 8 == 0) expires = (1 << 32) + _now() % 1000;
            visas[length++].visa = IVisaRegistry.Visa(
                subject,
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

    function _oneMore(IVisaRegistry.SignedVisa[] memory visas, IVisaRegistry.SignedVisa memory last)
        private
        pure
        returns (IVisaRegistry.SignedVisa[] memory more)
    {
        more = new IVisaRegistry.SignedVisa[](visas.length + 1);
        for (uint256 i = 0; i < visas.length; ++i) {
            more[i] = visas[i];
        }
        more[visas.length] = last;
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
