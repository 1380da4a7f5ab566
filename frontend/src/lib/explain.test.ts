import { BaseError, ContractFunctionExecutionError, ContractFunctionRevertedError, encodeErrorResult, HttpRequestError, InsufficientFundsError, NonceTooLowError, parseAbi, UserRejectedRequestError } from 'viem'
import { describe, expect, it } from 'vitest'

import * as contracts from '@/generated/abi'

import { explain } from './explain'
import { Failure } from './failure'
import { REVERTS } from './reverts'

const { AccessLicense, VisaRegistry } = contracts

const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

function revert(data: `0x${string}`): Error {
  const cause = new ContractFunctionRevertedError({ abi: AccessLicense, data, functionName: 'purchase' })
  return new ContractFunctionExecutionError(cause, { abi: AccessLicense, functionName: 'purchase', args: [1n, 2n] })
}

describe('explain', () => {
  it('says what a contract refused, in a sentence', () => {
    const data = encodeErrorResult({ abi: AccessLicense, errorName: 'AccessLicense_Denied', args: [4n, 2n] })
    expect(explain(revert(data))).toMatchObject({ kind: 'revert', message: expect.stringContaining('do not permit the purpose') })
  })

  it('says what a contract behind the called one refused', () => {
    const data = encodeErrorResult({ abi: VisaRegistry, errorName: 'VisaRegistry_Expired', args: [1_700_000_000] })
    expect(explain(revert(data))).toMatchObject({ kind: 'revert', message: 'A visa has expired.' })
    const token = encodeErrorResult({ abi: parseAbi(['error ERC20InsufficientBalance(address,uint256,uint256)']), errorName: 'ERC20InsufficientBalance', args: [ACCOUNT, 1n, 2n] })
    expect(explain(revert(token)).message).toBe('The account has too little of the token.')
  })

  it('names an error it has no sentence for, and repeats a reason', () => {
    const odd = parseAbi(['error Strange_NotToday(uint256)'])
    const cause = new ContractFunctionRevertedError({ abi: odd, data: encodeErrorResult({ abi: odd, errorName: 'Strange_NotToday', args: [4n] }), functionName: 'purchase' })
    expect(explain(new BaseError('wrapped', { cause })).message).toBe('The contract refused: not today.')
    const said = encodeErrorResult({ abi: parseAbi(['error Error(string)']), errorName: 'Error', args: ['the token is paused'] })
    expect(explain(revert(said)).message).toBe('The contract refused: the token is paused.')
    expect(explain(revert('0xdeadbeef')).message).toBe('The contract refused: no reason given.')
  })

  it('has a sentence and a next step for every error of the contracts', () => {
    const errors = Object.values(contracts).flatMap((abi) => abi.filter((entry) => entry.type === 'error').map((entry) => entry.name as string))
    expect(errors.length).toBeGreaterThan(80)
    expect(errors.filter((name) => !REVERTS[name]?.every((text) => /^[A-Z].*[.]$/.test(text)))).toEqual([])
    const own = Object.keys(REVERTS).filter((name) => name.includes('_'))
    expect(own.filter((name) => !errors.includes(name)), 'sentences for errors that no contract has').toEqual([])
  })

  it.each([
    ['rejected', new UserRejectedRequestError(new Error('no'))],
    ['rejected', { code: 4001, message: 'User rejected' }],
    ['rejected', new BaseError('wrapped', { cause: new UserRejectedRequestError(new Error('no')) })],
    ['funds', new BaseError('wrapped', { cause: new InsufficientFundsError() })],
    ['rpc', new BaseError('wrapped', { cause: new HttpRequestError({ url: 'http://127.0.0.1:1' }) })],
    ['wallet', new BaseError('wrapped', { cause: new NonceTooLowError() })],
    ['wallet', new BaseError('wrapped', { details: 'nonce too low' })],
    ['stopped', new DOMException('stopped', 'AbortError')],
    ['bug', new Error('odd')],
  ])('tells %s', (kind, error) => {
    expect(explain(error).kind).toBe(kind)
  })

  it('does not pour out what a node said of an error that it does not know', () => {
    const odd = new BaseError('The gas ran out of patience.', { metaMessages: ['Request Arguments:', '  data: 0xba0179b5'], details: 'internal' })
    expect(explain(odd)).toMatchObject({ kind: 'bug', hint: 'The gas ran out of patience.' })
  })

  it('leaves a failure as it is', () => {
    const failure = new Failure('expired', 'It expired.', 'Buy again.')
    expect(explain(failure)).toBe(failure)
  })
})
