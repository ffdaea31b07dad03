/** A bar chart of three departments, for visitors who have no picture at hand. */
export function sampleChart() {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [960, 600];
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, 960, 600);
  pen.fillStyle = '#1f2329';
  pen.font = '600 30px "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';
  pen.fillText('第三季度 预算与支出（万元）', 60, 70);
  const bars = [
    ['研发', 320, 298],
    ['市场', 150, 171],
    ['行政', 60, 55],
  ];
  pen.font = '24px "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';
  bars.forEach(([name, budget, spent], index) => {
    const x = 120 + index * 280;
    pen.fillStyle = '#c9d6f7';
    pen.fillRect(x, 520 - budget * 1.25, 80, budget * 1.25);
    pen.fillStyle = spent > budget ? '#e5484d' : '#3370ff';
    pen.fillRect(x + 90, 520 - spent * 1.25, 80, spent * 1.25);
    pen.fillStyle = '#1f2329';
    pen.fillText(String(budget), x + 16, 510 - budget * 1.25);
    pen.fillText(String(spent), x + 106, 510 - spent * 1.25);
    pen.fillText(name, x + 60, 560);
  });
  return new Promise((resolve) => {
    canvas.toBlob(
      (blob) => resolve(new window.File([blob], 'report.png', { type: 'image/png' })),
      'image/png',
    );
  });
}
