// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Market} from "./Market.sol";
import {Settlements} from "./Settlements.sol";

/// @notice A campaign says nothing of what it never reaches. A fifth of its steps, by dice that always fall alike, must
/// bring each answer that depends on visas, diseases and terms, and each state that is worth a name.
contract ReachTest {
    struct Answer {
        bytes4 call;
        bytes4 answer; // 0: none
    }

    error NeverAnswered(bytes4 call, bytes4 answer);
    error NeverReached(bytes32 what);

    uint256 private constant MARKETS = 64;
    uint256 private constant STEPS = 160;

    Answer[] private _answers;
    bytes32[] private _states = [
        bytes32("sold by two visas"),
        "a visa shown again",
        "shared out before its time",
        "revoked before its time",
        "sold with an idle visa",
        "proof, no review",
        "proof, and review",
        "no proof, so review",
        "first visa revoked",
        "later visa revoked",
        "delivery at the end of visas",
        "visas ended before delivery"
    ];
    bytes4[] private _actions = [
        Market.offer.selector,
        Market.purchase.selector,
        Market.purchaseBySignedOrder.selector,
        Market.cancelOrders.selector,
        Settlements.approve.selector,
        Settlements.reject.selector,
        Settlements.deliver.selector,
        Settlements.confirm.selector,
        Settlements.claim.selector,
        Settlements.refund.selector,
        Settlements.dispute.selector,
        Settlements.resolve.selector,
        Market.tryInVain.selector,
        Market.consume.selector,
        Settlements.cancel.selector,
        Market.redeliver.selector,
        Market.claimEarned.selector,
        Market.changeRoles.selector,
        Market.revoke.selector,
        Market.collect.selector,
        Market.collectTo.selector,
        Market.transferDataset.selector,
        Market.withdrawOrPublish.selector,
        Market.changeDemands.selector,
        Market.revokeVisa.selector,
        Market.waitForVisas.selector,
        Market.wait.selector
    ];
    bytes4[] private _ofVisas = [
        IVisaRegistry.VisaRegistry_Missing.selector,
        IVisaRegistry.VisaRegistry_WrongSubject.selector,
        IVisaRegistry.VisaRegistry_UntrustedIssuer.selector,
        IVisaRegistry.VisaRegistry_WrongValue.selector,
        IVisaRegistry.VisaRegistry_NotYetValid.selector,
        IVisaRegistry.VisaRegistry_Expired.selector,
        IVisaRegistry.VisaRegistry_Revoked.selector,
        IVisaRegistry.VisaRegistry_BadSignature.selector
    ];
    bytes4[] private _ofPurpose = [
        IAccessLicense.AccessLicense_Denied.selector,
        IAccessLicense.AccessLicense_BadDiseaseProof.selector,
        IAccessLicense.AccessLicense_NeedsReview.selector,
        IAccessLicense.AccessLicense_VisasTooShort.selector,
        IAccessLicense.AccessLicense_WrongVersion.selector,
        IAccessLicense.AccessLicense_WrongOffer.selector
    ];
    mapping(bytes4 call => mapping(bytes4 answer => uint256)) private _given;
    mapping(bytes32 what => uint256) private _reached;

    function setUp() external {
        for (uint256 i = 0; i < _ofVisas.length; ++i) {
            _answers.push(Answer(IAccessLicense.purchaseFor.selector, _ofVisas[i]));
        }
        for (uint256 i = 0; i < _ofPurpose.length; ++i) {
            _answers.push(Answer(IAccessLicense.purchaseFor.selector, _ofPurpose[i]));
        }
        bytes4 short = IAccessLicense.purchase.selector;
        _answers.push(Answer(short, IAccessLicense.AccessLicense_Denied.selector));
        _answers.push(Answer(short, IAccessLicense.AccessLicense_VisasRequired.selector));
        _answers.push(Answer(short, IAccessLicense.AccessLicense_WrongVersion.selector));
        _answers.push(Answer(IAccessLicense.deliver.selector, IAccessLicense.AccessLicense_VisaLapsed.selector));
        _answers.push(Answer(IAccessLicense.deliver.selector, IAccessLicense.AccessLicense_NotCustodian.selector));
        _answers.push(Answer(IAccessLicense.approve.selector, IAccessLicense.AccessLicense_NotCommittee.selector));
        _answers.push(Answer(IAccessLicense.claim.selector, IAccessLicense.AccessLicense_TakenAway.selector));
        _answers.push(Answer(IAccessLicense.dispute.selector, IAccessLicense.AccessLicense_NoArbiter.selector));
        _answers.push(Answer(IAccessLicense.resolve.selector, IAccessLicense.AccessLicense_TooLate.selector));
        bytes4[17] memory done = [
            short,
            IAccessLicense.purchaseFor.selector,
            IAccessLicense.cancel.selector,
            IAccessLicense.redeliver.selector,
            IAccessLicense.claimEarned.selector,
            IAccessLicense.consumeFor.selector,
            IAccessLicense.consume.selector,
            IAccessLicense.dispute.selector,
            IAccessLicense.approve.selector,
            IAccessLicense.reject.selector,
            IAccessLicense.deliver.selector,
            IAccessLicense.refund.selector,
            IVisaRegistry.trust.selector,
            IVisaRegistry.trustFor.selector,
            IVisaRegistry.requireValue.selector,
            IVisaRegistry.requireValueFor.selector,
            IVisaRegistry.revoke.selector
        ];
        for (uint256 i = 0; i < done.length; ++i) {
            _answers.push(Answer(done[i], 0));
        }
    }

    function test_the_market_reaches_each_answer() external {
        vm.pauseGasMetering();
        uint256 draw;
        for (uint256 m = 0; m < MARKETS; ++m) {
            Market market = new Market(new World());
            for (uint256 i = 0; i < STEPS; ++i) {
                draw = uint256(keccak256(abi.encode(draw)));
                (bool ok,) = address(market).call(abi.encodeWithSelector(_actions[draw % _actions.length], draw));
                require(ok, "a step failed");
            }
            for (uint256 i = 0; i < _answers.length; ++i) {
                (bytes4 call, bytes4 answer) = (_answers[i].call, _answers[i].answer);
                _given[call][answer] += market.tally(call, answer);
            }
            for (uint256 i = 0; i < _states.length; ++i) {
                _reached[_states[i]] += market.reached(_states[i]);
            }
        }
        for (uint256 i = 0; i < _answers.length; ++i) {
            (bytes4 call, bytes4 answer) = (_answers[i].call, _answers[i].answer);
            if (_given[call][answer] == 0) revert NeverAnswered(call, answer);
        }
        for (uint256 i = 0; i < _states.length; ++i) {
            if (_reached[_states[i]] == 0) revert NeverReached(_states[i]);
        }
    }
}
