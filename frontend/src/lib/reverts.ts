/** What each custom error of the contracts, and of an ERC-20 behind them, means to a person: what happened and why; what to do. */
type Said = readonly [message: string, hint: string]

const RELOAD = 'Reload the page to see what holds now.'
const OTHER_ACCOUNT = 'Choose another account in your wallet.'
const BUG = 'This is a mistake of the page, not yours. Nothing was charged; please report it.'
const GAS_ONLY = 'Nothing was charged except, at most, the network fee.'

const LICENCES: Record<string, Said> = {
  AccessLicense_NotDatasetOwner: ['Only the dataset’s owner can do this, and this account is not its owner.', 'Choose the owner’s account in your wallet.'],
  AccessLicense_NotCustodian: ['Only the dataset’s owner or its custodian delivers keys, and this account is neither.', OTHER_ACCOUNT],
  AccessLicense_NotLicensee: ['This licence belongs to another account.', 'Choose the account that bought it in your wallet.'],
  AccessLicense_NotArbiter: ['Only the offer’s arbiter decides a dispute, and never one about its own dataset.', 'Choose the arbiter’s account in your wallet.'],
  AccessLicense_NotDatasetContract: ['Only the dataset contract makes an offer for somebody else.', 'Make the offer from the owner’s account.'],
  AccessLicense_BadOffer: ['The offer is not valid: one of its fields is out of range.', 'Check right, windows, arbiter, visas and currency of the offer.'],
  AccessLicense_UnknownOffer: ['There is no offer with this number.', RELOAD],
  AccessLicense_UnknownLicense: ['There is no licence with this number.', RELOAD],
  AccessLicense_OfferClosed: ['This offer was closed by the data owner.', 'Look for another offer of the dataset.'],
  AccessLicense_WrongPrice: ['The price of this offer is not what the page showed.', 'Reload the page to see the current price.'],
  AccessLicense_WrongCurrency: ['The currency of this offer is not what the page showed.', 'Reload the page to see the current price.'],
  AccessLicense_WrongAmountReceived: ['The token brought another amount than was sent: it takes a fee on transfers, or changes balances by itself.', 'Such tokens are refused. Ask the owner for an offer in another currency.'],
  AccessLicense_OrderExpired: ['The order’s deadline has passed.', 'Start the purchase again.'],
  AccessLicense_BadSignature: ['The order is not signed by its buyer, or was changed after it was signed.', 'Sign it again with the buyer’s account.'],
  AccessLicense_NeedsReview: ['The purchase would have to wait for the data access committee, and the order does not allow that.', 'Show the proof of the disease, or sign an order that may be reviewed.'],
  AccessLicense_VisasTooShort: ['The visas that were shown end before the time that the order asks for.', 'Show visas that are valid for longer.'],
  AccessLicense_BuyerIsArbiter: ['The account decides disputes about this offer, so it cannot buy it.', 'Buy with another account.'],
  AccessLicense_BadDiseaseProof: ['The proof does not show that your disease is among those the dataset permits.', 'Check the disease, or buy without a proof: then a person decides.'],
  AccessLicense_VisasRequired: ['This offer requires visas, and none were shown.', 'Add your visa files to the purchase.'],
  AccessLicense_VisaLapsed: ['A visa of this licence expired or was revoked before the key was delivered.', 'The payment can be taken back at once.'],
  AccessLicense_NoKey: ['The account has no registered key to seal the data to.', 'Create and register your key first.'],
  AccessLicense_Denied: ['The data owner’s terms do not permit the purpose you declared.', 'Read the terms, and buy only for a purpose that they permit.'],
  AccessLicense_Withdrawn: ['Consent for this dataset version was withdrawn.', 'It can no longer be licensed. A later version may be published.'],
  AccessLicense_WrongState: ['The licence has moved on in the meantime.', 'The page shows its state on chain now.'],
  AccessLicense_TooEarly: ['It is too early for this step.', 'Wait for the deadline shown with the licence.'],
  AccessLicense_TooLate: ['The time for this step is over.', 'The page shows what is still possible.'],
  AccessLicense_NotActive: ['The licence is not active.', 'It has expired, was revoked or refunded, its visa lapsed, or its uses are spent.'],
  AccessLicense_NotRenewable: ['This licence has neither an end nor counted uses, or more uses than are counted with these.', 'It stays valid as it is.'],
  AccessLicense_NothingOwed: ['Nothing is owed to this account in this currency.', 'It was probably collected already.'],
  AccessLicense_TransferFailed: ['The account does not accept the payment.', 'A contract account must be able to receive ether; it can have it sent to another address.'],
  AccessLicense_Soulbound: ['A licence belongs to the account that bought it and cannot be passed on.', 'The other person has to buy a licence of their own.'],
  AccessLicense_EmptyField: ['A field that the contract needs is empty.', BUG],
}

