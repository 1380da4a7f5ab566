import {
  type AbiParameter,
  BaseError,
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  encodeErrorResult,
  HttpRequestError,
  InsufficientFundsError,
  NonceTooLowError,
  parseAbi,
  UserRejectedRequestError,
  zeroAddress,
} from 'viem'
import { describe, expect, it } from 'vitest'

import * as contracts from '@/generated/abi'
import { errors } from '@/generated/errors'
import { sentences, tokenErrors } from '@/generated/sentences'

import { explain } from './explain'
import { Failure } from './failure'
import { say } from './reverts'

const { AccessLicense, VisaRegistry } = contracts

const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

type AbiError = { readonly name: string; readonly inputs: readonly AbiParameter[] }

/** An argument of each type; `1` is a state, a time and a type of visa, too. */
function sample({ type }: AbiParameter): unknown {
  if (type === 'address') return ACCOUNT
  if (type === 'string') return 'price'
  if (type.startsWith('bytes')) return `0x${'5a'.repeat(32)}`
  return 1n
}

function revert(data: `0x${string}`): Error {
  const cause = new ContractFunctionRevertedError({
    abi: AccessLicense,
    data,
    functionName: 'purchase',
  })
  return new ContractFunctionExecutionError(cause, {
    abi: AccessLicense,
    functionName: 'purchase',
    args: [1n, 2n],
  })
}

/** What the page says of an error of our contracts with these arguments. */
function sentence(name: string, ...args: readonly unknown[]): string | undefined {
  const inputs = errors.find((error) => error.name === name)?.inputs ?? []
  return say(name, inputs, args)?.message
}

describe('explain', () => {
  it('says what a contract refused, in a sentence', () => {
    const data = encodeErrorResult({
      abi: AccessLicense,
      errorName: 'AccessLicense_Denied',
      args: [4n, 2n],
    })
    expect(explain(revert(data))).toMatchObject({
      kind: 'revert',
      message: expect.stringContaining('do not permit the purpose'),
    })
  })

  it('says what a contract behind the called one refused', () => {
    const data = encodeErrorResult({
      abi: VisaRegistry,
      errorName: 'VisaRegistry_Expired',
      args: [1_700_000_000],
    })
    expect(explain(revert(data))).toMatchObject({
      kind: 'revert',
      message: 'A visa expired at 2023-11-14 22:13:20 UTC.',
    })
    const token = encodeErrorResult({
      abi: parseAbi(['error ERC20InsufficientBalance(address,uint256,uint256)']),
      errorName: 'ERC20InsufficientBalance',
      args: [ACCOUNT, 1n, 2n],
    })
    expect(explain(revert(token)).message).toContain(
      'has 1 of the token’s smallest units, and needs 2',
    )
  })

  it('names an error it has no sentence for, and repeats a reason', () => {
    const odd = parseAbi(['error Strange_NotToday(uint256)'])
    const cause = new ContractFunctionRevertedError({
      abi: odd,
      data: encodeErrorResult({ abi: odd, errorName: 'Strange_NotToday', args: [4n] }),
      functionName: 'purchase',
    })
    expect(explain(new BaseError('wrapped', { cause })).message).toBe(
      'The contract refused: not today.',
    )
    const said = encodeErrorResult({
      abi: parseAbi(['error Error(string)']),
      errorName: 'Error',
      args: ['the token is paused'],
    })
    expect(explain(revert(said)).message).toBe('The contract refused: the token is paused.')
    expect(explain(revert('0xdeadbeef')).message).toBe('The contract refused: no reason given.')
  })

  it('has a sentence and a next step for every error of the contracts and of tokens', () => {
    const ours = Object.values(contracts).flatMap((abi) => abi.filter((e) => e.type === 'error'))
    const all = [...ours, ...parseAbi(tokenErrors)] as readonly AbiError[]
    expect(all.length).toBeGreaterThan(90)
    for (const { name, inputs } of all) {
      const { message = '', hint = '' } = say(name, inputs, inputs.map(sample)) ?? {}
      for (const text of [message, hint]) {
        expect(text, name).toMatch(/^[A-Z].*[.]$/)
        expect(text, name).not.toMatch(/[{}]|undefined|[.,]{2}|\w_\w|\., /)
      }
    }
    const names = new Set(all.map(({ name }) => name))
    expect(Object.keys(sentences).filter((name) => !names.has(name))).toEqual([])
  })

  it('says states by name, times in UTC and amounts in their currency', () => {
    expect(sentence('AccessLicense_WrongState', 2n, 2)).toContain('Licence 2 is purchased,')
    expect(sentence('ModelRegistry_WrongState', 2n, 3)).toContain('unmasking')
    expect(sentence('AccessLicense_WrongState', 2n, 200)).toContain('is 200,')
    expect(sentence('VisaRegistry_Expired', 1_700_000_000)).toContain('2023-11-14 22:13:20 UTC')
    expect(sentence('AccessLicense_TooEarly', 4n, 2 ** 40 - 1)).toContain(String(2 ** 40 - 1))
    expect(sentence('InferenceCommitment_FeeTooHigh', 10n ** 16n)).toContain('0.01 ETH')
    expect(sentence('AccessLicense_WrongVersion', 1, 2)).toBe(
      'Version 1 of the dataset was to be bought, and version 2 is the one that is sold now.',
    )
    expect(sentence('AccessLicense_VisasRequired', 1n, 6)).toContain(
      '(AcceptedTermsAndPolicies, ResearcherStatus)',
    )
    expect(sentence('AccessLicense_WrongCurrency', zeroAddress, ACCOUNT)).toContain('not in ETH')
  })

  it.each([
    ['rejected', new UserRejectedRequestError(new Error('no'))],
    ['rejected', { code: 4001, message: 'User rejected' }],
    [
      'rejected',
      new BaseError('wrapped', { cause: new UserRejectedRequestError(new Error('no')) }),
    ],
    ['funds', new BaseError('wrapped', { cause: new InsufficientFundsError() })],
    [
      'rpc',
      new BaseError('wrapped', { cause: new HttpRequestError({ url: 'http://127.0.0.1:1' }) }),
    ],
    ['wallet', new BaseError('wrapped', { cause: new NonceTooLowError() })],
    ['wallet', new BaseError('wrapped', { details: 'nonce too low' })],
    ['stopped', new DOMException('stopped', 'AbortError')],
    ['bug', new Error('odd')],
  ])('tells %s', (kind, error) => {
    expect(explain(error).kind).toBe(kind)
  })

  it('does not pour out what a node said of an error that it does not know', () => {
    const odd = new BaseError('The gas ran out of patience.', {
      metaMessages: ['Request Arguments:', '  data: 0xba0179b5'],
      details: 'internal',
    })
    expect(explain(odd)).toMatchObject({ kind: 'bug', hint: 'The gas ran out of patience.' })
  })

  it('leaves a failure as it is', () => {
    const failure = new Failure('expired', 'It expired.', 'Buy again.')
    expect(explain(failure)).toBe(failure)
  })
})
