/** Lines over a logarithmic axis, as SVG. */
export interface Plot {
  readonly x: string;
  readonly y: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

const size = { width: 720, height: 360, left: 60, right: 190, top: 20, bottom: 50 };
/** Different also for who does not see red or green. */
const colors = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#666666"];

export function drawLines({ x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const xs = [...new Set(points.map(([at]) => at))].toSorted((a, b) => a - b);
  const [first = 1] = xs;
  const last = xs.at(-1) ?? first;
  const most = Math.max(1, ...points.map(([, at]) => at));
  const { width, height, left, right, top, bottom } = size;
  const toX = (at: number): number =>
    left + (width - left - right) * (Math.log(at / first) / (Math.log(last / first) || 1));
  const toY = (at: number): number => height - bottom - (height - top - bottom) * (at / most);
  const round = (value: number): string => value.toFixed(1);
  const text = (at: readonly [number, number], content: string, anchor = "middle"): string =>
    `<text x="${round(at[0])}" y="${round(at[1])}" text-anchor="${anchor}">${content}</text>`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * most);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${String(width)}" height="${String(height)}" fill="#fff"/>`,
    ...ticks.flatMap((at) => [
      `<path d="M${String(left)} ${round(toY(at))}H${String(width - right)}" stroke="#ddd"/>`,
      text([left - 8, toY(at) + 4], at.toFixed(0), "end"),
    ]),
    ...xs.map((at) => text([toX(at), height - bottom + 18], at.toLocaleString("en"))),
    text([(left + width - right) / 2, height - 10], x),
    `<text transform="translate(16 ${round((top + height - bottom) / 2)}) rotate(-90)" text-anchor="middle">${y}</text>`,
    ...lines.flatMap((line, index) => {
      const color = colors[index % colors.length] ?? "";
      const way = line.points.map(([px, py]) => `${round(toX(px))},${round(toY(py))}`).join(" ");
      const row = top + 14 + index * 20;
      const key = width - right + 16;
      return [
        `<polyline points="${way}" fill="none" stroke="${color}" stroke-width="2"/>`,
        `<path d="M${String(key)} ${String(row - 4)}h20" stroke="${color}" stroke-width="2"/>`,
        text([key + 26, row], line.name, "start"),
      ];
    }),
    "</svg>",
    "",
  ].join("\n");
}