const VISAS: Record<string, Said> = {
  VisaRegistry_BadTypes: ['There is no such type of visa.', 'The types are affiliation, accepted terms, researcher status and access grant.'],
  VisaRegistry_GrantIsFixed: ['The value of an access grant is always the dataset’s, so none can be required for it.', 'Require a value for another type of visa.'],
  VisaRegistry_AlreadyRevoked: ['This visa was revoked already.', 'There is nothing left to do.'],
  VisaRegistry_NotNeeded: ['One of the visas is of a type that this offer does not ask for, or two are of the same type.', 'Show exactly one visa for each type that the offer names.'],
  VisaRegistry_Missing: ['A visa that this offer requires is missing.', 'Add a visa for each type that the offer names.'],
  VisaRegistry_WrongSubject: ['A visa was issued to another account.', 'Choose the account that it names in your wallet, or ask the issuer for a visa for this one.'],
  VisaRegistry_UntrustedIssuer: ['The data owner does not trust the issuer of a visa for its type.', 'Ask the data owner whose visas it accepts.'],
  VisaRegistry_WrongValue: ['A visa is about something else than this dataset’s owner asks for, such as another dataset or other terms of use.', 'Ask the issuer for a visa for this dataset.'],
  VisaRegistry_NotYetValid: ['A visa is dated in the future.', 'Try again after that date, or ask the issuer for a corrected visa.'],
  VisaRegistry_Expired: ['A visa has expired.', 'Ask its issuer for a new one.'],
  VisaRegistry_Revoked: ['A visa was revoked by its issuer.', 'Ask its issuer why, or for a new one.'],
  VisaRegistry_BadSignature: ['A visa is not signed by the issuer that it names, or was changed after it was signed.', 'Ask the issuer for the file again.'],
}

const KEYS: Record<string, Said> = {
  KeyRegistry_BadLength: ['The public key has the wrong length.', 'Create a new key in this page.'],
  KeyRegistry_NoKey: ['This account has no registered key.', 'Create and register your key first.'],
  KeyRegistry_SignatureExpired: ['The signed registration came too late: its deadline has passed.', 'Sign the registration again.'],
  KeyRegistry_BadSignature: ['The registration is not signed by the account that it is for.', 'Sign it again with that account.'],
}

const DATASETS: Record<string, Said> = {
  DatasetNFT_NotOwner: ['Only the dataset’s owner can do this, and this account is not its owner.', 'Choose the owner’s account in your wallet.'],
  DatasetNFT_EmptyField: ['A hash that the dataset needs is empty.', 'Publish again from the prepared files.'],
  DatasetNFT_BadTerms: ['The consent terms are not a valid set of DUO terms.', 'Name at least one permitted use, and only terms of the Data Use Ontology.'],
  DatasetNFT_DiseasesWithoutDS: ['Diseases were named, but the terms do not limit the use to diseases.', 'Add the term DS, or leave the diseases out.'],
  DatasetNFT_TooManyParents: ['The dataset names more sources than the contract takes.', 'Name the direct sources only.'],
  DatasetNFT_UnknownParent: ['The dataset names a source that does not exist.', 'Check the numbers of the datasets it descends from.'],
  DatasetNFT_UnknownVersion: ['There is no such version of the dataset.', RELOAD],
  DatasetNFT_AlreadyWithdrawn: ['Consent for this version was withdrawn before.', 'There is nothing left to do.'],
}

const MODELS: Record<string, Said> = {
  ModelRegistry_NotOwner: ['Only the model’s owner can do this, and this account is not its owner.', OTHER_ACCOUNT],
  ModelRegistry_NotAggregator: ['Only the round’s aggregator can do this.', OTHER_ACCOUNT],
  ModelRegistry_EmptyField: ['A hash that the model needs is empty.', 'Check what is to be published.'],
  ModelRegistry_BadRound: ['The round is not valid: one of its fields is out of range.', 'Check its deadlines and its smallest number of sites.'],
  ModelRegistry_RosterFull: ['The round has as many sites as it can take.', 'Wait for the next round.'],
  ModelRegistry_WrongState: ['The round has moved on in the meantime.', RELOAD],
  ModelRegistry_WrongPlan: ['The plan is not the one that the round was opened with.', 'Read the round’s plan again before you accept it.'],
  ModelRegistry_NotEntitled: ['The site neither owns the dataset nor holds a licence to train on it.', 'Buy a licence to train, or take another dataset.'],
  ModelRegistry_Withdrawn: ['Consent for the dataset was withdrawn.', 'It can no longer be trained on.'],
  ModelRegistry_AlreadyEnrolled: ['This site is enrolled already.', 'There is nothing left to do.'],
  ModelRegistry_AlreadyCommitted: ['This site has committed its update already.', 'There is nothing left to do.'],
  ModelRegistry_NotEnrolled: ['This site is not enrolled in the round.', 'Enrol before the round starts.'],
  ModelRegistry_TooFewNodes: ['Too few sites take part.', 'Wait for more of them, or end the round.'],
  ModelRegistry_TooEarly: ['It is too early for this step.', 'Wait for the round’s deadline.'],
  ModelRegistry_TooLate: ['The time for this step is over.', RELOAD],
  ModelRegistry_UnknownVersion: ['There is no such version of the model.', RELOAD],
  ModelRegistry_RoundOpen: ['The model has an open round already.', 'Wait until it is over.'],
}

