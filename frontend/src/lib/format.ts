/** Numbers, times and addresses for people. */

export function bytes(size: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = size
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? singular : plural}`
}

export function shorten(hex: string, digits = 4): string {
  return hex.length <= 2 * digits + 4 ? hex : `${hex.slice(0, digits + 2)}…${hex.slice(-digits)}`
}

export function duration(seconds: number): string {
  const steps: readonly [number, string][] = [
    [365 * 86_400, 'year'],
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ]
  for (const [size, unit] of steps) {
    const n = Math.round(seconds / size)
    if (seconds >= size) return count(n, unit)
  }
  return count(Math.max(0, Math.round(seconds)), 'second')
}

export function date(value: Date | string): string {
  return new Date(value).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}

/** "in 3 days" or "3 days ago", seen from `now` (the chain's clock, in seconds). */
export function relative(at: number, now: number): string {
  const left = at - now
  return left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`
}
