// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Dollar} from "../tokens/Dollar.sol";
import {FalseToken} from "../tokens/FalseToken.sol";
import {FeeToken} from "../tokens/FeeToken.sol";
import {LyingToken} from "../tokens/LyingToken.sol";
import {ReentrantBuyer} from "../tokens/ReentrantBuyer.sol";
import {ReentrantToken} from "../tokens/ReentrantToken.sol";
import {Reentry} from "../tokens/Reentry.sol";
import {SilentToken} from "../tokens/SilentToken.sol";
import {Wallet1271} from "../tokens/Wallet1271.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Flaws} from "./Flaws.sol";
import {Issuers} from "./Issuers.sol";

/// @notice Who trades: accounts with keys, a contract wallet, two accounts that call back; with their money,
/// signatures and attempts.
abstract contract Traders is Issuers {
    enum Attack {
        Collect, // 0: somebody's money, within another payment
        CollectTo, // 1: its own
        Refund, // 2
        Claim, // 3
        Purchase, // 4: in ETH, which no guard forbids
        Revoke, // 5: of a dataset that it owns
        PurchaseInToken // 6: would blur what the outer payment brought
    }

    struct Armed {
        Attack attack;
        uint256 id; // of the licence, or offer
    }

    Dollar internal immutable DOLLAR = new Dollar();
    SilentToken internal immutable SILENT = new SilentToken();
    FalseToken internal immutable FALSE = new FalseToken();
    ReentrantToken internal immutable REENTRANT = new ReentrantToken();
    FeeToken internal immutable FEE = new FeeToken();
    LyingToken internal immutable LYING = new LyingToken();
    ReentrantBuyer internal immutable ATTACKER = new ReentrantBuyer();

    uint256 internal constant KEY = 0xB10DE5C1;
    address internal constant ARBITER = address(0xAB);
    address internal constant RELAYER = address(0x5E1A);
    uint64 internal constant PURPOSE = DuoPolicy.HMB;
    uint256 internal constant PEOPLE = 7;
    uint256 internal constant CURRENCIES = 7;

    /// @notice 0 to 3 sign for themselves, 4 is a contract wallet, 5 and 6 call back.
    address[PEOPLE] public people;
    /// @notice ETH first. The balance of all but the last says the truth.
    address[CURRENCIES] public currencies;

    Armed[] private _armed;

    constructor(World world) Issuers(world) {
        for (uint256 i = 0; i < 4; ++i) {
            people[i] = vm.addr(KEY + i);
        }
        people[4] = address(new Wallet1271(vm.addr(KEY + 4)));
        (people[5], people[6]) = (address(ATTACKER), address(REENTRANT));
        currencies = [
            address(0),
            address(DOLLAR),
            address(SILENT),
            address(FALSE),
            address(REENTRANT),
            address(FEE),
            address(LYING)
        ];
        _call(ARBITER, 0, abi.encodeCall(IAccessLicense.acceptArbitration, (true)));
        IKeyRegistry keys = world.keys();
        for (uint256 i = 0; i < PEOPLE; ++i) {
            vm.prank(people[i]); // holds for the next call, so nothing else may be called in between
            keys.register(new bytes(1216));
            _trustAll(people[i]);
        }
    }

    // ---------------------------------------------------------------- money

    /// @dev Gives `account` the money, and the licences an allowance for just that.
    function _fund(address account, address currency, uint256 amount) internal {
        if (currency == address(0)) return vm.deal(account, account.balance + amount);
        Dollar(currency).mint(account, amount);
        vm.prank(account);
        SilentToken(currency).approve(address(LICENSES), amount);
    }

    function _balanceOf(address account, address currency) internal view returns (uint256) {
        return currency == address(0) ? account.balance : Dollar(currency).balanceOf(account);
    }

    // ----------------------------------------------------------- signatures

    function _plainPurpose() internal pure returns (IAccessLicense.ResearchPurpose memory) {
        return IAccessLicense.ResearchPurpose({duo: PURPOSE, disease: 0, statement: 0});
    }

    function _orderOf(uint256 offerId, address buyer) internal view returns (IAccessLicense.Order memory order) {
        IAccessLicense.Offer storage offer = _offers[offerId];
        order.buyer = buyer;
        (order.offerId, order.offerHash) = (offerId, Typed.offer(offer));
        order.version = latest[offer.datasetId];
        order.purpose = _plainPurpose();
        order.mayReview = true;
        (order.currency, order.price) = (offer.currency, offer.price);
        (order.nonce, order.deadline) = (LICENSES.nonces(buyer), _now());
    }

    /// @dev Signed by an account with a key, in dollars.
    function _paymentBy(IAccessLicense.Method method, uint256 key, uint256 price)
        internal
        view
        returns (IAccessLicense.Payment memory p)
    {
        p.method = method;
        if (method == IAccessLicense.Method.Direct) return p;
        address payer = vm.addr(key);
        p.deadline = _now() + 1;
        p.nonce = bytes32(count);
        bytes32 hash;
        if (method == IAccessLicense.Method.Permit) {
            bytes32 typeHash =
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
            hash = keccak256(abi.encode(typeHash, payer, address(LICENSES), price, DOLLAR.nonces(payer), p.deadline));
        } else {
            hash = keccak256(
                abi.encode(
                    DOLLAR.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                    payer,
                    address(LICENSES),
                    price,
                    p.validAfter,
                    p.deadline,
                    p.nonce
                )
            );
        }
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOLLAR.DOMAIN_SEPARATOR(), hash));
        (p.v, p.r, p.s) = vm.sign(key, digest);
    }

    // ------------------------------------------------------------- attempts

    /// @dev One to three calls that `who` makes when it is paid, or moves tokens.
    function _arm(Reentry who, uint256 seed) internal {
        delete _armed;
        for (uint256 n = 1 + seed % 3; n != 0; --n) {
            seed = uint256(keccak256(abi.encode(seed)));
            Attack attack = Attack(seed % 7);
            uint256 id =
                1 + (seed >> 8) % (attack > Attack.Claim && attack != Attack.Revoke ? _offerCount() : count + 1);
            address currency = currencies[(seed >> 16) % 4];
            uint256 value;
            bytes memory data;
            if (attack == Attack.Collect) {
                data = abi.encodeCall(IAccessLicense.collect, (people[(seed >> 24) % PEOPLE], currency));
            } else if (attack == Attack.CollectTo) {
                data = abi.encodeCall(IAccessLicense.collectTo, (address(who), currency));
            } else if (attack == Attack.Refund) {
                data = abi.encodeCall(IAccessLicense.refund, (id));
            } else if (attack == Attack.Claim) {
                data = abi.encodeCall(IAccessLicense.claim, (id));
            } else if (attack == Attack.Revoke) {
                data = _revocation(id, bytes32("within"));
            } else {
                currency = _offers[id].currency;
                attack = currency == address(0) ? Attack.Purchase : Attack.PurchaseInToken;
                if (_offers[id].price == 0) attack = Attack.Purchase; // nothing moves
                value = currency == address(0) ? _offers[id].price : 0;
                data = abi.encodeCall(
                    IAccessLicense.purchase,
                    (id, Typed.offer(_offers[id]), latest[_offers[id].datasetId], PURPOSE, true)
                );
                _fund(address(who), currency, _offers[id].price);
            }
            _armed.push(Armed(attack, id));
            who.arm(address(LICENSES), value, data);
        }
    }

    /// @dev Enters in the ledger what came of the attempts. Nothing did if the outer call failed.
    function _recordAttempts(Reentry who) internal {
        uint256 tried = who.tried();
        for (uint256 i = 0; i < tried; ++i) {
            if (!who.attempt(i).succeeded) continue;
            (Attack attack, uint256 id) = (_armed[i].attack, _armed[i].id);
            if (attack == Attack.Collect || attack == Attack.CollectTo) _fault(12, "money left within a payment");
            if (attack == Attack.PurchaseInToken) _fault(12, "a payment in tokens within another");
            if (attack == Attack.Refund) _refunded(id);
            if (attack == Attack.Claim) _claimed(id);
            if (attack == Attack.Revoke) {
                if (_owners[_offerOf(id).datasetId] != address(who)) _fault(6, "revoked by somebody else");
                _revoked(id);
            }
            if (attack == Attack.Purchase) {
                IAccessLicense.Evidence memory none;
                (uint256 flaws, bool review) = _judge(id, address(who), _plainPurpose(), none);
                if (flaws != 0) _fault(Flaws.number(flaws), "sold in spite of a flaw");
                _sold(id, address(who), review, none.visas);
            }
        }
        who.disarm();
    }

    function _offerCount() internal view virtual returns (uint256);
}