const INFERENCES: Record<string, Said> = {
  InferenceCommitment_BadDeadline: ['The deadline is in the past or too far away.', 'Choose another one.'],
  InferenceCommitment_BadWindow: ['The time for a challenge is out of range.', 'Choose another one.'],
  InferenceCommitment_EmptyField: ['A field that the request needs is empty.', BUG],
  InferenceCommitment_FeeTooHigh: ['The fee is higher than the contract can hold.', 'Offer less.'],
  InferenceCommitment_NoKey: ['The account has no registered key.', 'Create and register a key first.'],
  InferenceCommitment_NotArbiter: ['Only the arbiter of the request decides a challenge.', OTHER_ACCOUNT],
  InferenceCommitment_NotRequester: ['Only the account that asked can do this.', OTHER_ACCOUNT],
  InferenceCommitment_NotWorker: ['Only the worker of the request can do this.', OTHER_ACCOUNT],
  InferenceCommitment_NothingOwed: ['Nothing is owed to this account.', 'It was probably collected already.'],
  InferenceCommitment_TooEarly: ['It is too early for this step.', 'Wait for the deadline shown with the inference.'],
  InferenceCommitment_TooLate: ['The time for this step is over.', RELOAD],
  InferenceCommitment_TransferFailed: ['The account does not accept the payment.', 'A contract account must be able to receive ether.'],
  InferenceCommitment_WrongState: ['The inference has moved on in the meantime.', RELOAD],
}

/** Of OpenZeppelin's contracts, and of tokens that follow ERC-6093. */
const LIBRARIES: Record<string, Said> = {
  ERC721IncorrectOwner: ['The token belongs to another account.', OTHER_ACCOUNT],
  ERC721InsufficientApproval: ['This account may not move the token.', 'Ask its owner for an approval.'],
  ERC721InvalidApprover: ['This account cannot approve the token.', OTHER_ACCOUNT],
  ERC721InvalidOperator: ['This address cannot be approved.', 'Choose another address.'],
  ERC721InvalidOwner: ['The zero address owns nothing.', BUG],
  ERC721InvalidReceiver: ['The receiving address cannot hold the token.', 'Choose an address that can.'],
  ERC721InvalidSender: ['The token cannot come from this address.', BUG],
  ERC721NonexistentToken: ['There is no token with this number.', RELOAD],
  ERC20InsufficientBalance: ['The account has too little of the token.', 'Send it some, or choose another account.'],
  ERC20InsufficientAllowance: ['The licence contract may not take the price from your account: the permit or approval is missing or was used.', 'Start again; your wallet asks for a new one.'],
  ERC20InvalidSender: ['The token cannot come from this address.', OTHER_ACCOUNT],
  ERC20InvalidReceiver: ['The token cannot go to this address.', 'Choose another address.'],
  ERC20InvalidApprover: ['This account cannot approve the token.', OTHER_ACCOUNT],
  ERC20InvalidSpender: ['This address cannot be approved for the token.', BUG],
  ERC2612ExpiredSignature: ['The permit for the token has expired.', 'Start again; your wallet asks for a new one.'],
  ERC2612InvalidSigner: ['The permit for the token is signed by another account.', 'Sign it with the account that pays.'],
  SafeERC20FailedOperation: ['The token refused the transfer without a reason.', 'It may be paused, or your account may be barred by its issuer. ' + GAS_ONLY],
  InvalidAccountNonce: ['What was signed was used or cancelled already.', 'Sign it again.'],
  ReentrancyGuardReentrantCall: ['The token called back into the payment, which is refused.', 'Do not use this currency. ' + GAS_ONLY],
  SafeCastOverflowedUintDowncast: ['A number is too large for the contract.', 'Choose a smaller one.'],
  InvalidShortString: ['A text of the contract is damaged.', BUG],
  StringTooLong: ['A text is too long for the contract.', BUG],
}

export const REVERTS: Readonly<Record<string, Said>> = { ...LICENCES, ...VISAS, ...KEYS, ...DATASETS, ...MODELS, ...INFERENCES, ...LIBRARIES }
