import '@testing-library/jest-dom/vitest'

if (typeof document !== 'undefined') {
  const { configure } = await import('@testing-library/react')
  // The default of a second is too short for parts that are loaded late, on a busy machine.
  configure({ asyncUtilTimeout: 10_000 })
}
