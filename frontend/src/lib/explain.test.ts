import { BaseError, ContractFunctionExecutionError, ContractFunctionRevertedError, encodeErrorResult, HttpRequestError, InsufficientFundsError, UserRejectedRequestError } from 'viem'
import { describe, expect, it } from 'vitest'

import { AccessLicense } from '@/generated/abi'

import { explain } from './explain'
import { Failure } from './failure'

function revert(data: `0x${string}`): Error {
  const cause = new ContractFunctionRevertedError({ abi: AccessLicense, data, functionName: 'purchase' })
  return new ContractFunctionExecutionError(cause, { abi: AccessLicense, functionName: 'purchase', args: [1n, 2n] })
}

describe('explain', () => {
  it('says what a contract refused, in a sentence', () => {
    const data = encodeErrorResult({ abi: AccessLicense, errorName: 'AccessLicense_Denied', args: [4n, 2n] })
    expect(explain(revert(data))).toMatchObject({ kind: 'revert', message: expect.stringContaining('do not permit the purpose') })
  })

  it('names an error it has no sentence for', () => {
    const data = encodeErrorResult({ abi: AccessLicense, errorName: 'AccessLicense_NotArbiter', args: [4n, '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'] })
    expect(explain(revert(data)).message).toBe('The contract refused: not arbiter.')
  })

  it.each([
    ['rejected', new UserRejectedRequestError(new Error('no'))],
    ['rejected', { code: 4001, message: 'User rejected' }],
    ['rejected', new BaseError('wrapped', { cause: new UserRejectedRequestError(new Error('no')) })],
    ['funds', new BaseError('wrapped', { cause: new InsufficientFundsError() })],
    ['rpc', new BaseError('wrapped', { cause: new HttpRequestError({ url: 'http://127.0.0.1:1' }) })],
    ['stopped', new DOMException('stopped', 'AbortError')],
    ['bug', new Error('odd')],
  ])('tells %s', (kind, error) => {
    expect(explain(error).kind).toBe(kind)
  })

  it('leaves a failure as it is', () => {
    const failure = new Failure('expired', 'It expired.', 'Buy again.')
    expect(explain(failure)).toBe(failure)
  })
})
