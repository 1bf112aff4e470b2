// Loaded into a program with `--require`: writes the most memory it held, in kB, to the file named in BENCH_MEMORY.
const { readFileSync, writeFileSync } = require('node:fs');

process.on('exit', () => {
  const { maxRSS } = process.resourceUsage();
  const own = process.platform === 'linux' && /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  writeFileSync(process.env.BENCH_MEMORY, String(own || maxRSS));
});
