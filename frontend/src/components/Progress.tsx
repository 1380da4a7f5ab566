import { bytes } from '@/lib/format'

interface Props {
  label: string
  done: number
  /** 0: not known; the bar then only says that work goes on. */
  total: number
}

export function Progress({ label, done, total }: Props) {
  const known = total > 0
  const percent = known ? Math.min(100, Math.round((100 * done) / total)) : 0
  return (
    <div>
      <div className="mb-1 flex justify-between gap-4 text-sm">
        <span>{label}</span>
        {known && (
          <span className="tabular-nums text-muted">
            {bytes(done)} of {bytes(total)} · {percent} %
          </span>
        )}
      </div>
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(known ? { 'aria-valuenow': percent } : {})}
        className="h-2.5 overflow-hidden rounded-full border border-line bg-sunken"
      >
        {known ? (
          <div
            className="h-full rounded-full bg-brand transition-[width]"
            style={{ width: `${percent}%` }}
          />
        ) : (
          <div className="h-full w-1/3 animate-[sweep_1.6s_linear_infinite] rounded-full bg-brand" />
        )}
      </div>
    </div>
  )
}
