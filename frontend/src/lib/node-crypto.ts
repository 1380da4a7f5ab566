/**
 * Stands in for Node's module, which the HPKE library imports where a runtime has no `crypto`;
 * every browser has one.
 */
export const webcrypto = globalThis.crypto
