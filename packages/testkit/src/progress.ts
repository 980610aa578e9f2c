/** Tells on standard error how far the run is: lines that stay, and on a terminal a bar in between. */
export type Progress = {
  /** A line that stays. */
  line(text: string): void;
  /** What is going on, out of how much; only on a terminal, and gone when all is done. */
  bar(label: string, done: number, total: number): void;
};

const barWidth = 30;
const clearLine = '\r\u001b[2K';

export function createProgress(stream: NodeJS.WriteStream): Progress {
  return {
    line: (text) => void stream.write(`${stream.isTTY ? clearLine : ''}${text}\n`),
    bar(label, done, total) {
      if (!stream.isTTY) return;
      const filled = Math.round((barWidth * done) / total);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
      stream.write(done < total ? `${clearLine}${label} ${bar} ${done}/${total}` : clearLine);
    },
  };
}
