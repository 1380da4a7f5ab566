import type { ReactNode } from 'react'

interface Props {
  title?: ReactNode
  aside?: ReactNode
  id?: string
  children: ReactNode
  className?: string
}

export function Card({ title, aside, id, children, className = '' }: Props) {
  return (
    <section
      aria-labelledby={title && id ? id : undefined}
      className={`rounded-2xl border border-line bg-surface p-5 shadow-card sm:p-6 ${className}`}
    >
      {title && (
        <header className="mb-4 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
          <h2 id={id}>{title}</h2>
          {aside && <div className="text-sm text-muted">{aside}</div>}
        </header>
      )}
      {children}
    </section>
  )
}

/** Name and value pairs; each name once. */
export function Facts({
  items,
}: {
  items: readonly (readonly [name: string, value: ReactNode])[]
}) {
  return (
    <dl className="grid grid-cols-1 gap-x-6 gap-y-3 sm:grid-cols-[minmax(8rem,auto)_1fr]">
      {items.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-sm text-muted sm:pt-0.5">{name}</dt>
          <dd className="-mt-2 min-w-0 sm:mt-0">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
