import type { Bar } from '@/lib/card'

const WIDTH = 132
const HEIGHT = 34

/**
 * Small bars, with the same figures as text. Withheld cells are dashed boxes of one height: their
 * size is not known here.
 */
export function Histogram({ bars, name }: { bars: readonly Bar[]; name: string }) {
  const most = Math.max(1, ...bars.map((bar) => bar.count ?? 0))
  const step = WIDTH / bars.length
  const said = bars.map((bar) => `${bar.label}: ${bar.count ?? 'withheld'}`).join('; ')
  return (
    <svg
      role="img"
      aria-label={`Distribution of ${name}. ${said}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      className="block"
    >
      <line
        x1={0}
        x2={WIDTH}
        y1={HEIGHT - 0.5}
        y2={HEIGHT - 0.5}
        stroke="var(--color-line-strong)"
      />
      {bars.map((bar, i) => {
        const height = bar.count === null ? 6 : Math.max(1.5, (bar.count / most) * (HEIGHT - 3))
        return (
          <rect
            key={bar.id}
            x={i * step + 0.75}
            y={HEIGHT - height}
            width={Math.max(1, step - 1.5)}
            height={height}
            fill={bar.count === null ? 'none' : 'var(--color-brand)'}
            stroke={bar.count === null ? 'var(--color-line-strong)' : 'none'}
            strokeDasharray="2 2"
          >
            <title>{`${bar.label}: ${bar.count ?? 'withheld'}`}</title>
          </rect>
        )
      })}
    </svg>
  )
}
