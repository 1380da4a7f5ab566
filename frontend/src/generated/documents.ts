// Written by frontend/generate.mjs; do not edit.

/**
 * A visa for one VisaRegistry: that of `chain_id` at `registry`. Nothing here checks the signature
 * (market/visa.py asks the contract).
 */
export interface VisaFile {
chainId: number
format: "biodesci-visa/1"
registry: string
signature: string
visa: Visa
warning: string
}
/**
 * As `IVisaRegistry.Visa`; times in seconds since 1970.
 */
export interface Visa {
asserted: number
expires: number
issuer: string
subject: string
value: string
visaType: ("AffiliationAndRole" | "AcceptedTermsAndPolicies" | "ResearcherStatus" | "ControlledAccessGrants")
}
