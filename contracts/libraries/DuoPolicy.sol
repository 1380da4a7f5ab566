// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title GA4GH Data Use Ontology (DUO) terms as bits, and how a declared purpose is matched against them
/// @notice `core/duo.py` mirrors this table; the two are compared on shared vectors.
///
/// | bit | name       | DUO id      | in a dataset's terms                                 | in a purpose                              |
/// | --- | ---------- | ----------- | ---------------------------------------------------- | ----------------------------------------- |
/// |     |            |             | **permissions** (at least one; several add up)       | **kinds of use** (all must be permitted)  |
/// |   0 | NRES       | DUO:0000004 | no restriction                                       | -                                         |
/// |   1 | GRU        | DUO:0000042 | any research                                         | research of any other kind                |
/// |   2 | HMB        | DUO:0000006 | health, medical, biomedical research                 | health, medical, biomedical research      |
/// |   3 | DS         | DUO:0000007 | research on a given disease                          | research on a given disease               |
/// |   4 | POA        | DUO:0000011 | population origins or ancestry research              | population origins or ancestry research   |
/// |   5 | CC         | DUO:0000043 | clinical care (adds to the permissions)              | clinical care                             |
/// |     |            |             | **modifiers: what is ruled out**                     |                                           |
/// |   8 | NMDS       | DUO:0000015 | no general methods research                          | -                                         |
/// |   9 | NPOA       | DUO:0000044 | no population origins or ancestry research           | -                                         |
/// |  10 | NPUNCU     | DUO:0000018 | not-for-profit organisations and use only            | -                                         |
/// |  11 | NPU        | DUO:0000045 | not-for-profit organisations only                    | -                                         |
/// |  12 | NCU        | DUO:0000046 | non-commercial use only                              | -                                         |
/// |  13 | GSO        | DUO:0000016 | genetic studies only                                 | -                                         |
/// |     |            |             | **modifiers: what the buyer has to agree to**        | **what the buyer agrees to, or has**      |
/// |  16 | PUB        | DUO:0000019 | results are published                                | will publish                              |
/// |  17 | COL        | DUO:0000020 | collaboration with the investigators                 | will collaborate                          |
/// |  18 | MOR        | DUO:0000024 | no publication before a date                         | will wait                                 |
/// |  19 | TS         | DUO:0000025 | use ends after a time (the offer's duration)         | will stop then                            |
/// |  20 | RTN        | DUO:0000029 | derived data are returned                            | will return them                          |
/// |  21 | IRB        | DUO:0000021 | ethics approval, documented: REVIEW                  | has the approval                          |
/// |     |            |             | **modifiers: what a person must judge: REVIEW**      |                                           |
/// |  24 | RS         | DUO:0000012 | a certain type of research                           | -                                         |
/// |  25 | GS         | DUO:0000022 | a geographic region                                  | -                                         |
/// |  26 | US         | DUO:0000026 | approved users                                       | -                                         |
/// |  27 | PS         | DUO:0000027 | an approved project                                  | -                                         |
/// |  28 | IS         | DUO:0000028 | an approved institution                              | -                                         |
/// |     |            |             |                                                      | **properties of the study or the buyer**  |
/// |  32 | METHODS    |             | -                                                    | develops methods (software, algorithms)   |
/// |  33 | GENETIC    |             | -                                                    | a genetic study (genotypes are used)      |
/// |  34 | COMMERCIAL |             | -                                                    | commercial use: REVIEW, but for NRES      |
/// |  35 | FOR_PROFIT |             | -                                                    | an organisation for profit: REVIEW, as 34 |
/// |  36 | SENSITIVE  |             | -                                                    | a sensitive subject: REVIEW               |
///
/// A "-" bit there makes the terms (or the purpose) invalid, as does any bit not in the table: DENY.
///
/// Research on a disease, where DS alone permits it, is matched by the disease: shown to be one that the terms permit
/// (see `Diseases`), it is APPROVE; not shown, REVIEW, for a person to compare the diseases. Where NRES, GRU or HMB
/// permits it, any disease will do.
///
/// SENSITIVE is research on children, on a vulnerable population (prisoners, pregnant women, people with a mental
/// disability, the poor), on what stigmatizes (addiction, illegal or sexual behaviour, mental traits and illnesses), or
/// on what ethnicity or gender has to do with anything but health. DUO has no term for it, and whatever the terms are a
/// person decides, as in DUOS: DataBiosphere's consent-ontology abstains from such purposes before it looks at the terms.
///
/// COMMERCIAL and FOR_PROFIT, where nothing rules them out, rest on the buyer's own declaration of who it is and what it
/// is after. DUOS, where its committees have it approve by rule (`GRU_V1`, `HMB_V1` and their like), leaves a requester
/// for profit to a person. So do we; only NRES, which restricts nothing, sells to them without one.
///
/// METHODS without a kind of use is general methods research. NRES and GRU permit it. On HMB, DS or POA it is REVIEW:
/// consent-ontology recommends approval to the committee that votes ("so long as it is not expressly prohibited"), but
/// what DUOS approves by rule, with nobody voting, always names health research. An APPROVE here is such an approval.
/// (The Consent Codes that DUO grew from, Dyke et al., PLoS Genetics 2016, kept methods within the permission.)
library DuoPolicy {
    enum Decision {
        Deny, // 0
        Approve, // 1
        Review // 2: permitted as far as bits can tell; a person must look at the rest
    }

    uint64 internal constant NRES = 1 << 0;
    uint64 internal constant GRU = 1 << 1;
    uint64 internal constant HMB = 1 << 2;
    uint64 internal constant DS = 1 << 3;
    uint64 internal constant POA = 1 << 4;
    uint64 internal constant CC = 1 << 5;
    uint64 internal constant NMDS = 1 << 8;
    uint64 internal constant NPOA = 1 << 9;
    uint64 internal constant NPUNCU = 1 << 10;
    uint64 internal constant NPU = 1 << 11;
    uint64 internal constant NCU = 1 << 12;
    uint64 internal constant GSO = 1 << 13;
    uint64 internal constant PUB = 1 << 16;
    uint64 internal constant COL = 1 << 17;
    uint64 internal constant MOR = 1 << 18;
    uint64 internal constant TS = 1 << 19;
    uint64 internal constant RTN = 1 << 20;
    uint64 internal constant IRB = 1 << 21;
    uint64 internal constant RS = 1 << 24;
    uint64 internal constant GS = 1 << 25;
    uint64 internal constant US = 1 << 26;
    uint64 internal constant PS = 1 << 27;
    uint64 internal constant IS = 1 << 28;
    uint64 internal constant METHODS = 1 << 32;
    uint64 internal constant GENETIC = 1 << 33;
    uint64 internal constant COMMERCIAL = 1 << 34;
    uint64 internal constant FOR_PROFIT = 1 << 35;
    uint64 internal constant SENSITIVE = 1 << 36;

    uint64 internal constant PERMISSIONS = NRES | GRU | HMB | DS | POA;
    uint64 internal constant EXCLUSIONS = NMDS | NPOA | NPUNCU | NPU | NCU | GSO;
    uint64 internal constant AGREEMENTS = PUB | COL | MOR | TS | RTN | IRB;
    uint64 internal constant JUDGED = RS | GS | US | PS | IS;
    uint64 internal constant KINDS = GRU | HMB | DS | POA | CC;
    uint64 internal constant TERMS = PERMISSIONS | CC | EXCLUSIONS | AGREEMENTS | JUDGED;
    uint64 internal constant PROPERTIES = METHODS | GENETIC | COMMERCIAL | FOR_PROFIT | SENSITIVE;
    uint64 internal constant PURPOSES = KINDS | AGREEMENTS | PROPERTIES;

    /// @notice Terms say at least one permission (CC alone counts) and nothing that is not a term.
    function isValid(uint64 terms) internal pure returns (bool) {
        return terms & (PERMISSIONS | CC) != 0 && terms & ~TERMS == 0;
    }

    /// @notice Decides in the order of the table: kinds of use, exclusions, agreements, and what a person must judge.
    /// @dev NRES permits every kind, GRU all but clinical care, HMB biomedical and disease research, and DS, POA and CC
    /// themselves.
    /// @param diseaseShown The purpose's disease was proved to be, or to descend from, one that the terms' DS names. It
    /// spares the review of a DS matched with a DS, and changes nothing else.
    function decide(uint64 terms, uint64 purpose, bool diseaseShown) internal pure returns (Decision) {
        if (!isValid(terms) || purpose & ~PURPOSES != 0) return Decision.Deny;

        uint64 kinds = purpose & KINDS;
        uint64 permitted = terms & KINDS;
        if (terms & NRES != 0) permitted = KINDS;
        if (terms & GRU != 0) permitted |= GRU | HMB | DS | POA;
        if (terms & HMB != 0) permitted |= HMB | DS;
        if (kinds & ~permitted != 0) return Decision.Deny;
        // Clinical care is no research, so it leaves no room for methods alone.
        bool onlyMethods = kinds == 0;
        if (onlyMethods && (purpose & METHODS == 0 || permitted == CC)) return Decision.Deny;

        if (terms & NMDS != 0 && purpose & METHODS != 0) return Decision.Deny;
        if (terms & NPOA != 0 && purpose & POA != 0) return Decision.Deny;
        if (terms & NPUNCU != 0 && purpose & (COMMERCIAL | FOR_PROFIT) != 0) return Decision.Deny;
        if (terms & NPU != 0 && purpose & FOR_PROFIT != 0) return Decision.Deny;
        if (terms & NCU != 0 && purpose & COMMERCIAL != 0) return Decision.Deny;
        if (terms & GSO != 0 && purpose & GENETIC == 0) return Decision.Deny;

        if (terms & AGREEMENTS & ~purpose != 0) return Decision.Deny;

        bool ofGivenDisease = kinds & DS != 0 && terms & (NRES | GRU | HMB) == 0;
        if (ofGivenDisease && !diseaseShown) return Decision.Review;
        if (onlyMethods && permitted & GRU == 0) return Decision.Review;
        if (terms & (JUDGED | IRB) | purpose & SENSITIVE != 0) return Decision.Review;
        if (purpose & (COMMERCIAL | FOR_PROFIT) != 0 && terms & NRES == 0) return Decision.Review;
        return Decision.Approve;
    }
}
